#pragma once

#include <memory>

#include "common/base/mutex.h"
#include "kubelet/runtime/stream.h"
#include "kubelet/shim/descriptors.h"
#include "kubelet/transport/event_loop.h"

namespace kubelite::kubelet {

// Calls `on_ready` when a descriptor is ready, once for each Arm: so a stream that nobody reads costs nothing.
// Thread-safe. Every descriptor is disarmed before it is closed.
class ReadyWaiter {
 public:
  ReadyWaiter(EventLoop* loop, RuntimeStream::OnReady on_ready);
  ~ReadyWaiter();  // disarms all
  ReadyWaiter(const ReadyWaiter&) = delete;
  void Arm(int fd, uint32_t interest);
  void Disarm(int fd);

 private:
  struct State;
  EventLoop* const loop_;
  const std::shared_ptr<State> state_;
};

// A stream over non-blocking descriptors. What it is a stream of says how it ends: Result is the subclass's.
class FdStream : public RuntimeStream {
 public:
  // Descriptors that are not valid are streams that are not there. Each has one direction, so a socket or terminal
  // needs a duplicate for the other one.
  struct Descriptors {
    shim::Fd in;
    shim::Fd out;
    shim::Fd err;
    shim::Fd terminal;  // whose size is set
  };
  FdStream(EventLoop* loop, Descriptors descriptors, OnReady on_ready)
      : waiter_(loop, std::move(on_ready)), fds_(std::move(descriptors)) {}
  ~FdStream() override;

  absl::StatusOr<std::string> Read(int channel, size_t max) override;
  absl::StatusOr<size_t> Write(absl::string_view data) override;
  void CloseInput() override;
  void Resize(int width, int height) override;

 protected:
  // A read or write failed with this error, the stream's end in that direction.
  virtual void OnError(int /*error*/) {}
  ReadyWaiter& waiter() { return waiter_; }
  Descriptors& fds() { return fds_; }

 private:
  void Close(shim::Fd* fd);

  ReadyWaiter waiter_;
  Descriptors fds_;
};

}  // namespace kubelite::kubelet
