#include <utility>

#include "apiserver/transport/grpc_calls.h"
#include "apiserver/transport/grpc_codec.h"
#include "kubelite/v1/table.pb.h"

namespace kubelite::apiserver {
namespace {

using kubelite::v1::ListChunk;

constexpr size_t kChunkItems = 500;
constexpr size_t kChunkBytes = 1 << 20;

// Sends a list in chunks, each made only when the one before is on its way. One task at a time touches it: it is
// posted, or gRPC holds a write whose end posts the next.
class ListCall : public grpc::ServerWriteReactor<ListChunk> {
 public:
  ListCall(CallContext* calls, Request request, bool as_table, std::optional<absl::Time> print_time)
      : calls_(calls), request_(std::move(request)), as_table_(as_table), print_time_(print_time) {
    const absl::Status entered = calls_->server->Enter();
    if (entered.ok()) {
      calls_->executor->Post([this] { Begin(); });
    } else {
      End(entered);
    }
  }

  void OnWriteDone(bool ok) override {
    calls_->TakeOver();
    if (!ok) return End(absl::CancelledError());
    calls_->executor->Post([this] { SendChunk(); });
  }

  void OnDone() override {
    calls_->TakeOver();
    calls_->server->Leave();
    delete this;
  }

 private:
  void Begin() {
    absl::StatusOr<Registry::List> list = calls_->server->List(&request_);
    if (!list.ok()) return End(list.status());
    list_ = *std::move(list);
    SendChunk();
  }

  void SendChunk() {
    if (sent_all_) return End(absl::OkStatus());
    chunk_.Clear();
    std::vector<api::ObjectPtr> rows;
    size_t bytes = 0;
    size_t count = 0;
    for (; next_ < list_.items.size() && count < kChunkItems && bytes < kChunkBytes; ++next_, ++count) {
      api::ObjectPtr item = std::move(list_.items[next_]);  // freed when sent
      if (as_table_) {
        rows.push_back(std::move(item));
        continue;
      }
      google::protobuf::Any* any = chunk_.add_items();
      PackObject(*item, any);
      bytes += any->value().size();
    }
    if (as_table_) calls_->server->registry().Print(*request_.info, rows, chunk_.mutable_table(), print_time_);
    chunk_.set_resource_version(list_.resource_version);
    sent_all_ = next_ == list_.items.size();
    if (sent_all_ && !list_.continue_token.empty()) {
      chunk_.set_continue_token(list_.continue_token);
      if (list_.remaining_item_count > 0) chunk_.set_remaining_item_count(list_.remaining_item_count);
    }
    calls_->HandOver();
    StartWrite(&chunk_);
  }

  void End(const absl::Status& status) {
    calls_->HandOver();
    Finish(ToGrpcStatus(status));
  }

  CallContext* const calls_;
  Request request_;
  const bool as_table_;
  const std::optional<absl::Time> print_time_;
  Registry::List list_;
  size_t next_ = 0;
  bool sent_all_ = false;
  ListChunk chunk_;
};

}  // namespace

grpc::ServerWriteReactor<ListChunk>* StartList(CallContext* calls, grpc::CallbackServerContext* context,
                                               const kubelite::v1::ListRequest* wire) {
  Request request = ToRequest("list", wire->target());
  calls->Identify(*context, &request);
  request.label_selector = wire->label_selector();
  request.field_selector = wire->field_selector();
  request.resource_version = wire->resource_version();
  request.resource_version_match = wire->resource_version_match();
  request.limit = wire->limit();
  request.continue_token = wire->continue_token();
  return new ListCall(calls, std::move(request), wire->as_table(), PrintTime(*wire));
}

}  // namespace kubelite::apiserver
