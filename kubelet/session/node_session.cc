#include "kubelet/session/node_session.h"

#include <grpcpp/grpcpp.h>

#include <deque>
#include <utility>

#include "common/base/backoff.h"
#include "common/base/log.h"
#include "common/base/mutex.h"
#include "kubelet/session/node_streams.h"
#include "kubelite/v1/api.grpc.pb.h"

namespace kubelite::kubelet {
namespace {

using kubelite::v1::NodeMessage;
using kubelite::v1::ServerMessage;

class Call;

}  // namespace

// Members without a note belong to the strand.
struct NodeSession::State : std::enable_shared_from_this<State> {
  State(std::shared_ptr<grpc::Channel> to, std::string name, StreamSources from, base::Executor* executor,
        base::Random* chance)
      : channel(std::move(to)), node(std::move(name)), sources(std::move(from)), random(chance), strand(executor) {}

  void Connect();
  void Disconnected(const grpc::Status& status);
  // Stop waits for the task; it is dropped when that was called before.
  void RunBlocking(base::Task task);

  const std::shared_ptr<grpc::Channel> channel;
  const std::string node;
  const StreamSources sources;
  base::Random* const random;
  base::Backoff backoff{absl::Milliseconds(20), 2, absl::Seconds(2), 0.2};
  bool failure_logged = false;

  base::Mutex mutex;
  base::CondVar ended;
  bool stopped ABSL_GUARDED_BY(mutex) = false;
  int blocking_tasks ABSL_GUARDED_BY(mutex) = 0;
  Call* call ABSL_GUARDED_BY(mutex) = nullptr;  // from Connect until gRPC has let go of it

  base::Strand strand;  // last: destroyed first
};

namespace {

// One connection. Deletes itself in OnDone. Callbacks of gRPC hop to the strand before they touch anything; a hold
// keeps gRPC from finishing the call while the strand may still start a write.
class Call : public grpc::ClientBidiReactor<NodeMessage, ServerMessage> {
 public:
  explicit Call(std::shared_ptr<NodeSession::State> state)
      : state_(std::move(state)),
        stub_(kubelite::v1::NodeSession::NewStub(state_->channel)),
        streams_(std::make_unique<NodeStreams>(
            state_->sources, [this](NodeMessage message) { Enqueue(std::move(message)); },
            [state = state_](base::Task task) { state->RunBlocking(std::move(task)); }, &state_->strand)) {}

  // On the strand.
  void Start() {
    context_.set_wait_for_ready(true);
    stub_->async()->Session(&context_, this);
    AddHold();
    NodeMessage hello;
    hello.mutable_hello()->set_node(state_->node);
    Enqueue(std::move(hello));
    StartRead(&incoming_);
    StartCall();
  }

  void Cancel() { context_.TryCancel(); }

  void OnReadDone(bool ok) override {
    state_->strand.Post([this, ok] {
      if (!ok) {
        reading_ended_ = true;
        streams_.reset();
        return ReleaseWhenIdle();
      }
      state_->backoff.Reset();
      state_->failure_logged = false;
      if (streams_ != nullptr) streams_->Receive(incoming_);
      StartRead(&incoming_);
    });
  }

  void OnWriteDone(bool ok) override {
    state_->strand.Post([this, ok] {
      writing_ = false;
      if (!ok) outbox_.clear();
      Pump();
      ReleaseWhenIdle();
    });
  }

  void OnDone(const grpc::Status& status) override {
    const std::shared_ptr<NodeSession::State> state = state_;
    state->strand.Post([this, state, status] {
      delete this;
      state->Disconnected(status);
    });
  }

 private:
  void Enqueue(NodeMessage message) {
    outbox_.push_back(std::move(message));
    Pump();
  }

  void Pump() {
    if (writing_ || outbox_.empty() || reading_ended_) return;
    outgoing_ = std::move(outbox_.front());
    outbox_.pop_front();
    writing_ = true;
    StartWrite(&outgoing_);
  }

  void ReleaseWhenIdle() {
    if (!reading_ended_ || writing_ || released_) return;
    released_ = true;
    RemoveHold();
  }

  const std::shared_ptr<NodeSession::State> state_;
  const std::unique_ptr<kubelite::v1::NodeSession::Stub> stub_;
  grpc::ClientContext context_;
  ServerMessage incoming_;  // of gRPC while a read is under way

  // Of the strand.
  std::unique_ptr<NodeStreams> streams_;
  std::deque<NodeMessage> outbox_;  // bounded by the credit of the streams
  NodeMessage outgoing_;            // of gRPC while writing_
  bool writing_ = false;
  bool reading_ended_ = false;
  bool released_ = false;
};

}  // namespace

void NodeSession::State::Connect() {
  Call* started = nullptr;
  {
    base::MutexLock lock(&mutex);
    if (stopped) return;
    call = started = new Call(shared_from_this());
  }
  started->Start();
}

void NodeSession::State::RunBlocking(base::Task task) {
  {
    base::MutexLock lock(&mutex);
    if (stopped) return;
    ++blocking_tasks;
  }
  strand.executor()->Post([self = shared_from_this(), task = std::move(task)]() mutable {
    task();
    task = nullptr;
    base::MutexLock lock(&self->mutex);
    --self->blocking_tasks;
    self->ended.SignalAll();
  });
}

void NodeSession::State::Disconnected(const grpc::Status& status) {
  bool again = false;
  {
    base::MutexLock lock(&mutex);
    call = nullptr;
    again = !stopped;
    ended.SignalAll();
  }
  if (!again) return;
  if (!failure_logged) base::LogInfo("Node session lost, reconnecting", {{"err", status.error_message()}});
  failure_logged = true;
  strand.PostAfter(backoff.Next(*random), [weak = weak_from_this()] {
    if (const std::shared_ptr<State> state = weak.lock()) state->Connect();
  });
}

NodeSession::NodeSession(std::shared_ptr<grpc::Channel> channel, std::string node, StreamSources sources,
                         base::Executor* executor, base::Random* random)
    : state_(std::make_shared<State>(std::move(channel), std::move(node), std::move(sources), executor, random)) {}

NodeSession::~NodeSession() { Stop(); }

void NodeSession::Start() {
  state_->strand.Post([state = state_] { state->Connect(); });
}

void NodeSession::Stop() {
  base::MutexLock lock(&state_->mutex);
  state_->stopped = true;
  if (state_->call != nullptr) state_->call->Cancel();
  while (state_->call != nullptr || state_->blocking_tasks > 0) state_->ended.Wait(&state_->mutex);
}

}  // namespace kubelite::kubelet
