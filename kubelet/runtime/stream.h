#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace kubelite::kubelet {

// The streams of a command, of a container that one is attached to, or of a connection to a pod. Nothing blocks.
// Belongs to one task at a time; `on_ready`, given when it is opened, is called from any thread when what could not be
// done before may be possible now, or when the stream has ended. Destroying it kills the command, detaches, or closes
// the connection; `on_ready` is not called afterwards.
class RuntimeStream {
 public:
  using OnReady = std::function<void()>;
  static constexpr int kStdout = 1;
  static constexpr int kStderr = 2;

  virtual ~RuntimeStream() = default;
  // At most `max` bytes of what has been written on kStdout or kStderr. Empty: nothing for now. OutOfRange: nothing
  // more will come.
  virtual absl::StatusOr<std::string> Read(int channel, size_t max) = 0;
  // How many bytes of standard input were taken; 0: none for now. OutOfRange: nobody reads it (any more).
  virtual absl::StatusOr<size_t> Write(absl::string_view data) = 0;
  // No more input follows.
  virtual void CloseInput() = 0;
  // Of the terminal; does nothing without one.
  virtual void Resize(int width, int height) = 0;
  // How it ended: the exit code of a command (128 + signal), 0 for containers and connections, or an error. What was
  // written before can still be read. Unset while it goes on.
  virtual std::optional<absl::StatusOr<int>> Result() = 0;
};

}  // namespace kubelite::kubelet
