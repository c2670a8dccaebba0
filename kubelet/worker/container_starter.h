#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/client/client.h"
#include "common/client/events.h"
#include "k8s/core/v1.pb.h"
#include "kubelet/pod/plan.h"
#include "kubelet/runtime/runtime.h"
#include "kubelet/worker/image_puller.h"
#include "kubelet/worker/pod_table.h"

namespace kubelite::kubelet {

// Starts one container: image, environment, create, start, with upstream's events. Thread-safe; blocks on the runtime
// and, for variables from ConfigMaps and Secrets, on the API server.
class ContainerStarter {
 public:
  struct Deps {
    client::Client* client = nullptr;
    client::EventRecorder* events = nullptr;
    Runtime* runtime = nullptr;
    const base::Clock* clock = nullptr;
    std::string node_name;
    std::string node_ip;
    std::string log_dir;  // pods' logs are in <log_dir>/<ns>_<name>_<uid>/<container>/<attempt>.log
    std::map<std::string, std::string> node_allocatable;
  };
  explicit ContainerStarter(const Deps& deps) : deps_(deps), images_(deps.runtime, deps.events, deps.clock) {}

  // Nothing when the container was started.
  std::optional<StartProblem> Start(const DesiredPod& desired, const StartAction& action, const Sandbox& sandbox);
  void Forget(const std::string& pod_uid) { images_.Forget(pod_uid); }

  std::string PodLogDirectory(const k8s::core::v1::Pod& pod) const;

 private:
  absl::StatusOr<ContainerConfig> MakeConfig(const DesiredPod& desired, const StartAction& action,
                                             const Sandbox& sandbox);

  const Deps deps_;
  ImagePuller images_;
};

}  // namespace kubelite::kubelet
