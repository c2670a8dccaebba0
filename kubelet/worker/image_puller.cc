#include "kubelet/worker/image_puller.h"

#include "absl/strings/str_cat.h"
#include "common/api/time.h"
#include "kubelet/pod/spec.h"

namespace kubelite::kubelet {

using ContainerSpec = k8s::core::v1::Container;
using k8s::core::v1::Pod;
using Event = client::EventRecorder::Type;

namespace {

constexpr absl::Duration kInitialDelay = absl::Seconds(10);
constexpr absl::Duration kMaxDelay = absl::Seconds(300);
// How long ErrImagePull is shown before it becomes ImagePullBackOff.
constexpr absl::Duration kErrorShown = absl::Seconds(1);

}  // namespace

std::optional<StartProblem> ImagePuller::Ensure(const Pod& pod, const ContainerSpec& container, bool is_init) {
  const std::string& image = container.image();
  const std::string path = FieldPath(container.name(), is_init);
  const std::string policy = PullPolicy(container);
  const absl::StatusOr<Image> present = runtime_->ImageStatus(image);
  if (absl::IsInvalidArgument(present.status())) {
    const std::string message =
        absl::StrCat("Failed to apply default image tag \"", image, "\": couldn't parse image name \"", image,
                     "\": ", present.status().message());
    events_->EventOn(pod, path, Event::kWarning, "InspectFailed", message);
    events_->EventOn(pod, path, Event::kWarning, "Failed", "Error: InvalidImageName");
    return StartProblem{"InvalidImageName", message, clock_->Now() + kMaxDelay};
  }
  if (present.ok() && policy != "Always") {
    events_->EventOn(
        pod, path, Event::kNormal, "Pulled",
        absl::StrCat("Container image \"", image, "\" already present on machine and can be accessed by the pod"));
    return std::nullopt;
  }
  if (policy == "Never") {
    const std::string message =
        absl::StrCat("Container image \"", image, "\" is not present with pull policy of Never");
    events_->EventOn(pod, path, Event::kWarning, "ErrImageNeverPull", message);
    events_->EventOn(pod, path, Event::kWarning, "Failed", "Error: ErrImageNeverPull");
    return StartProblem{"ErrImageNeverPull", message, clock_->Now() + kInitialDelay};
  }
  return Pull(pod, container, path);
}

std::optional<StartProblem> ImagePuller::Pull(const Pod& pod, const ContainerSpec& container, const std::string& path) {
  const std::string& image = container.image();
  const std::pair<std::string, std::string> key(pod.metadata().uid(), image);
  const absl::Time now = clock_->Now();
  std::optional<BackOff> waiting;
  {
    base::MutexLock lock(&mutex_);
    const auto found = back_offs_.find(key);
    if (found != back_offs_.end() && now < found->second.failed_at + found->second.delay) waiting = found->second;
  }
  if (waiting) {
    const std::string text = absl::StrCat("Back-off pulling image \"", image, "\"");
    events_->EventOn(pod, path, Event::kNormal, "BackOff", text);
    events_->EventOn(pod, path, Event::kWarning, "Failed", "Error: ImagePullBackOff");
    return StartProblem{"ImagePullBackOff", absl::StrCat(text, ": ErrImagePull: ", waiting->error),
                        waiting->failed_at + waiting->delay};
  }
  events_->EventOn(pod, path, Event::kNormal, "Pulling", absl::StrCat("Pulling image \"", image, "\""));
  const absl::StatusOr<Image> pulled = runtime_->PullImage(image);
  if (!pulled.ok()) {
    events_->EventOn(pod, path, Event::kWarning, "Failed",
                     absl::StrCat("Failed to pull image \"", image, "\": ", pulled.status().message()));
    events_->EventOn(pod, path, Event::kWarning, "Failed", "Error: ErrImagePull");
    return Failed(pod, container, pulled.status());
  }
  const std::string took = api::FormatGoDuration(absl::Trunc(clock_->Now() - now, absl::Milliseconds(1)));
  events_->EventOn(pod, path, Event::kNormal, "Pulled",
                   absl::StrCat("Successfully pulled image \"", image, "\" in ", took, " (", took,
                                " including waiting). Image size: ", pulled->size, " bytes."));
  base::MutexLock lock(&mutex_);
  back_offs_.erase(key);
  return std::nullopt;
}

StartProblem ImagePuller::Failed(const Pod& pod, const ContainerSpec& container, const absl::Status& error) {
  const absl::Time now = clock_->Now();
  base::MutexLock lock(&mutex_);
  BackOff& back_off = back_offs_[{pod.metadata().uid(), container.image()}];
  const bool again = back_off.delay > absl::ZeroDuration() && now - back_off.failed_at < 2 * kMaxDelay;
  back_off.delay = again ? std::min(2 * back_off.delay, kMaxDelay) : kInitialDelay;
  back_off.failed_at = now;
  back_off.error = std::string(error.message());
  return {"ErrImagePull", back_off.error, now + kErrorShown};
}

void ImagePuller::Forget(const std::string& pod_uid) {
  base::MutexLock lock(&mutex_);
  const auto from = back_offs_.lower_bound({pod_uid, ""});
  auto to = from;
  while (to != back_offs_.end() && to->first.first == pod_uid) ++to;
  back_offs_.erase(from, to);
}

}  // namespace kubelite::kubelet
