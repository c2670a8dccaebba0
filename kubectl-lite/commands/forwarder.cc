#include "kubectl-lite/commands/forwarder.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/errno_status.h"
#include "common/base/status_macros.h"
#include "common/base/thread_pool.h"

namespace kubelite::cli {
namespace {

constexpr size_t kChunk = 32 << 10;

struct Address {
  union {
    struct sockaddr generic;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
  };
  socklen_t size = 0;
};

absl::StatusOr<Address> ParseAddress(const std::string& ip, int port) {
  Address address = {};
  if (inet_pton(AF_INET, ip.c_str(), &address.v4.sin_addr) == 1) {
    address.v4.sin_family = AF_INET;
    address.v4.sin_port = htons(static_cast<uint16_t>(port));
    address.size = sizeof(address.v4);
  } else if (inet_pton(AF_INET6, ip.c_str(), &address.v6.sin6_addr) == 1) {
    address.v6.sin6_family = AF_INET6;
    address.v6.sin6_port = htons(static_cast<uint16_t>(port));
    address.size = sizeof(address.v6);
  } else {
    return absl::InvalidArgumentError(absl::StrCat("--address: ", ip, " is not a valid IP or localhost"));
  }
  return address;
}

bool SendAll(int fd, absl::string_view data) {
  while (!data.empty()) {
    const ssize_t n = send(fd, data.data(), data.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    data.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

}  // namespace

// One accepted connection and its stream.
class Forwarder::Connection {
 public:
  Connection(Forwarder* forwarder, int fd, ForwardedPort port) : forwarder_(forwarder), fd_(fd), port_(port) {
    threads_->Post([this] { Forward(); });
  }
  ~Connection() {
    shutdown(fd_, SHUT_RDWR);
    threads_.reset();
    close(fd_);
  }
  bool done() const { return done_; }

 private:
  void Forward() {
    absl::StatusOr<std::unique_ptr<client::ByteStream>> stream = forwarder_->options_.connect(port_.remote);
    if (stream.ok()) {
      base::ThreadPool upward(1);
      upward.Post([&] { PassUp(**stream); });
      PassDown(**stream);
      // Wakes the other direction.
      shutdown(fd_, SHUT_RDWR);
      (*stream)->Cancel();
    } else {
      Complain(stream.status());
      shutdown(fd_, SHUT_RDWR);
    }
    done_ = true;
  }

  void PassUp(client::ByteStream& stream) {
    std::string buffer(kChunk, '\0');
    while (true) {
      const ssize_t n = recv(fd_, buffer.data(), buffer.size(), 0);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return stream.Cancel();
      const absl::string_view data(buffer.data(), static_cast<size_t>(n));
      if (!stream.Write(0, data, /*end=*/n == 0).ok() || n == 0) return;
    }
  }

  void PassDown(client::ByteStream& stream) {
    while (true) {
      const absl::StatusOr<client::ByteStream::Chunk> chunk = stream.Read();
      if (absl::IsOutOfRange(chunk.status()) || absl::IsCancelled(chunk.status())) return;
      if (!chunk.ok()) return Complain(chunk.status());
      if (!SendAll(fd_, chunk->data)) return;
    }
  }

  void Complain(const absl::Status& status) {
    forwarder_->Complain(absl::StrCat("error: an error occurred forwarding ", port_.local, " -> ", port_.remote, ": ",
                                      status.message()));
  }

  Forwarder* const forwarder_;
  const int fd_;
  const ForwardedPort port_;
  std::atomic<bool> done_{false};
  std::unique_ptr<base::ThreadPool> threads_ = std::make_unique<base::ThreadPool>(1);
};

Forwarder::Forwarder(Options options) : options_(std::move(options)), stop_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  CHECK(stop_fd_ >= 0);
}

Forwarder::~Forwarder() {
  connections_.clear();
  for (const Listener& listener : listeners_) close(listener.fd);
  close(stop_fd_);
}

void Forwarder::Print(const std::string& line) {
  base::MutexLock lock(&print_mutex_);
  options_.print(line);
}

void Forwarder::Complain(const std::string& line) {
  base::MutexLock lock(&print_mutex_);
  options_.complain(line);
}

absl::Status Forwarder::ListenAt(const std::string& ip, ForwardedPort* port) {
  ASSIGN_OR_RETURN(Address address, ParseAddress(ip, port->local));
  const int fd = socket(address.generic.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int one = 1;
  if (fd >= 0) {
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (address.generic.sa_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
  }
  if (fd < 0 || bind(fd, &address.generic, address.size) != 0 || listen(fd, 128) != 0 ||
      getsockname(fd, &address.generic, &address.size) != 0) {
    const absl::Status status =
        base::ErrnoStatus(errno, absl::StrCat("unable to listen on port ", port->local, " at ", ip));
    if (fd >= 0) close(fd);
    return status;
  }
  const bool is_v4 = address.generic.sa_family == AF_INET;
  port->local = ntohs(is_v4 ? address.v4.sin_port : address.v6.sin6_port);
  listeners_.push_back({fd, *port});
  Print(absl::StrCat("Forwarding from ", is_v4 ? ip : absl::StrCat("[", ip, "]"), ":", port->local, " -> ",
                     port->remote));
  return absl::OkStatus();
}

absl::Status Forwarder::Listen(const std::vector<std::string>& addresses, const std::vector<ForwardedPort>& ports) {
  for (ForwardedPort port : ports) {
    for (const std::string& address : addresses) {
      if (address != "localhost") {
        RETURN_IF_ERROR(ListenAt(address, &port));
        continue;
      }
      const absl::Status v4 = ListenAt("127.0.0.1", &port);
      const absl::Status v6 = ListenAt("::1", &port);
      if (!v4.ok() && !v6.ok()) return v4;
    }
  }
  return absl::OkStatus();
}

void Forwarder::Run() {
  std::vector<struct pollfd> fds = {{stop_fd_, POLLIN, 0}};
  for (const Listener& listener : listeners_) fds.push_back({listener.fd, POLLIN, 0});
  while (true) {
    if (poll(fds.data(), fds.size(), -1) < 0) continue;
    if (fds[0].revents != 0) return;
    connections_.erase(
        std::remove_if(connections_.begin(), connections_.end(), [](const auto& c) { return c->done(); }),
        connections_.end());
    for (const Listener& listener : listeners_) {
      const int fd = accept4(listener.fd, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) continue;
      Print(absl::StrCat("Handling connection for ", listener.port.local));
      connections_.push_back(std::make_unique<Connection>(this, fd, listener.port));
    }
  }
}

void Forwarder::Stop() {
  const uint64_t one = 1;
  CHECK(write(stop_fd_, &one, sizeof(one)) == sizeof(one));
}

}  // namespace kubelite::cli
