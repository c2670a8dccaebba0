#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/executor.h"
#include "common/base/mutex.h"

namespace kubelite::net {

// One thread's sockets and tasks. Run takes over a thread of some executor; all else but Post and Stop is for that
// thread. In each round: sockets that are ready, then tasks, then what asked for the round's end, so that many answers
// leave in one system call.
class EventLoop {
 public:
  class Handler {
   public:
    virtual ~Handler() = default;
    virtual void OnReady(uint32_t epoll_events) = 0;
    virtual void OnRoundEnd() {}
  };

  static absl::StatusOr<std::unique_ptr<EventLoop>> New();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  void Run();  // until Stop
  void Stop();
  // Runs `task` in this round or the next. Thread-safe; a task left over at the end is destroyed with the loop.
  void Post(base::Task task);
  bool OnLoop() const;  // whether the caller is the thread in Run

  absl::Status Watch(int fd, uint32_t epoll_events, Handler* handler);
  void Rewatch(int fd, uint32_t epoll_events, Handler* handler);
  void Unwatch(int fd);
  void CallAtRoundEnd(Handler* handler);
  // Destroys it when nothing of this round can call it any more.
  void DeleteLater(std::unique_ptr<Handler> handler);

  // While one is alive on a thread, loops that the thread posts to are woken only at its end: once, for all posts.
  class WakeBatch {
   public:
    WakeBatch();
    ~WakeBatch();
    WakeBatch(const WakeBatch&) = delete;
    WakeBatch& operator=(const WakeBatch&) = delete;

   private:
    friend class EventLoop;
    WakeBatch* const outer_;
    std::vector<EventLoop*> loops_;
  };

 private:
  EventLoop(int epoll, int wake);
  void Wake();
  void RunRound();

  const int epoll_;
  const int wake_;  // an eventfd
  bool stopped_ = false;
  std::vector<Handler*> round_end_;
  std::vector<std::unique_ptr<Handler>> deleted_;

  base::Mutex mutex_;
  std::vector<base::Task> tasks_ ABSL_GUARDED_BY(mutex_);
  bool sleeping_ ABSL_GUARDED_BY(mutex_) = false;  // without a wake-up under way
};

}  // namespace kubelite::net
