#include "kubelet/shim/attachers.h"

#include <poll.h>

#include "kubelet/shim/loop.h"

namespace kubelite::kubelet::shim {

bool Attachers::WriteAll(int fd, const char* data, size_t size) {
  const int64_t deadline = MonotonicMillis() + kPatienceMs;
  for (size_t at = 0; at < size;) {
    const ssize_t n = write(fd, data + at, size - at);
    if (n > 0) {
      at += n;
      continue;
    }
    if (n < 0 && errno == EINTR) continue;
    if (n == 0 || errno != EAGAIN) return false;
    const int64_t left = deadline - MonotonicMillis();
    struct pollfd wait = {fd, POLLOUT, 0};
    if (left <= 0 || poll(&wait, 1, static_cast<int>(left)) != 1) {
      errno = EAGAIN;
      return false;
    }
  }
  return true;
}

bool Attachers::Copy(int stream, const char* data, size_t size) {
  bool lost = false;
  for (Attacher& attacher : list_) {
    const Fd& fd = stream == 1 ? attacher.out : attacher.err;
    if (!fd.valid() || WriteAll(fd.get(), data, size)) continue;
    // A broken pipe is a client that is leaving; its connection ends by itself.
    attacher.lost = errno == EAGAIN;
    lost = lost || attacher.lost;
    attacher.out.Reset();
    attacher.err.Reset();
  }
  return lost;
}

bool Attachers::Remove(int client) {
  bool had_input = false;
  for (size_t i = 0; i < list_.size();) {
    if (list_[i].client != client) {
      ++i;
      continue;
    }
    had_input = had_input || list_[i].stdin_wanted;
    list_.erase(list_.begin() + i);
  }
  return had_input;
}

}  // namespace kubelite::kubelet::shim
