#include "kubelet/shim/server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace kubelite::kubelet::shim {
namespace {

constexpr int64_t kTerminateGraceMs = 10000;
// How long a client may take to make room for a reply before it is dropped.
constexpr int kSendTimeoutMs = 1000;

}  // namespace

class Server::Connection final : public Handler {
 public:
  Connection(Server* server, int fd, int id) : id(id), server_(server), fd_(fd) { server_->loop_.Watch(fd_, this); }
  ~Connection() {
    server_->loop_.Unwatch(fd_);
    close(fd_);
  }
  void OnReady() override {
    char buffer[4096];
    const ssize_t n = ReceiveWithFds(fd_, buffer, sizeof(buffer), &fds_, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0 || fds_.size() > kMaxPassedFds) return server_->Drop(this);
    buffer_.Append(buffer, n);
    std::string frame;
    while (buffer_.Next(&frame)) {
      FrameReader reader(frame.data(), frame.size());
      server_->Serve(this, &reader);
    }
    if (buffer_.Broken() || failed_) server_->Drop(this);
  }
  // `passed`, unless -1, goes with it.
  void Send(const std::string& frame, int passed = -1) {
    std::vector<int> fds;
    if (passed >= 0) fds.push_back(passed);
    for (size_t at = 0; at < frame.size() && !failed_;) {
      const ssize_t n = SendWithFds(fd_, frame.data() + at, frame.size() - at, fds, MSG_DONTWAIT);
      if (n > 0) {
        fds.clear();
        at += n;
        continue;
      }
      if (n < 0 && errno == EINTR) continue;
      struct pollfd wait = {fd_, POLLOUT, 0};
      // A client that stopped reading: it finds the state when it connects again. Its next read ends the connection.
      if (n == 0 || errno != EAGAIN || poll(&wait, 1, kSendTimeoutMs) != 1) {
        failed_ = true;
        shutdown(fd_, SHUT_RDWR);
      }
    }
  }
  void SendOk(uint32_t request) { Send(FrameWriter(MessageType::kOk, request).Take()); }
  void SendError(uint32_t request, int error, const std::string& text) {
    FrameWriter frame(MessageType::kError, request);
    frame.U32(static_cast<uint32_t>(error));
    frame.String(text);
    Send(frame.Take());
  }

  // What came with the frame that is being served.
  std::vector<Fd> TakeFds() { return std::exchange(fds_, {}); }

  const int id;
  bool subscribed = false;
  bool waits_for_shutdown = false;
  uint32_t shutdown_request = 0;

 private:
  Server* const server_;
  const int fd_;
  FrameBuffer buffer_;
  std::vector<Fd> fds_;
  bool failed_ = false;
};

class Server::Listener final : public Handler {
 public:
  explicit Listener(Server* server) : server_(server) {}
  void OnReady() override { server_->Accept(); }

 private:
  Server* const server_;
};

class Server::Signals final : public Handler {
 public:
  explicit Signals(Server* server) : server_(server) {}
  void OnReady() override { server_->ReadSignals(); }

 private:
  Server* const server_;
};

Server::Server(int listen_fd, int signal_fd, LogLimits limits)
    : listen_fd_(listen_fd),
      signal_fd_(signal_fd),
      pod_(&loop_, limits, this),
      listener_(new Listener(this)),
      signals_(new Signals(this)) {
  loop_.Watch(listen_fd_, listener_.get());
  loop_.Watch(signal_fd_, signals_.get());
}

Server::~Server() = default;

void Server::Run() {
  while (true) {
    int64_t deadline = pod_.NextDeadline();
    if (terminating_ && !pod_.AnyRunning()) shutting_down_ = true;
    if (shutting_down_) {
      if (pod_.KillEverything()) break;
      deadline = MonotonicMillis() + 10;
    }
    loop_.RunOnce(deadline);
    const int64_t now = MonotonicMillis();
    deadline = pod_.NextDeadline();
    if (deadline >= 0 && deadline <= now) pod_.OnDeadline(now);
  }
}

void Server::ConfirmShutdown() {
  for (const auto& connection : connections_) {
    if (connection->waits_for_shutdown) connection->SendOk(connection->shutdown_request);
  }
}

void Server::OnExit(const ContainerState& state) {
  FrameWriter frame(MessageType::kExited, 0);
  frame.Put(state);
  const std::string bytes = frame.Take();
  for (const auto& connection : connections_) {
    if (connection->subscribed) connection->Send(bytes);
  }
}

Server::Connection* Server::Find(int client) {
  for (const auto& connection : connections_) {
    if (connection->id == client) return connection.get();
  }
  return nullptr;
}

void Server::OnExecDone(int client, uint32_t request, const ExecResult& result) {
  FrameWriter frame(MessageType::kExecResult, request);
  frame.Put(result);
  if (Connection* connection = Find(client)) connection->Send(frame.Take());
}

void Server::OnAttachDone(int client, uint32_t request, const ContainerState& state) {
  FrameWriter frame(MessageType::kExited, request);
  frame.Put(state);
  if (Connection* connection = Find(client)) connection->Send(frame.Take());
}

