#include <deque>
#include <utility>

#include "apiserver/transport/grpc_calls.h"
#include "apiserver/transport/grpc_stream_call.h"
#include "kubelite/v1/table.pb.h"

namespace kubelite::apiserver {
namespace {

using client::WatchEvent;

constexpr size_t kBatch = 100;

kubelite::v1::WatchEvent::Type ToWire(WatchEvent::Type type) {
  switch (type) {
    case WatchEvent::Type::kAdded:
      return kubelite::v1::WatchEvent::ADDED;
    case WatchEvent::Type::kModified:
      return kubelite::v1::WatchEvent::MODIFIED;
    case WatchEvent::Type::kDeleted:
      return kubelite::v1::WatchEvent::DELETED;
    case WatchEvent::Type::kBookmark:
      return kubelite::v1::WatchEvent::BOOKMARK;
  }
  return kubelite::v1::WatchEvent::UNKNOWN;
}

// Sends a watch at the client's pace: the next event is taken only when the one before is on its way, so a slow client
// costs one small batch and the store's log keeps the rest. Everything but gRPC's calls happens on the call's strand.
class WatchCall final : public StreamCall<grpc::ServerWriteReactor<kubelite::v1::WatchEvent>> {
 public:
  WatchCall(CallContext* calls, Request request, bool as_table)
      : StreamCall(calls), request_(std::move(request)), as_table_(as_table) {
    EndAtShutdown();
    strand_.Post([this] { Begin(); });
  }

 private:
  void Begin() {
    if (over()) return;
    absl::StatusOr<std::unique_ptr<client::WatchStream>> watch =
        calls_->server->Watch(&request_, [this] { strand_.Post([this] { Pump(); }); });
    if (!watch.ok()) return End(ToGrpcStatus(watch.status()));
    watch_ = *std::move(watch);
    // The client learns that the watch is open before its first event.
    StartSendInitialMetadata();
    Pump();
  }

  void Pump() override {
    if (busy()) return;
    if (end_.has_value()) {
      watch_.reset();
      return FinishCall();
    }
    if (watch_ == nullptr) return;
    if (waiting_.empty()) {
      absl::StatusOr<std::vector<WatchEvent>> events = watch_->Poll(kBatch);
      if (!events.ok()) return End(ToGrpcStatus(events.status()));
      for (WatchEvent& event : *events) waiting_.push_back(std::move(event));
    }
    if (waiting_.empty()) return;
    Fill(waiting_.front());
    waiting_.pop_front();
    grpc::WriteOptions options;
    if (!waiting_.empty()) options.set_buffer_hint();
    Send(&wire_, options);
  }

  void Fill(const WatchEvent& event) {
    wire_.Clear();
    wire_.set_type(ToWire(event.type));
    wire_.set_resource_version(event.resource_version);
    if (event.object == nullptr) return;
    if (!as_table_) {
      PackObject(*event.object, wire_.mutable_object());
      return;
    }
    calls_->server->registry().Print(*request_.info, {event.object}, wire_.mutable_table());
    if (std::exchange(columns_sent_, true)) wire_.mutable_table()->clear_columns();
  }

  Request request_;
  const bool as_table_;

  // Of the strand.
  std::deque<WatchEvent> waiting_;
  kubelite::v1::WatchEvent wire_;  // of gRPC during a write
  bool columns_sent_ = false;
  std::unique_ptr<client::WatchStream> watch_;
};

}  // namespace

grpc::ServerWriteReactor<kubelite::v1::WatchEvent>* StartWatch(CallContext* calls, grpc::CallbackServerContext* context,
                                                               const kubelite::v1::WatchRequest* wire) {
  Request request = ToRequest("watch", wire->target());
  calls->Identify(*context, &request);
  request.label_selector = wire->label_selector();
  request.field_selector = wire->field_selector();
  request.resource_version = wire->resource_version();
  request.allow_bookmarks = wire->allow_watch_bookmarks();
  request.send_initial_events = wire->send_initial_events();
  request.timeout_seconds = wire->timeout_seconds();
  return new WatchCall(calls, std::move(request), wire->as_table());
}

}  // namespace kubelite::apiserver
