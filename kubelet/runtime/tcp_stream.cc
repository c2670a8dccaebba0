#include "kubelet/runtime/tcp_stream.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/errno_status.h"
#include "kubelet/runtime/fd_stream.h"

namespace kubelite::kubelet {
namespace {

std::string Reason(int error) {
  if (error == ECONNRESET) return "read: connection reset by peer";
  return absl::StrCat("connect: ", absl::AsciiStrToLower(strerror(error)));
}

class TcpStream final : public FdStream {
 public:
  TcpStream(EventLoop* loop, Descriptors descriptors, std::string target, OnReady on_ready)
      : FdStream(loop, std::move(descriptors), std::move(on_ready)), target_(std::move(target)) {}

  absl::StatusOr<std::string> Read(int channel, size_t max) override {
    absl::StatusOr<std::string> data = FdStream::Read(channel, max);
    if (channel == kStdout && !data.ok() && !result_.has_value()) result_ = 0;
    return data;
  }
  void CloseInput() override {
    if (fds().in.valid()) shutdown(fds().in.get(), SHUT_WR);
    FdStream::CloseInput();
  }
  std::optional<absl::StatusOr<int>> Result() override { return result_; }

 private:
  void OnError(int error) override {
    // Whoever has closed the connection may still have said something before: that is for the reading side.
    if (error == EPIPE) return;
    if (!result_.has_value())
      result_ = absl::UnavailableError(absl::StrCat("dial tcp4 ", target_, ": ", Reason(error)));
  }

  const std::string target_;
  std::optional<absl::StatusOr<int>> result_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<RuntimeStream>> DialTcp(EventLoop* loop, const std::string& address, int port,
                                                       RuntimeStream::OnReady on_ready) {
  const std::string target = absl::StrCat(address, ":", port);
  struct sockaddr_in to = {};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(port));
  if (port < 1 || port > 65535 || inet_pton(AF_INET, address.c_str(), &to.sin_addr) != 1) {
    return absl::InvalidArgumentError(absl::StrCat("cannot connect to ", target, ": not an IPv4 address and port"));
  }
  FdStream::Descriptors fds;
  fds.out.Reset(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fds.out.valid()) return base::ErrnoStatus(errno, "opening a socket");
  const int one = 1;
  setsockopt(fds.out.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  if (connect(fds.out.get(), reinterpret_cast<const struct sockaddr*>(&to), sizeof(to)) != 0 && errno != EINPROGRESS) {
    return absl::UnavailableError(absl::StrCat("dial tcp4 ", target, ": ", Reason(errno)));
  }
  fds.in.Reset(fcntl(fds.out.get(), F_DUPFD_CLOEXEC, 0));
  if (!fds.in.valid()) return base::ErrnoStatus(errno, "opening a socket");
  return std::make_unique<TcpStream>(loop, std::move(fds), target, std::move(on_ready));
}

}  // namespace kubelite::kubelet
