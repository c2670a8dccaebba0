#pragma once

#include <cstdint>
#include <functional>
#include <memory>

namespace kubelite::kubelet {

// Waits for file descriptors (epoll) on one thread of its own: the kubelet's only thread outside its executor.
// Transports use it for connections to shims, probes and inotify. Thread-safe.
class EventLoop {
 public:
  static constexpr uint32_t kReadable = 1;
  static constexpr uint32_t kWritable = 2;

  EventLoop();
  ~EventLoop();  // ends the thread; every descriptor must have been unwatched
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Calls `ready` on the loop's thread for as long as `fd` is readable (or writable); also on errors and hang-ups. It
  // must not block: what takes longer is posted to the executor. `fd` stays the caller's and must stay open until
  // Unwatch.
  void Watch(int fd, uint32_t interest, std::function<void()> ready);
  // No-op when `fd` is not watched. When it returns `ready` is not running and never will be again, unless called from
  // `ready`.
  void Unwatch(int fd);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kubelite::kubelet
