#include <algorithm>
#include <deque>
#include <utility>

#include "apiserver/transport/grpc_calls.h"
#include "apiserver/transport/grpc_stream_call.h"

namespace kubelite::apiserver {
namespace {

using kubelite::v1::ConnectFrame;

// A streaming subresource: frames between the client and the pod's node. The next frame of the client is read only when
// the node has taken the one before, so a command that does not read its input stops the client and costs no memory.
class ConnectCall final : public StreamCall<grpc::ServerBidiReactor<ConnectFrame, ConnectFrame>> {
 public:
  ConnectCall(CallContext* calls, grpc::CallbackServerContext* context) : StreamCall(calls) {
    calls_->Identify(*context, &request_);
    EndAtShutdown();
    calls_->HandOver();
    StartRead(&incoming_);
  }

  void OnReadDone(bool ok) override {
    calls_->TakeOver();
    if (!ok) return;  // the client will send nothing more; it may still want to read
    strand_.Post([this] { Received(); });
  }

 private:
  void Received() {
    if (over()) return;
    absl::Status status;
    if (stream_ == nullptr) {
      status = Open();
    } else if (!incoming_.has_data()) {
      status = api::BadRequest("after the first frame a client may only send data");
    }
    if (!status.ok()) return End(ToGrpcStatus(status));
    holds_frame_ = true;
    written_ = 0;
    Pump();
  }

  // Hands as much of the client's frame to the node as it is ready for, and reads the next one when it is through.
  void PassOn() {
    if (!holds_frame_) return;
    if (incoming_.has_data()) {
      const kubelite::v1::StreamData& data = incoming_.data();
      const absl::string_view rest = absl::string_view(data.data()).substr(written_);
      size_t portion = rest.size();
      if (data.channel() != NodeStream::kTerminalSizeChannel) {
        portion = std::min(portion, static_cast<size_t>(stream_->WriteCredit()));
        if (portion == 0 && !rest.empty()) return;
      }
      const bool last = portion == rest.size();
      // A stream that has ended: the reading side says how, behind the bytes that came before.
      if (!stream_->Write(data.channel(), rest.substr(0, portion), last && data.end()).ok()) return;
      written_ += portion;
      if (!last) return;
    }
    holds_frame_ = false;
    calls_->HandOver();
    StartRead(&incoming_);
  }

  absl::Status Open() {
    if (!incoming_.has_open()) return api::BadRequest("the first frame must say what to open");
    const kubelite::v1::StreamOpen& open = incoming_.open();
    request_.verb = "get";
    request_.version = "v1";
    request_.resource = "pods";
    request_.name_space = open.namespace_();
    request_.name = open.pod();
    absl::StatusOr<std::unique_ptr<NodeStream>> stream =
        calls_->server->Connect(&request_, open, [this] { strand_.Post([this] { Pump(); }); });
    if (!stream.ok()) return stream.status();
    stream_ = *std::move(stream);
    StartSendInitialMetadata();
    return absl::OkStatus();
  }

  void Pump() override {
    if (!over() && stream_ != nullptr) PassOn();
    if (busy()) return;
    if (waiting_.empty() && stream_ != nullptr && !end_.has_value()) Poll();
    if (end_.has_value() && (waiting_.empty() || !end_->ok())) {
      stream_.reset();
      return FinishCall();
    }
    if (waiting_.empty()) return;
    outgoing_ = std::move(waiting_.front());
    waiting_.pop_front();
    Send(&outgoing_);
  }

  void Poll() {
    absl::StatusOr<std::vector<NodeStream::Chunk>> chunks = stream_->Poll();
    if (chunks.ok()) {
      for (NodeStream::Chunk& chunk : *chunks) {
        ConnectFrame& frame = waiting_.emplace_back();
        frame.mutable_data()->set_channel(chunk.channel);
        frame.mutable_data()->set_data(std::move(chunk.data));
        if (chunk.end) frame.mutable_data()->set_end(true);
      }
    } else if (absl::IsOutOfRange(chunks.status())) {
      waiting_.emplace_back().mutable_closed()->set_status("Success");
      end_ = grpc::Status::OK;
    } else {
      end_ = ToGrpcStatus(chunks.status());
    }
  }

  Request request_;
  ConnectFrame incoming_;  // of gRPC unless holds_frame_

  // Of the strand.
  bool holds_frame_ = false;
  size_t written_ = 0;     // of the frame's data
  ConnectFrame outgoing_;  // of gRPC during a write
  std::deque<ConnectFrame> waiting_;
  std::unique_ptr<NodeStream> stream_;
};

}  // namespace

grpc::ServerBidiReactor<ConnectFrame, ConnectFrame>* StartConnect(CallContext* calls,
                                                                  grpc::CallbackServerContext* context) {
  return new ConnectCall(calls, context);
}

}  // namespace kubelite::apiserver
