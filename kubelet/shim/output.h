#pragma once

#include "kubelet/shim/attachers.h"
#include "kubelet/shim/log_file.h"
#include "kubelet/shim/loop.h"

namespace kubelite::kubelet::shim {

// One buffer for everything that is read: the shim does one thing at a time.
inline constexpr size_t kReadSize = 64 * 1024;
char* ReadBuffer();

// Hears of clients that fell behind.
class OutputListener {
 public:
  virtual void OnAttachersLost() = 0;

 protected:
  ~OutputListener() = default;
};

// Reads one stream of a container into its log, and copies it to attached clients.
class Output final : public Handler {
 public:
  // `stream` is 1 or 2.
  Output(Loop* loop, int stream, LogFile* log, Attachers* attachers, OutputListener* listener)
      : loop_(loop),
        stream_(stream),
        lines_(stream == 1 ? "stdout" : "stderr"),
        log_(log),
        attachers_(attachers),
        listener_(listener) {}
  ~Output() { Close(); }

  // Takes a non-blocking descriptor.
  void Open(Fd fd);
  void OnReady() override;
  // Reads what is there now.
  void Drain();
  void Close();
  int fd() const { return fd_.get(); }

 private:
  // False when there is nothing to read now or ever.
  bool ReadOnce();

  Loop* const loop_;
  const int stream_;
  LineSplitter lines_;
  LogFile* const log_;
  Attachers* const attachers_;
  OutputListener* const listener_;
  Fd fd_;
};

}  // namespace kubelite::kubelet::shim
