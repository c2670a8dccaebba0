#include "kubelet/shim/output.h"

namespace kubelite::kubelet::shim {
namespace {

// A process that left its group may write for ever; after this many reads its container counts as finished.
constexpr int kMaxDrainReads = 32;

char g_read_buffer[kReadSize];

}  // namespace

char* ReadBuffer() { return g_read_buffer; }

void Output::Open(Fd fd) {
  fd_ = std::move(fd);
  loop_->Watch(fd_.get(), this);
}

void Output::OnReady() {
  ReadOnce();
  log_->Flush();
}

void Output::Drain() {
  for (int i = 0; i < kMaxDrainReads && ReadOnce(); ++i) {
  }
}

void Output::Close() {
  if (!fd_.valid()) return;
  lines_.Finish(NowNanos(), log_);
  loop_->Unwatch(fd_.get());
  fd_.Reset();
}

bool Output::ReadOnce() {
  if (!fd_.valid()) return false;
  const ssize_t n = read(fd_.get(), g_read_buffer, kReadSize);
  if (n > 0) {
    lines_.Append(g_read_buffer, n, NowNanos(), log_);
    if (attachers_->Copy(stream_, g_read_buffer, n)) listener_->OnAttachersLost();
    return true;
  }
  // A terminal that nobody has open any more says EIO.
  if (n == 0 || (errno != EAGAIN && errno != EINTR)) Close();
  return n < 0 && errno == EINTR;
}

}  // namespace kubelite::kubelet::shim
