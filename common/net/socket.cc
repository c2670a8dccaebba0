#include "common/net/socket.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "absl/strings/str_cat.h"
#include "common/base/errno_status.h"

namespace kubelite::net {
namespace {

constexpr int kBacklog = 1024;
// A peer that is gone without a word is found out after about this long.
constexpr int kIdleSeconds = 30;
constexpr unsigned kUnacknowledgedMs = 30000;

class PlainSocket : public Socket {
 public:
  explicit PlainSocket(Fd fd) : fd_(std::move(fd)) {}
  int fd() const override { return fd_.get(); }

  Outcome Read(char* buffer, size_t capacity, size_t* size) override {
    while (true) {
      const ssize_t result = recv(fd_.get(), buffer, capacity, 0);
      if (result > 0) {
        *size = static_cast<size_t>(result);
        return Outcome::kDone;
      }
      if (result == 0) return Outcome::kClosed;
      if (errno == EINTR) continue;
      return errno == EAGAIN ? Outcome::kBlocked : Outcome::kClosed;
    }
  }

  Outcome Write(OutputQueue* queue) override {
    std::array<iovec, 64> pieces;
    while (!queue->empty()) {
      msghdr message = {};
      message.msg_iov = pieces.data();
      message.msg_iovlen = queue->Peek(absl::MakeSpan(pieces));
      const ssize_t result = sendmsg(fd_.get(), &message, MSG_NOSIGNAL);
      if (result >= 0) {
        queue->Consume(static_cast<size_t>(result));
      } else if (errno != EINTR) {
        return errno == EAGAIN ? Outcome::kBlocked : Outcome::kClosed;
      }
    }
    return Outcome::kDone;
  }

 private:
  const Fd fd_;
};

void SetOption(int fd, int level, int name, int value) { setsockopt(fd, level, name, &value, sizeof(value)); }

}  // namespace

Fd::~Fd() {
  if (fd_ >= 0) close(fd_);
}

std::unique_ptr<Socket> NewPlainSocket(Fd fd) { return std::make_unique<PlainSocket>(std::move(fd)); }

absl::StatusOr<Fd> Listen(const base::HostPort& address, int* port) {
  const std::string text = address.ToString();
  addrinfo hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failed = getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (failed != 0) {
    return absl::InvalidArgumentError(absl::StrCat("cannot listen on ", text, ": ", gai_strerror(failed)));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> addresses(found, freeaddrinfo);
  Fd fd(socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) return base::ErrnoStatus(errno, absl::StrCat("cannot listen on ", text));
  SetOption(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (bind(fd.get(), found->ai_addr, found->ai_addrlen) != 0 || listen(fd.get(), kBacklog) != 0) {
    return base::ErrnoStatus(errno, absl::StrCat("cannot listen on ", text));
  }
  sockaddr_storage bound = {};
  socklen_t size = sizeof(bound);
  if (getsockname(fd.get(), reinterpret_cast<sockaddr*>(&bound), &size) != 0) {
    return base::ErrnoStatus(errno, absl::StrCat("cannot listen on ", text));
  }
  *port = ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(&bound)->sin6_port
                                            : reinterpret_cast<sockaddr_in*>(&bound)->sin_port);
  return fd;
}

absl::StatusOr<Fd> Accept(int listener) {
  Fd fd(accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (fd.get() < 0) {
    if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) return absl::UnavailableError("no connection");
    return base::ErrnoStatus(errno, "accept");
  }
  SetOption(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1);
  SetOption(fd.get(), SOL_SOCKET, SO_KEEPALIVE, 1);
  SetOption(fd.get(), IPPROTO_TCP, TCP_KEEPIDLE, kIdleSeconds);
  SetOption(fd.get(), IPPROTO_TCP, TCP_USER_TIMEOUT, kUnacknowledgedMs);
  return fd;
}

}  // namespace kubelite::net
