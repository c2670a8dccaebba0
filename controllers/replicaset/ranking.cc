#include "controllers/replicaset/ranking.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <tuple>

#include "absl/strings/numbers.h"
#include "common/api/object.h"
#include "common/api/time.h"
#include "common/control/pods.h"

namespace kubelite::controllers {
namespace {

using k8s::core::v1::Pod;
using k8s::core::v1::PodCondition;

constexpr char kDeletionCost[] = "controller.kubernetes.io/pod-deletion-cost";

int PhaseRank(const Pod& pod) {
  const std::string& phase = pod.status().phase();
  if (phase == "Pending" || phase.empty()) return 0;
  return phase == "Unknown" ? 1 : 2;
}

int DeletionCost(const Pod& pod) {
  int cost = 0;
  return absl::SimpleAtoi(api::GetAnnotation(pod, kDeletionCost), &cost) ? cost : 0;
}

int Restarts(const Pod& pod) {
  int most = 0;
  for (const auto& container : pod.status().containerstatuses()) most = std::max(most, container.restartcount());
  return most;
}

// The order of magnitude (base 2) of the age; -1 for no age, which counts as the newest.
int AgeBucket(absl::Time since, absl::Time now) {
  if (since == absl::InfinitePast()) return -1;
  const int64_t age = absl::ToInt64Nanoseconds(now - since);
  return age <= 0 ? -1 : static_cast<int>(std::log2(static_cast<double>(age)));
}

absl::Time ReadySince(const Pod& pod) {
  const PodCondition* ready = control::FindPodCondition(pod.status(), "Ready");
  if (ready == nullptr || ready->status() != "True") return absl::InfinitePast();
  return api::FromProto(ready->lasttransitiontime());
}

// Smaller sorts first, that is: is deleted first.
auto SortKey(const Pod& pod, const std::map<std::string, int>& pods_on_node, absl::Time now) {
  const bool ready = control::IsPodReady(pod);
  auto neighbours = pods_on_node.find(pod.spec().nodename());
  const int rank = neighbours == pods_on_node.end() ? 0 : neighbours->second;
  return std::make_tuple(!pod.spec().nodename().empty(), PhaseRank(pod), ready, DeletionCost(pod), -rank,
                         ready ? AgeBucket(ReadySince(pod), now) : 0, -Restarts(pod),
                         AgeBucket(api::FromProto(pod.metadata().creationtimestamp()), now), pod.metadata().uid());
}

}  // namespace

std::vector<PodPtr> RankForDeletion(std::vector<PodPtr> pods, absl::Span<const PodPtr> related, absl::Time now) {
  std::map<std::string, int> pods_on_node;
  for (const PodPtr& pod : related) {
    if (control::IsPodActive(*pod)) ++pods_on_node[pod->spec().nodename()];
  }
  using Key = decltype(SortKey(*pods.front(), pods_on_node, now));
  std::vector<std::pair<Key, PodPtr>> keyed;
  keyed.reserve(pods.size());
  for (PodPtr& pod : pods) keyed.emplace_back(SortKey(*pod, pods_on_node, now), std::move(pod));
  std::sort(keyed.begin(), keyed.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  pods.clear();
  for (auto& [key, pod] : keyed) pods.push_back(std::move(pod));
  return pods;
}

}  // namespace kubelite::controllers
