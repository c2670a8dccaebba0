#include "kubelet/probe/socket_prober.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <set>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/mutex.h"

namespace kubelite::kubelet {
namespace {

constexpr size_t kMaxResponse = 10 * 1024;

// The text Go's libraries give to the errors that users know.
std::string Reason(int error) {
  if (error == ECONNREFUSED) return "connect: connection refused";
  if (error == ECONNRESET) return "read: connection reset by peer";
  return absl::StrCat("connect: ", strerror(error));
}

// Of "HTTP/1.1 200 OK"; 0 when the line is malformed.
int StatusCode(absl::string_view response) {
  int code = 0;
  const size_t space = response.find(' ');
  if (!absl::StartsWith(response, "HTTP/") || space == absl::string_view::npos) return 0;
  return absl::SimpleAtoi(response.substr(space + 1, 3), &code) ? code : 0;
}

}  // namespace

struct SocketProber::State {
  State(EventLoop* l, base::Executor* e) : loop(l), executor(e) {}
  EventLoop* const loop;
  base::Executor* const executor;
  base::Mutex mutex;
  bool closed ABSL_GUARDED_BY(mutex) = false;
  std::set<std::shared_ptr<Attempt>> attempts ABSL_GUARDED_BY(mutex);
};

// One connection: connect, perhaps send a request and read the status line.
class SocketProber::Attempt : public std::enable_shared_from_this<Attempt> {
 public:
  Attempt(std::shared_ptr<State> state, std::string request, std::string prefix, Done done)
      : state_(std::move(state)), request_(std::move(request)), prefix_(std::move(prefix)), done_(std::move(done)) {}
  ~Attempt() { Close(); }

  void Start(const struct sockaddr_in& address, absl::Duration timeout) {
    fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd_ < 0) return Finish(ProbeOutcome::Kind::kError, Reason(errno));
    if (connect(fd_, reinterpret_cast<const struct sockaddr*>(&address), sizeof(address)) != 0 &&
        errno != EINPROGRESS) {
      return Finish(errno == ECONNREFUSED ? ProbeOutcome::Kind::kRefused : ProbeOutcome::Kind::kFailure, Reason(errno));
    }
    state_->loop->Watch(fd_, EventLoop::kWritable, [self = shared_from_this()] { self->OnConnected(); });
    state_->executor->PostAfter(timeout, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) {
        self->Finish(ProbeOutcome::Kind::kFailure, self->request_.empty() ? "i/o timeout"
                                                                          : "context deadline exceeded (Client.Timeout "
                                                                            "exceeded while awaiting headers)");
      }
    });
  }

  // Ends without an outcome.
  void Drop() { Finished(); }

 private:
  void OnConnected() {
    int error = 0;
    socklen_t size = sizeof(error);
    getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
      return Finish(error == ECONNREFUSED ? ProbeOutcome::Kind::kRefused : ProbeOutcome::Kind::kFailure, Reason(error));
    }
    if (request_.empty()) return Finish(ProbeOutcome::Kind::kSuccess, "");
    // A request fits a fresh socket's buffer.
    if (send(fd_, request_.data(), request_.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request_.size())) {
      return Finish(ProbeOutcome::Kind::kFailure, "write: connection closed");
    }
    state_->loop->Watch(fd_, EventLoop::kReadable, [self = shared_from_this()] { self->OnReadable(); });
  }

  void OnReadable() {
    char bytes[2048];
    const ssize_t n = recv(fd_, bytes, sizeof(bytes), 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n < 0) return Finish(ProbeOutcome::Kind::kFailure, Reason(errno));
    if (n > 0) response_.append(bytes, n);
    if (n > 0 && !absl::StrContains(response_, "\r\n") && response_.size() < kMaxResponse) return;
    const int code = StatusCode(response_);
    if (code == 0) {
      return Finish(ProbeOutcome::Kind::kFailure, response_.empty() ? "EOF" : "malformed HTTP response");
    }
    if (code >= 200 && code < 400) return Finish(ProbeOutcome::Kind::kSuccess, "");
    Finish(ProbeOutcome::Kind::kFailure, "", absl::StrCat("HTTP probe failed with statuscode: ", code));
  }

  // `reason` is told behind the prefix; or `output` as it is.
  void Finish(ProbeOutcome::Kind kind, const std::string& reason, const std::string& output = "") {
    const std::shared_ptr<Attempt> self = shared_from_this();
    if (!Finished()) return;
    done_({kind, reason.empty() ? output : prefix_ + reason});
  }

  // True for the first caller, which then owns the end.
  bool Finished() {
    {
      base::MutexLock lock(&state_->mutex);
      if (state_->attempts.erase(shared_from_this()) == 0) return false;
    }
    Close();
    return true;
  }

  void Close() {
    if (fd_ < 0) return;
    // Twice: the callback that the first one waits for may have begun to watch again.
    state_->loop->Unwatch(fd_);
    state_->loop->Unwatch(fd_);
    close(fd_);
    fd_ = -1;
  }

  const std::shared_ptr<State> state_;
  const std::string request_;
  const std::string prefix_;
  const Done done_;
  int fd_ = -1;
  std::string response_;
};

