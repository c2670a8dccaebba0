#include "kubelet/runtime/fd_stream.h"

#include <errno.h>
#include <sys/ioctl.h>

#include <set>

namespace kubelite::kubelet {

struct ReadyWaiter::State {
  base::Mutex mutex;
  RuntimeStream::OnReady on_ready ABSL_GUARDED_BY(mutex);  // empty: the waiter is gone
  std::set<int> armed ABSL_GUARDED_BY(mutex);
};

ReadyWaiter::ReadyWaiter(EventLoop* loop, RuntimeStream::OnReady on_ready)
    : loop_(loop), state_(std::make_shared<State>()) {
  base::MutexLock lock(&state_->mutex);
  state_->on_ready = std::move(on_ready);
}

ReadyWaiter::~ReadyWaiter() {
  std::set<int> armed;
  {
    base::MutexLock lock(&state_->mutex);
    state_->on_ready = nullptr;
    armed.swap(state_->armed);
  }
  for (const int fd : armed) loop_->Unwatch(fd);
}

void ReadyWaiter::Arm(int fd, uint32_t interest) {
  {
    base::MutexLock lock(&state_->mutex);
    if (!state_->armed.insert(fd).second) return;
  }
  loop_->Watch(fd, interest, [loop = loop_, state = state_, fd] {
    // Before it counts as disarmed: from then on it may be armed again, or closed and its number used by another.
    loop->Unwatch(fd);
    base::MutexLock lock(&state->mutex);
    if (state->armed.erase(fd) > 0 && state->on_ready) state->on_ready();
  });
}

void ReadyWaiter::Disarm(int fd) {
  {
    base::MutexLock lock(&state_->mutex);
    if (state_->armed.erase(fd) == 0) return;
  }
  loop_->Unwatch(fd);
}

FdStream::~FdStream() {
  for (shim::Fd* fd : {&fds_.in, &fds_.out, &fds_.err}) Close(fd);
}

void FdStream::Close(shim::Fd* fd) {
  if (!fd->valid()) return;
  waiter_.Disarm(fd->get());
  fd->Reset();
}

absl::StatusOr<std::string> FdStream::Read(int channel, size_t max) {
  shim::Fd& fd = channel == kStdout ? fds_.out : fds_.err;
  if (!fd.valid()) return absl::OutOfRangeError("end of stream");
  std::string data(max, '\0');
  while (true) {
    const ssize_t n = read(fd.get(), data.data(), data.size());
    if (n < 0 && errno == EINTR) continue;
    if (n > 0) {
      data.resize(n);
      return data;
    }
    if (n < 0 && errno == EAGAIN) {
      waiter_.Arm(fd.get(), EventLoop::kReadable);
      return std::string();
    }
    if (n < 0) OnError(errno);
    Close(&fd);
    return absl::OutOfRangeError("end of stream");
  }
}

absl::StatusOr<size_t> FdStream::Write(absl::string_view data) {
  shim::Fd& fd = fds_.in;
  if (!fd.valid()) return absl::OutOfRangeError("nobody reads the input");
  while (true) {
    // The program ignores SIGPIPE, so a broken pipe is an error like others.
    const ssize_t n = write(fd.get(), data.data(), data.size());
    if (n < 0 && errno == EINTR) continue;
    if (n >= 0) return static_cast<size_t>(n);
    if (errno == EAGAIN) {
      waiter_.Arm(fd.get(), EventLoop::kWritable);
      return size_t{0};
    }
    OnError(errno);
    Close(&fd);
    return absl::OutOfRangeError("nobody reads the input");
  }
}

void FdStream::CloseInput() { Close(&fds_.in); }

void FdStream::Resize(int width, int height) {
  if (!fds_.terminal.valid()) return;
  struct winsize size = {};
  size.ws_col = static_cast<unsigned short>(width);
  size.ws_row = static_cast<unsigned short>(height);
  ioctl(fds_.terminal.get(), TIOCSWINSZ, &size);
}

}  // namespace kubelite::kubelet
