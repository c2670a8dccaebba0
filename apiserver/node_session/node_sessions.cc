#include "apiserver/node_session/node_sessions.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/api/errors.h"
#include "common/base/status_macros.h"
#include "common/client/gate.h"
#include "kubelite/v1/api.pb.h"

namespace kubelite::apiserver {
namespace {

using kubelite::v1::NodeMessage;
using kubelite::v1::ServerMessage;

// New credit is granted in portions of at least this, not for every small chunk.
constexpr size_t kMaxTerminalSize = 256;
constexpr int64_t kCreditPortion = NodeSessions::kInitialCredit / 4;

absl::Status RegularEnd() { return absl::OutOfRangeError("end of stream"); }

absl::Status EndOf(const k8s::meta::v1::Status& closed) {
  return closed.status() == "Failure" ? api::FromApiStatus(closed) : RegularEnd();
}

}  // namespace

// What a stream's reader and its session share.
struct NodeSessions::StreamState {
  // Takes data from the node. False when the node sent more than it had credit for.
  bool Receive(const kubelite::v1::StreamData& data) {
    {
      base::MutexLock lock(&mutex);
      const auto size = static_cast<int64_t>(data.data().size());
      if (size > credit) return false;
      credit -= size;
      if (end.has_value() || (size == 0 && !data.end())) return true;
      buffer.push_back({data.channel(), data.data(), data.end()});
    }
    Notify();
    return true;
  }

  // The node is ready for more. False when that is nonsense.
  bool Grant(int64_t bytes) {
    {
      base::MutexLock lock(&mutex);
      if (bytes <= 0 || bytes > kInitialCredit - write_credit) return false;
      write_credit += bytes;
    }
    Notify();
    return true;
  }

  // Takes `size` bytes of credit for sending.
  absl::Status Spend(int64_t size) {
    base::MutexLock lock(&mutex);
    if (end.has_value()) return *end;
    if (size > write_credit) return absl::ResourceExhaustedError("the node is not ready for so many bytes");
    write_credit -= size;
    return absl::OkStatus();
  }

  void End(absl::Status status) {
    {
      base::MutexLock lock(&mutex);
      if (end.has_value()) return;
      end = std::move(status);
    }
    Notify();
  }

  void Notify() {
    client::Gate::Pass pass(&gate);
    if (pass) on_ready();
  }

  std::function<void()> on_ready;
  client::Gate gate;  // closed when the reader is gone
  base::Mutex mutex;
  std::deque<NodeStream::Chunk> buffer ABSL_GUARDED_BY(mutex);
  int64_t credit ABSL_GUARDED_BY(mutex) = kInitialCredit;        // what the node may still send
  int64_t taken ABSL_GUARDED_BY(mutex) = 0;                      // read, but not yet granted again
  int64_t write_credit ABSL_GUARDED_BY(mutex) = kInitialCredit;  // what the node is ready to take
  std::optional<absl::Status> end ABSL_GUARDED_BY(mutex);
};

struct NodeSessions::Session {
  Session(std::string node_name, SessionId session_id, Send send_message)
      : node(std::move(node_name)), id(session_id), send(std::move(send_message)) {}

  // Forgets and ends all streams; later ones are refused.
  void End(const absl::Status& status) {
    std::map<int64_t, std::shared_ptr<StreamState>> ended;
    {
      base::MutexLock lock(&mutex);
      closed = true;
      ended.swap(streams);
    }
    for (const auto& [number, stream] : ended) stream->End(status);
  }

  std::shared_ptr<StreamState> Take(int64_t number, bool forget) {
    base::MutexLock lock(&mutex);
    const auto found = streams.find(number);
    if (found == streams.end()) return nullptr;
    std::shared_ptr<StreamState> stream = found->second;
    if (forget) streams.erase(found);
    return stream;
  }

  const std::string node;
  const SessionId id;
  const Send send;
  base::Mutex mutex;
  bool closed ABSL_GUARDED_BY(mutex) = false;
  int64_t next_stream ABSL_GUARDED_BY(mutex) = 1;
  std::map<int64_t, std::shared_ptr<StreamState>> streams ABSL_GUARDED_BY(mutex);
};

class NodeSessions::Stream : public NodeStream {
 public:
  Stream(std::shared_ptr<Session> session, int64_t number, std::shared_ptr<StreamState> state)
      : session_(std::move(session)), number_(number), state_(std::move(state)) {}

  ~Stream() override {
    state_->gate.Close();
    if (session_->Take(number_, true) == nullptr) return;  // the node ended it
    ServerMessage message;
    message.set_stream(number_);
    message.mutable_close()->set_status("Success");
    session_->send(std::move(message));
  }

  absl::StatusOr<std::vector<Chunk>> Poll() override {
    std::vector<Chunk> chunks;
    int64_t grant = 0;
    {
      base::MutexLock lock(&state_->mutex);
      if (state_->buffer.empty() && state_->end.has_value()) return *state_->end;
      for (Chunk& chunk : state_->buffer) {
        state_->taken += static_cast<int64_t>(chunk.data.size());
        chunks.push_back(std::move(chunk));
      }
      state_->buffer.clear();
      if (state_->taken >= kCreditPortion && !state_->end.has_value()) {
        grant = std::exchange(state_->taken, 0);
        state_->credit += grant;
      }
    }
    if (grant > 0) SendCredit(*session_, number_, grant);
    return chunks;
  }