SocketProber::SocketProber(EventLoop* loop, base::Executor* executor)
    : state_(std::make_shared<State>(loop, executor)) {}

SocketProber::~SocketProber() {
  std::set<std::shared_ptr<Attempt>> attempts;
  {
    base::MutexLock lock(&state_->mutex);
    state_->closed = true;
    attempts = state_->attempts;
  }
  for (const std::shared_ptr<Attempt>& attempt : attempts) attempt->Drop();
}

void SocketProber::Begin(const Target& target, absl::Duration timeout, Done done) {
  struct sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(target.port));
  const std::string literal = target.host == "localhost" ? "127.0.0.1" : target.host;
  if (target.port < 1 || target.port > 65535 || inet_pton(AF_INET, literal.c_str(), &address.sin_addr) != 1) {
    return done({ProbeOutcome::Kind::kError,
                 absl::StrCat("cannot probe ", target.host, ":", target.port, ": not an IPv4 address and port")});
  }
  const auto attempt = std::make_shared<Attempt>(state_, target.request, target.prefix, std::move(done));
  {
    base::MutexLock lock(&state_->mutex);
    if (state_->closed) return;
    state_->attempts.insert(attempt);
  }
  attempt->Start(address, timeout);
}

void SocketProber::HttpGet(const HttpProbe& probe, absl::Duration timeout, Done done) {
  std::string headers;
  bool has_host = false;
  bool has_agent = false;
  for (const auto& [name, value] : probe.headers) {
    has_host = has_host || absl::EqualsIgnoreCase(name, "Host");
    has_agent = has_agent || absl::EqualsIgnoreCase(name, "User-Agent");
    absl::StrAppend(&headers, name, ": ", value, "\r\n");
  }
  const std::string authority = absl::StrCat(probe.host, ":", probe.port);
  const std::string path = absl::StartsWith(probe.path, "/") ? probe.path : "/" + probe.path;
  const std::string request = absl::StrCat(
      "GET ", path, " HTTP/1.1\r\n", has_host ? "" : absl::StrCat("Host: ", authority, "\r\n"),
      has_agent ? "" : "User-Agent: kube-probe/1.36\r\n", "Accept: */*\r\nConnection: close\r\n", headers, "\r\n");
  const std::string prefix = absl::StrCat("Get \"http://", authority, path, "\": dial tcp ", authority, ": ");
  Begin({probe.host, probe.port, request, prefix}, timeout, std::move(done));
}

void SocketProber::TcpConnect(const std::string& host, int port, absl::Duration timeout, Done done) {
  Begin({host, port, "", absl::StrCat("dial tcp ", host, ":", port, ": ")}, timeout, std::move(done));
}

}  // namespace kubelite::kubelet
