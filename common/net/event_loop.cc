#include "common/net/event_loop.h"

#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "common/base/check.h"
#include "common/base/errno_status.h"

namespace kubelite::net {
namespace {

thread_local EventLoop* current_loop = nullptr;
thread_local EventLoop::WakeBatch* current_batch = nullptr;

constexpr size_t kEventsPerRound = 128;

}  // namespace

EventLoop::WakeBatch::WakeBatch() : outer_(std::exchange(current_batch, this)) {}

EventLoop::WakeBatch::~WakeBatch() {
  current_batch = outer_;
  for (EventLoop* loop : loops_) loop->Wake();
}

absl::StatusOr<std::unique_ptr<EventLoop>> EventLoop::New() {
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) return base::ErrnoStatus(errno, "epoll_create1");
  const int wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  epoll_event event = {};
  event.events = EPOLLIN;  // data.ptr null: the wake-up
  if (wake < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, wake, &event) != 0) {
    const absl::Status status = base::ErrnoStatus(errno, "eventfd");
    if (wake >= 0) close(wake);
    close(epoll);
    return status;
  }
  return std::unique_ptr<EventLoop>(new EventLoop(epoll, wake));
}

EventLoop::EventLoop(int epoll, int wake) : epoll_(epoll), wake_(wake) {}

EventLoop::~EventLoop() {
  close(wake_);
  close(epoll_);
}

void EventLoop::Run() {
  // A client that has hung up is an error of write, not the end of the process.
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  current_loop = this;
  while (!stopped_) RunRound();
  current_loop = nullptr;
}

void EventLoop::Stop() {
  Post([this] { stopped_ = true; });
}

bool EventLoop::OnLoop() const { return current_loop == this; }

void EventLoop::Post(base::Task task) {
  {
    base::MutexLock lock(&mutex_);
    tasks_.push_back(std::move(task));
    if (!std::exchange(sleeping_, false)) return;
  }
  if (current_batch != nullptr) {
    current_batch->loops_.push_back(this);
  } else {
    Wake();
  }
}

void EventLoop::Wake() {
  const uint64_t one = 1;
  // Fails only when the counter is full: then the loop is awake anyway.
  [[maybe_unused]] const ssize_t written = write(wake_, &one, sizeof(one));
}

void EventLoop::RunRound() {
  int timeout = 0;
  {
    base::MutexLock lock(&mutex_);
    if (tasks_.empty()) {
      sleeping_ = true;
      timeout = -1;
    }
  }
  std::array<epoll_event, kEventsPerRound> events;
  const int ready = epoll_wait(epoll_, events.data(), events.size(), timeout);
  CHECK(ready >= 0 || errno == EINTR);
  std::vector<base::Task> tasks;
  {
    base::MutexLock lock(&mutex_);
    sleeping_ = false;
    tasks.swap(tasks_);
  }
  for (int i = 0; i < ready; ++i) {
    const epoll_event& event = events[static_cast<size_t>(i)];
    if (event.data.ptr != nullptr) {
      static_cast<Handler*>(event.data.ptr)->OnReady(event.events);
      continue;
    }
    uint64_t wakes = 0;
    [[maybe_unused]] const ssize_t size = read(wake_, &wakes, sizeof(wakes));
  }
  for (base::Task& task : tasks) task();
  while (!round_end_.empty()) {
    for (Handler* handler : std::exchange(round_end_, {})) handler->OnRoundEnd();
  }
  deleted_.clear();
}

absl::Status EventLoop::Watch(int fd, uint32_t epoll_events, Handler* handler) {
  epoll_event event = {};
  event.events = epoll_events;
  event.data.ptr = handler;
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) return base::ErrnoStatus(errno, "epoll_ctl");
  return absl::OkStatus();
}

void EventLoop::Rewatch(int fd, uint32_t epoll_events, Handler* handler) {
  epoll_event event = {};
  event.events = epoll_events;
  event.data.ptr = handler;
  CHECK(epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event) == 0);
}

void EventLoop::Unwatch(int fd) { CHECK(epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr) == 0); }

void EventLoop::CallAtRoundEnd(Handler* handler) { round_end_.push_back(handler); }

void EventLoop::DeleteLater(std::unique_ptr<Handler> handler) { deleted_.push_back(std::move(handler)); }

}  // namespace kubelite::net
