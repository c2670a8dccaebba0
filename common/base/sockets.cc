#include "common/base/sockets.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "absl/strings/str_cat.h"
#include "common/base/errno_status.h"
#include "common/base/options.h"

namespace kubelite::base {
namespace {

// Binds a TCP socket to host:port, reads the port it got, and closes it.
absl::StatusOr<int> BindOnce(const std::string& host, int port) {
  const std::string address = HostPort{host, port}.ToString();
  addrinfo hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) return absl::InvalidArgumentError(absl::StrCat("address ", address, ": ", gai_strerror(error)));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);

  const int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return ErrnoStatus(errno, "creating a socket");
  const int on = 1;
  // As servers do: connections of an earlier listener that still linger do not count.
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_storage bound = {};
  socklen_t length = sizeof(bound);
  const bool ok = bind(fd, found->ai_addr, found->ai_addrlen) == 0 &&
                  getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &length) == 0;
  const int bind_error = errno;
  close(fd);
  if (!ok && bind_error == EADDRINUSE) {
    return absl::FailedPreconditionError(absl::StrCat("port ", address, " is in use by another process"));
  }
  if (!ok) return ErrnoStatus(bind_error, absl::StrCat("binding ", address));
  return ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(bound).sin6_port
                                           : reinterpret_cast<const sockaddr_in&>(bound).sin_port);
}

}  // namespace

absl::StatusOr<int> FreeTcpPort(const std::string& host) { return BindOnce(host, 0); }

absl::Status PortIsFree(const std::string& host, int port) { return BindOnce(host, port).status(); }

}  // namespace kubelite::base
