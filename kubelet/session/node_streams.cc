#include "kubelet/session/node_streams.h"

#include <utility>

#include "common/api/errors.h"
#include "kubelite/v1/api.pb.h"

namespace kubelite::kubelet {

using kubelite::v1::NodeMessage;
using kubelite::v1::ServerMessage;
using kubelite::v1::StreamOpen;

namespace {

constexpr int kTerminalSizeChannel = 4;  // needs no credit

using MakeHandler = std::unique_ptr<StreamHandler> (*)(const StreamOpen&, const StreamSources&, StreamPort*);

MakeHandler HandlerOf(StreamOpen::KindCase kind) {
  switch (kind) {
    case StreamOpen::kLog:
      return NewLogStream;
    case StreamOpen::kExec:
    case StreamOpen::kAttach:
    case StreamOpen::kPortForward:
      return NewRuntimeStream;
    case StreamOpen::KIND_NOT_SET:
      break;
  }
  return nullptr;
}

k8s::meta::v1::Status ClosedStatus(const absl::Status& status) {
  if (!status.ok()) return api::ToApiStatus(status);
  k8s::meta::v1::Status success;
  success.set_status("Success");
  return success;
}

}  // namespace

// One stream's account.
class NodeStreams::Port : public StreamPort {
 public:
  Port(NodeStreams* streams, int64_t id) : streams_(streams), id_(id) {}
  // Before anything that it may use.
  ~Port() override { handler_.reset(); }

  // False when it has ended by then.
  bool Start(MakeHandler make, const StreamOpen& open) {
    handler_ = make(open, streams_->sources_, this);
    return !closed_;
  }
  // False when the stream has ended.
  bool Receive(const ServerMessage& message) {
    if (closed_) return false;
    if (message.has_credit()) {
      credit_ += message.credit().bytes();
      handler_->Pump();
    } else if (message.has_data()) {
      if (message.data().channel() != kTerminalSizeChannel)
        server_credit_ -= static_cast<int64_t>(message.data().data().size());
      if (server_credit_ < 0) {
        Close(api::BadRequest("the server sent more than the node had granted"));
      } else {
        handler_->OnData(message.data());
      }
    }
    return !closed_;
  }

  int64_t credit() const override { return credit_; }
  void Send(int channel, std::string data) override {
    credit_ -= static_cast<int64_t>(data.size());
    NodeMessage message;
    message.set_stream(id_);
    message.mutable_data()->set_channel(channel);
    message.mutable_data()->set_data(std::move(data));
    streams_->send_(std::move(message));
  }
  void Grant(int64_t bytes) override {
    server_credit_ += bytes;
    NodeMessage message;
    message.set_stream(id_);
    message.mutable_credit()->set_bytes(bytes);
    streams_->send_(std::move(message));
  }
  void Close(const absl::Status& status) override {
    if (std::exchange(closed_, true)) return;
    streams_->SendClosed(id_, status);
    // The handler is still at work: it goes in a task of its own, unless the stream's caller removes it first.
    streams_->strand_->Post([weak = std::weak_ptr<Port*>(self_)] {
      if (const std::shared_ptr<Port*> self = weak.lock()) (*self)->streams_->streams_.erase((*self)->id_);
    });
  }
  base::Strand* strand() override { return streams_->strand_; }
  void RunBlocking(base::Task task) override { streams_->run_blocking_(std::move(task)); }

 private:
  NodeStreams* const streams_;
  const int64_t id_;
  // Tasks that were posted look here whether this is still alive.
  const std::shared_ptr<Port*> self_ = std::make_shared<Port*>(this);
  int64_t credit_ = 0;                      // what may be sent
  int64_t server_credit_ = kInitialCredit;  // what the server may send
  bool closed_ = false;
  std::unique_ptr<StreamHandler> handler_;
};

NodeStreams::NodeStreams(StreamSources sources, Send send, RunBlocking run_blocking, base::Strand* strand)
    : sources_(std::move(sources)), send_(std::move(send)), run_blocking_(std::move(run_blocking)), strand_(strand) {}

NodeStreams::~NodeStreams() = default;

void NodeStreams::Receive(const ServerMessage& message) {
  if (message.has_open()) return Open(message);
  const auto found = streams_.find(message.stream());
  if (found == streams_.end()) return;  // ended here while the server's message was on its way
  if (message.has_close() || !found->second->Receive(message)) streams_.erase(found);
}

void NodeStreams::Open(const ServerMessage& message) {
  const int64_t id = message.stream();
  const MakeHandler make = HandlerOf(message.open().kind_case());
  if (make == nullptr) {
    return SendClosed(id,
                      api::BadRequest("this kubelet does not know this kind of stream; is it older than the server?"));
  }
  std::unique_ptr<Port>& port = streams_[id];
  port = std::make_unique<Port>(this, id);
  if (!port->Start(make, message.open())) streams_.erase(id);
}

void NodeStreams::SendClosed(int64_t id, const absl::Status& status) {
  NodeMessage message;
  message.set_stream(id);
  *message.mutable_closed() = ClosedStatus(status);
  send_(std::move(message));
}

}  // namespace kubelite::kubelet