void Server::OnAttachLost(int client, uint32_t request) {
  if (Connection* connection = Find(client)) {
    connection->SendError(request, EAGAIN, "the output is read too slowly; what was missed is in the container's log");
  }
}

void Server::Accept() {
  const int fd = accept4(listen_fd_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd >= 0) connections_.push_back(std::make_unique<Connection>(this, fd, next_client_++));
}

void Server::Drop(Connection* connection) {
  for (size_t i = 0; i < connections_.size(); ++i) {
    if (connections_[i].get() != connection) continue;
    pod_.Abandon(connection->id);
    connections_.erase(connections_.begin() + i);
    return;
  }
}

void Server::ReadSignals() {
  struct signalfd_siginfo info;
  while (read(signal_fd_, &info, sizeof(info)) == sizeof(info)) {
    if (info.ssi_signo == SIGTERM && !terminating_) {
      terminating_ = true;
      pod_.StopAll(kTerminateGraceMs);
    }
  }
  pod_.Reap();
}

void Server::SendStates(Connection* connection, uint32_t request) {
  const std::vector<ContainerState> states = pod_.States();
  FrameWriter frame(MessageType::kStates, request);
  frame.U32(static_cast<uint32_t>(states.size()));
  for (const ContainerState& state : states) frame.Put(state);
  connection->Send(frame.Take());
}

void Server::ServeStart(Connection* connection, FrameReader* frame) {
  StartInteractive request;
  if (frame->type() == MessageType::kStart) {
    request.start = frame->ReadStart();
  } else {
    request = frame->ReadStartInteractive();
  }
  if (!frame->ok()) return connection->SendError(frame->request(), EPROTO, "malformed request");
  if (terminating_ || shutting_down_)
    return connection->SendError(frame->request(), ESHUTDOWN, "the sandbox is stopping");
  ContainerState state;
  SpawnFailure failure;
  if (!pod_.Start(request, &state, &failure)) {
    return connection->SendError(frame->request(), failure.error, failure.text);
  }
  FrameWriter reply(MessageType::kStarted, frame->request());
  reply.Put(state);
  connection->Send(reply.Take());
}

void Server::ServeExec(Connection* connection, FrameReader* frame) {
  const ExecRequest request = frame->ReadExec();
  if (!frame->ok()) return connection->SendError(frame->request(), EPROTO, "malformed request");
  SpawnFailure failure;
  if (!pod_.Exec(request, connection->id, frame->request(), &failure)) {
    connection->SendError(frame->request(), failure.error, failure.text);
  }
}

void Server::ServeExecStream(Connection* connection, FrameReader* frame) {
  std::vector<Fd> fds = connection->TakeFds();
  const ExecStream request = frame->ReadExecStream();
  if (!frame->ok()) return connection->SendError(frame->request(), EPROTO, "malformed request");
  SpawnFailure failure;
  if (!pod_.ExecWithStreams(request, std::move(fds), connection->id, frame->request(), &failure)) {
    return connection->SendError(frame->request(), failure.error, failure.text);
  }
  connection->Send(FrameWriter(MessageType::kExecStarted, frame->request()).Take());
}

void Server::ServeAttach(Connection* connection, FrameReader* frame) {
  std::vector<Fd> fds = connection->TakeFds();
  const AttachRequest request = frame->ReadAttach();
  if (!frame->ok()) return connection->SendError(frame->request(), EPROTO, "malformed request");
  Attached attached;
  int fd = -1;
  SpawnFailure failure;
  if (!pod_.Attach(request, std::move(fds), connection->id, frame->request(), &attached, &fd, &failure)) {
    return connection->SendError(frame->request(), failure.error, failure.text);
  }
  FrameWriter reply(MessageType::kAttached, frame->request());
  reply.Put(attached);
  connection->Send(reply.Take(), fd);
}

void Server::Serve(Connection* connection, FrameReader* frame) {
  const uint32_t request = frame->request();
  const auto reply = [&](bool done) {
    return done ? connection->SendOk(request) : connection->SendError(request, ESRCH, "no such running container");
  };
  switch (frame->type()) {
    case MessageType::kStart:
    case MessageType::kStartInteractive:
      return ServeStart(connection, frame);
    case MessageType::kExecStream:
      return ServeExecStream(connection, frame);
    case MessageType::kAttach:
      return ServeAttach(connection, frame);
    case MessageType::kCloseStdin:
      return reply(pod_.CloseStdin(frame->String()));
    case MessageType::kExec:
      return ServeExec(connection, frame);
    case MessageType::kSignal: {
      const std::string id = frame->String();
      return reply(pod_.Signal(id, frame->I32()));
    }
    case MessageType::kStop: {
      const std::string id = frame->String();
      return reply(pod_.Stop(id, frame->I64()));
    }
    case MessageType::kRemove:
      return reply(pod_.Remove(frame->String()));
    case MessageType::kSubscribe:
      connection->subscribed = true;
      return SendStates(connection, request);
    case MessageType::kState:
      return SendStates(connection, request);
    case MessageType::kShutdown:
      shutting_down_ = true;
      connection->waits_for_shutdown = true;
      connection->shutdown_request = request;
      return;
    default:
      return connection->SendError(request, EPROTO, "unknown request");
  }
}

}  // namespace kubelite::kubelet::shim
