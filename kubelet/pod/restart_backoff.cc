#include "kubelet/pod/restart_backoff.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace kubelite::kubelet {
namespace {

constexpr char kAnnotation[] = "kube-lite.dev/restart-delay-seconds";
constexpr absl::Duration kInitialDelay = absl::Seconds(10);
constexpr absl::Duration kMaxDelay = absl::Seconds(300);

absl::Duration RestartDelay(const Container& container) {
  const auto found = container.annotations.find(kAnnotation);
  int64_t seconds = 0;
  if (found == container.annotations.end() || !absl::SimpleAtoi(found->second, &seconds)) return absl::ZeroDuration();
  return absl::Seconds(seconds);
}

}  // namespace

RestartDecision DecideRestart(const Container& ended) {
  const absl::Duration delay = RestartDelay(ended);
  if (ended.state == ContainerState::kCreated) return {ended.created_at, absl::ZeroDuration(), delay};
  const bool expired = ended.finished_at - ended.created_at > 2 * kMaxDelay;
  if (delay == absl::ZeroDuration() || expired) return {ended.finished_at, absl::ZeroDuration(), kInitialDelay};
  return {ended.finished_at + delay, delay, std::min(2 * delay, kMaxDelay)};
}

void SetRestartDelay(absl::Duration delay, std::map<std::string, std::string>* annotations) {
  if (delay > absl::ZeroDuration()) (*annotations)[kAnnotation] = absl::StrCat(absl::ToInt64Seconds(delay));
}

}  // namespace kubelite::kubelet