  absl::Status Write(int channel, absl::string_view data, bool end) override {
    const bool counts = channel != kTerminalSizeChannel;
    if (!counts && data.size() > kMaxTerminalSize) return absl::InvalidArgumentError("a terminal size is too long");
    if (data.empty() && !end) return absl::OkStatus();
    RETURN_IF_ERROR(state_->Spend(counts ? static_cast<int64_t>(data.size()) : 0));
    ServerMessage message;
    message.set_stream(number_);
    message.mutable_data()->set_channel(channel);
    message.mutable_data()->set_data(std::string(data));
    if (end) message.mutable_data()->set_end(true);
    session_->send(std::move(message));
    return absl::OkStatus();
  }

  int64_t WriteCredit() const override {
    base::MutexLock lock(&state_->mutex);
    return state_->write_credit;
  }

  static void SendCredit(Session& session, int64_t number, int64_t bytes) {
    ServerMessage message;
    message.set_stream(number);
    message.mutable_credit()->set_bytes(bytes);
    session.send(std::move(message));
  }

 private:
  const std::shared_ptr<Session> session_;
  const int64_t number_;
  const std::shared_ptr<StreamState> state_;
};

NodeSessions::~NodeSessions() {
  base::MutexLock lock(&mutex_);
  for (const auto& [node, session] : sessions_)
    session->End(api::ServiceUnavailable("the API server is shutting down"));
}

NodeSessions::SessionId NodeSessions::Connected(const std::string& node, Send send) {
  std::shared_ptr<Session> replaced;
  SessionId id = 0;
  {
    base::MutexLock lock(&mutex_);
    id = next_session_++;
    std::shared_ptr<Session>& slot = sessions_[node];
    replaced = std::move(slot);
    slot = std::make_shared<Session>(node, id, std::move(send));
  }
  if (replaced) replaced->End(api::ServiceUnavailable(absl::StrCat("node ", node, " has reconnected")));
  return id;
}

std::shared_ptr<NodeSessions::Session> NodeSessions::Find(const std::string& node) const {
  base::MutexLock lock(&mutex_);
  const auto found = sessions_.find(node);
  return found == sessions_.end() ? nullptr : found->second;
}

bool NodeSessions::IsConnected(const std::string& node) const { return Find(node) != nullptr; }

std::vector<std::string> NodeSessions::Nodes() const {
  base::MutexLock lock(&mutex_);
  std::vector<std::string> nodes;
  for (const auto& [node, session] : sessions_) nodes.push_back(node);
  return nodes;
}

absl::Status NodeSessions::Received(const std::string& node, SessionId id, const NodeMessage& message) {
  const std::shared_ptr<Session> session = Find(node);
  if (session == nullptr || session->id != id) return absl::AbortedError("another session of this node has taken over");
  switch (message.message_case()) {
    case NodeMessage::kData: {
      // A stream that the reader has left may still have data under way.
      const std::shared_ptr<StreamState> stream = session->Take(message.stream(), false);
      if (stream == nullptr || stream->Receive(message.data())) return absl::OkStatus();
      return absl::InvalidArgumentError(
          absl::StrCat("stream ", message.stream(), ": more data than the node had credit for"));
    }
    case NodeMessage::kCredit: {
      const std::shared_ptr<StreamState> stream = session->Take(message.stream(), false);
      if (stream == nullptr || stream->Grant(message.credit().bytes())) return absl::OkStatus();
      return absl::InvalidArgumentError(absl::StrCat("stream ", message.stream(), ": credit for more than was sent"));
    }
    case NodeMessage::kClosed: {
      const std::shared_ptr<StreamState> stream = session->Take(message.stream(), true);
      if (stream != nullptr) stream->End(EndOf(message.closed()));
      return absl::OkStatus();
    }
    default:
      return absl::InvalidArgumentError(
          "a session may say hello only once, and must send data, credit or closed afterwards");
  }
}

void NodeSessions::Disconnected(const std::string& node, SessionId id) {
  std::shared_ptr<Session> gone;
  {
    base::MutexLock lock(&mutex_);
    const auto found = sessions_.find(node);
    if (found == sessions_.end() || found->second->id != id) return;
    gone = std::move(found->second);
    sessions_.erase(found);
  }
  gone->End(api::ServiceUnavailable(absl::StrCat("node ", node, " has disconnected")));
}

absl::StatusOr<std::unique_ptr<NodeStream>> NodeSessions::Open(const std::string& node,
                                                               const kubelite::v1::StreamOpen& open,
                                                               std::function<void()> on_ready) {
  const std::shared_ptr<Session> session = Find(node);
  const auto not_connected = [&node] {
    return api::ServiceUnavailable(absl::StrCat("node \"", node, "\" is not connected to the API server"));
  };
  if (session == nullptr) return not_connected();
  auto state = std::make_shared<StreamState>();
  state->on_ready = std::move(on_ready);
  int64_t number = 0;
  {
    base::MutexLock lock(&session->mutex);
    if (session->closed) return not_connected();
    number = session->next_stream++;
    session->streams.emplace(number, state);
  }
  ServerMessage message;
  message.set_stream(number);
  *message.mutable_open() = open;
  session->send(std::move(message));
  Stream::SendCredit(*session, number, kInitialCredit);
  return std::make_unique<Stream>(session, number, std::move(state));
}

namespace {

class Empty : public NodeStream {
 public:
  absl::StatusOr<std::vector<Chunk>> Poll() override { return RegularEnd(); }
  absl::Status Write(int, absl::string_view, bool) override { return RegularEnd(); }
  int64_t WriteCredit() const override { return 0; }
};

}  // namespace

std::unique_ptr<NodeStream> EmptyStream() { return std::make_unique<Empty>(); }

}  // namespace kubelite::apiserver
