#pragma once

#include <map>
#include <optional>
#include <string>

#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/client/events.h"
#include "k8s/core/v1.pb.h"
#include "kubelet/pod/plan.h"
#include "kubelet/runtime/runtime.h"

namespace kubelite::kubelet {

// Makes a container's image present by its pull policy, with upstream's events and reasons, and a back-off of 10 s to
// 300 s per pod and image. Thread-safe; blocks for as long as the runtime pulls.
class ImagePuller {
 public:
  ImagePuller(Runtime* runtime, client::EventRecorder* events, const base::Clock* clock)
      : runtime_(runtime), events_(events), clock_(clock) {}

  // Nothing when the image is present.
  std::optional<StartProblem> Ensure(const k8s::core::v1::Pod& pod, const k8s::core::v1::Container& container,
                                     bool is_init);
  // Forgets the pod's back-offs.
  void Forget(const std::string& pod_uid);

 private:
  struct BackOff {
    absl::Duration delay;
    absl::Time failed_at;
    std::string error;
  };
  std::optional<StartProblem> Pull(const k8s::core::v1::Pod& pod, const k8s::core::v1::Container& container,
                                   const std::string& path);
  StartProblem Failed(const k8s::core::v1::Pod& pod, const k8s::core::v1::Container& container,
                      const absl::Status& error);

  Runtime* const runtime_;
  client::EventRecorder* const events_;
  const base::Clock* const clock_;
  base::Mutex mutex_;
  std::map<std::pair<std::string, std::string>, BackOff> back_offs_ ABSL_GUARDED_BY(mutex_);  // by pod uid and image
};

}  // namespace kubelite::kubelet
