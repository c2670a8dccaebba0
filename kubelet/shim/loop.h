#pragma once

#include <cstdint>

namespace kubelite::kubelet::shim {

// Something that waits for a descriptor to become readable.
class Handler {
 public:
  virtual void OnReady() = 0;

 protected:
  ~Handler() = default;
};

// The shim's only loop: one thread, epoll, one deadline. Handlers may be unwatched and destroyed from any handler.
class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // `fd` stays the caller's.
  void Watch(int fd, Handler* handler);
  void Unwatch(int fd);
  // Waits until a descriptor is ready or MonotonicMillis() >= deadline (-1: none), and serves one descriptor.
  void RunOnce(int64_t deadline_ms);

 private:
  int epoll_fd_;
};

int64_t MonotonicMillis();

}  // namespace kubelite::kubelet::shim
