#include "kubelet/runtime/shim_connection.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "common/base/errno_status.h"

namespace kubelite::kubelet {

// Goes through the directory's descriptor, because a socket's path is limited to 107 bytes.
absl::StatusOr<int> ConnectToShim(const std::string& directory, absl::Duration timeout) {
  const int directory_fd = open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (directory_fd < 0) return base::ErrnoStatus(errno, directory);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  const std::string path = absl::StrCat("/proc/self/fd/", directory_fd, "/", shim::kSocketName);
  memcpy(address.sun_path, path.data(), path.size());
  // Before connecting, which waits when too many others do.
  const struct timeval limit = absl::ToTimeval(timeout);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
  const int result = fd < 0 ? -1 : connect(fd, reinterpret_cast<struct sockaddr*>(&address), sizeof(address));
  const int error = errno;
  close(directory_fd);
  if (result != 0) {
    if (fd >= 0) close(fd);
    if (error == ECONNREFUSED || error == ENOENT) return absl::NotFoundError(absl::StrCat("no shim in ", directory));
    if (error == EAGAIN) return absl::UnavailableError("the shim does not take connections");
    return base::ErrnoStatus(error, absl::StrCat("connecting to the shim in ", directory));
  }
  return fd;
}

absl::Status SendToShim(int fd, const std::string& bytes, const std::vector<int>& fds) {
  bool passed = fds.empty();
  for (size_t at = 0; at < bytes.size();) {
    const ssize_t n = shim::SendWithFds(fd, bytes.data() + at, bytes.size() - at, passed ? std::vector<int>() : fds, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EPIPE || errno == ECONNRESET)) return absl::AbortedError("the shim closed the connection");
    if (n <= 0) return absl::UnavailableError("the shim does not take requests");
    passed = true;
    at += n;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadShimFrame(int fd, shim::FrameBuffer* buffer, std::vector<shim::Fd>* fds) {
  std::vector<shim::Fd> unwanted;
  std::string frame;
  while (!buffer->Next(&frame)) {
    char bytes[4096];
    const ssize_t n = shim::ReceiveWithFds(fd, bytes, sizeof(bytes), fds == nullptr ? &unwanted : fds, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n == 0 || (n < 0 && errno == ECONNRESET)) return absl::AbortedError("the shim closed the connection");
    if (n < 0) return absl::UnavailableError("the shim does not answer");
    buffer->Append(bytes, n);
    if (buffer->Broken()) return absl::UnavailableError("the shim sent a malformed frame");
  }
  return frame;
}

}  // namespace kubelite::kubelet
