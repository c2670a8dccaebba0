#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/executor.h"
#include "common/base/mutex.h"
#include "kubelet/runtime/stream.h"

namespace kubelite::kubelet {

// The other side of a fake stream: a command, a container or a server. Thread-safe; outlives whoever it talks to.
class FakePeer : public std::enable_shared_from_this<FakePeer> {
 public:
  // `echoes`: what comes in goes out; the end of the input is its end, with code 0, unless `outlives_input`.
  struct Behaviour {
    bool echoes = false;
    bool outlives_input = false;
  };
  FakePeer(base::Executor* executor, Behaviour behaviour) : executor_(executor), behaviour_(behaviour) {}

  // The one stream to it. `on_input_end` is called, on the executor, when its input has ended.
  std::unique_ptr<RuntimeStream> Open(RuntimeStream::OnReady on_ready, std::function<void()> on_input_end = nullptr);
  void Print(int channel, const std::string& text);
  void End(absl::StatusOr<int> result);

 private:
  class Stream;
  void Notify();

  base::Executor* const executor_;
  const Behaviour behaviour_;
  base::Mutex mutex_;
  RuntimeStream::OnReady on_ready_ ABSL_GUARDED_BY(mutex_);
  std::function<void()> on_input_end_ ABSL_GUARDED_BY(mutex_);
  std::string output_[2] ABSL_GUARDED_BY(mutex_);
  bool input_ended_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<absl::StatusOr<int>> result_ ABSL_GUARDED_BY(mutex_);
};

// A peer that does what the command does: echo, cat, true, false, exit N or sleep. Internal, as a real runtime says it,
// for others.
absl::StatusOr<std::shared_ptr<FakePeer>> RunFakeCommand(base::Executor* executor,
                                                         const std::vector<std::string>& command);

}  // namespace kubelite::kubelet
