#include "kubelet/shim/loop.h"

#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

namespace kubelite::kubelet::shim {

Loop::Loop() : epoll_fd_(epoll_create1(EPOLL_CLOEXEC)) {}
Loop::~Loop() { close(epoll_fd_); }

void Loop::Watch(int fd, Handler* handler) {
  struct epoll_event event;
  memset(&event, 0, sizeof(event));
  event.events = EPOLLIN;
  event.data.ptr = handler;
  epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event);
}

void Loop::Unwatch(int fd) { epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr); }

void Loop::RunOnce(int64_t deadline_ms) {
  int timeout = -1;
  if (deadline_ms >= 0) {
    const int64_t wait = deadline_ms - MonotonicMillis();
    timeout = wait <= 0 ? 0 : wait > 1000000 ? 1000000 : static_cast<int>(wait);
  }
  // One event at a time, so that no event can name a handler which the one before destroyed.
  struct epoll_event event;
  if (epoll_wait(epoll_fd_, &event, 1, timeout) == 1) static_cast<Handler*>(event.data.ptr)->OnReady();
}

int64_t MonotonicMillis() {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<int64_t>(t.tv_sec) * 1000 + t.tv_nsec / 1000000;
}

}  // namespace kubelite::kubelet::shim
