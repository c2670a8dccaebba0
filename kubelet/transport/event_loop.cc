#include "kubelet/transport/event_loop.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <thread>

#include "common/base/check.h"
#include "common/base/mutex.h"

namespace kubelite::kubelet {

struct EventLoop::State {
  struct Watched {
    uint64_t generation;
    std::function<void()> ready;
  };

  void Run();

  int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  int wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  base::Mutex mutex;
  base::CondVar callback_ended;
  bool stopping ABSL_GUARDED_BY(mutex) = false;
  uint64_t next_generation ABSL_GUARDED_BY(mutex) = 1;
  uint64_t running ABSL_GUARDED_BY(mutex) = 0;  // generation whose callback runs now
  std::map<int, std::shared_ptr<Watched>> watched ABSL_GUARDED_BY(mutex);
  std::thread thread;
};

void EventLoop::State::Run() {
  while (true) {
    // One event at a time: an earlier callback may have unwatched what a later event names.
    struct epoll_event event;
    const int n = epoll_wait(epoll_fd, &event, 1, -1);
    if (n != 1) continue;
    std::shared_ptr<Watched> entry;
    {
      base::MutexLock lock(&mutex);
      if (stopping) return;
      const auto found = watched.find(static_cast<int>(event.data.u64 >> 32));
      if (found == watched.end() || (found->second->generation & 0xffffffff) != (event.data.u64 & 0xffffffff)) continue;
      entry = found->second;
      running = entry->generation;
    }
    entry->ready();
    base::MutexLock lock(&mutex);
    running = 0;
    callback_ended.SignalAll();
  }
}

EventLoop::EventLoop() : state_(std::make_unique<State>()) {
  CHECK(state_->epoll_fd >= 0 && state_->wake_fd >= 0);
  struct epoll_event event = {};
  event.events = EPOLLIN;
  CHECK(epoll_ctl(state_->epoll_fd, EPOLL_CTL_ADD, state_->wake_fd, &event) == 0);
  state_->thread = std::thread([state = state_.get()] { state->Run(); });
}

EventLoop::~EventLoop() {
  {
    base::MutexLock lock(&state_->mutex);
    state_->stopping = true;
  }
  const uint64_t one = 1;
  CHECK(write(state_->wake_fd, &one, sizeof(one)) == sizeof(one));
  state_->thread.join();
  close(state_->wake_fd);
  close(state_->epoll_fd);
}

void EventLoop::Watch(int fd, uint32_t interest, std::function<void()> ready) {
  struct epoll_event event = {};
  event.events = ((interest & kReadable) ? uint32_t{EPOLLIN} : 0) | ((interest & kWritable) ? uint32_t{EPOLLOUT} : 0);
  base::MutexLock lock(&state_->mutex);
  auto entry = std::make_shared<State::Watched>();
  entry->generation = state_->next_generation++;
  entry->ready = std::move(ready);
  event.data.u64 = static_cast<uint64_t>(fd) << 32 | (entry->generation & 0xffffffff);
  state_->watched[fd] = std::move(entry);
  if (epoll_ctl(state_->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0 && errno == EEXIST) {
    epoll_ctl(state_->epoll_fd, EPOLL_CTL_MOD, fd, &event);
  }
}

void EventLoop::Unwatch(int fd) {
  std::shared_ptr<State::Watched> entry;
  base::MutexLock lock(&state_->mutex);
  const auto found = state_->watched.find(fd);
  if (found == state_->watched.end()) return;
  entry = std::move(found->second);
  state_->watched.erase(found);
  epoll_ctl(state_->epoll_fd, EPOLL_CTL_DEL, fd, nullptr);
  if (std::this_thread::get_id() == state_->thread.get_id()) return;
  while (state_->running == entry->generation) state_->callback_ended.Wait(&state_->mutex);
}

}  // namespace kubelite::kubelet
