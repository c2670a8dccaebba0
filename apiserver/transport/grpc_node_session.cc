#include <deque>
#include <utility>

#include "absl/strings/str_cat.h"
#include "apiserver/transport/grpc_calls.h"
#include "apiserver/transport/grpc_stream_call.h"
#include "common/base/log.h"
#include "common/client/gate.h"

namespace kubelite::apiserver {
namespace {

using kubelite::v1::NodeMessage;
using kubelite::v1::ServerMessage;

// Control messages and input for one node; more than this waiting means that the node does not read.
constexpr size_t kMaxWaiting = 10000;

// What is to be sent to a node. Streams may hold it longer than the call lives.
struct Outbox {
  // False when it is full.
  bool Push(ServerMessage message) {
    base::MutexLock lock(&mutex);
    if (waiting.size() >= kMaxWaiting) return false;
    waiting.push_back(std::move(message));
    return true;
  }
  bool Pop(ServerMessage* message) {
    base::MutexLock lock(&mutex);
    if (waiting.empty()) return false;
    *message = std::move(waiting.front());
    waiting.pop_front();
    return true;
  }

  client::Gate gate;  // closed when the call is gone
  base::Mutex mutex;
  std::deque<ServerMessage> waiting ABSL_GUARDED_BY(mutex);
};

// A node's outgoing stream.
class SessionCall final : public StreamCall<grpc::ServerBidiReactor<NodeMessage, ServerMessage>> {
 public:
  SessionCall(CallContext* calls, grpc::CallbackServerContext* context)
      : StreamCall(calls), outbox_(std::make_shared<Outbox>()) {
    Request request;
    calls_->Identify(*context, &request);
    user_ = request.user;
    EndAtShutdown();
    calls_->HandOver();
    StartRead(&incoming_);
  }

  void OnReadDone(bool ok) override {
    calls_->TakeOver();
    strand_.Post([this, ok] {
      if (ok) {
        Received();
      } else {
        End(grpc::Status::OK);
      }
    });
  }

 private:
  void Received() {
    if (over()) return;
    const absl::Status status =
        session_ == 0 ? Hello() : calls_->server->sessions()->Received(node_, session_, incoming_);
    if (!status.ok()) return End(ToGrpcStatus(status));
    calls_->HandOver();
    StartRead(&incoming_);
    Pump();
  }

  void Closed() override {
    outbox_->gate.Close();
    if (session_ == 0) return;
    calls_->server->sessions()->Disconnected(node_, session_);
    base::LogInfo("Node session ended", {{"node", node_}});
  }

  absl::Status Hello() {
    if (!incoming_.has_hello() || incoming_.hello().node().empty()) {
      return api::BadRequest("a node session must begin with hello and the node's name");
    }
    const std::string& node = incoming_.hello().node();
    if (NodeOf(user_) != node && !user_.InGroup("system:masters")) {
      return api::ForbiddenAccess({.user = user_.name,
                                   .verb = "connect",
                                   .group = "",
                                   .resource = "nodes",
                                   .subresource = "session",
                                   .name_space = "",
                                   .name = node});
    }
    node_ = node;
    const auto send = [this, outbox = outbox_](ServerMessage message) {
      const bool pushed = outbox->Push(std::move(message));
      client::Gate::Pass pass(&outbox->gate);
      if (!pass) return;
      strand_.Post([this, pushed] {
        if (pushed) return Pump();
        End(ToGrpcStatus(api::ServiceUnavailable("the node does not read its session")));
      });
    };
    session_ = calls_->server->sessions()->Connected(node_, send);
    base::LogInfo("Node session opened", {{"node", node_}, {"user", user_.name}});
    StartSendInitialMetadata();
    return absl::OkStatus();
  }

  void Pump() override {
    if (busy()) return;
    if (end_.has_value()) return FinishCall();
    if (!outbox_->Pop(&outgoing_)) return;
    Send(&outgoing_);
  }

  const std::shared_ptr<Outbox> outbox_;
  User user_;
  NodeMessage incoming_;  // of gRPC while a read is under way

  // Of the strand.
  ServerMessage outgoing_;  // of gRPC during a write
  std::string node_;
  NodeSessions::SessionId session_ = 0;  // 0 before hello
};

}  // namespace

grpc::ServerBidiReactor<NodeMessage, ServerMessage>* StartNodeSession(CallContext* calls,
                                                                      grpc::CallbackServerContext* context) {
  return new SessionCall(calls, context);
}

}  // namespace kubelite::apiserver
