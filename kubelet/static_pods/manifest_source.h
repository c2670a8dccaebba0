#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/base/executor.h"
#include "k8s/core/v1.pb.h"
#include "kubelet/transport/event_loop.h"

namespace kubelite::kubelet {

// Static pods from a directory of manifests (*.yaml, *.yml, *.json; others and hidden files are left out). Follows
// changes with inotify, and looks again every minute in case an event was lost. A file that cannot be read keeps the
// pods it gave before, and says why in the log.
class ManifestSource {
 public:
  using PodPtr = std::shared_ptr<const k8s::core::v1::Pod>;
  // `changed` gets all pods, after each change, one call at a time, on the executor. `loop` may be null: then changes
  // are noticed by looking only.
  ManifestSource(std::string directory, std::string node, base::Executor* executor, EventLoop* loop,
                 std::function<void(const std::vector<PodPtr>&)> changed);
  ~ManifestSource();  // no call to `changed` afterwards

  // Reads the directory now, on the caller's thread, calls `changed`, and follows it from then on.
  void Start();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kubelite::kubelet
