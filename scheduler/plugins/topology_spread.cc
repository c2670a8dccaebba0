#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "common/api/object.h"
#include "common/api/selectors.h"
#include "k8s/core/v1.pb.h"
#include "scheduler/plugins/all.h"
#include "scheduler/plugins/node_affinity.h"

namespace kubelite::scheduler {
namespace {

using k8s::core::v1::Pod;
using k8s::core::v1::TopologySpreadConstraint;

constexpr char kHostname[] = "kubernetes.io/hostname";
constexpr char kZone[] = "topology.kubernetes.io/zone";

// One constraint with the matching pods counted per domain (value of the topology key) over the eligible nodes.
struct Constraint {
  std::string key;
  int max_skew = 1;
  int min_domains = 1;
  bool hard = false;
  bool self_matches = true;
  std::map<std::string, int> counts;

  int SmallestCount() const {
    if (static_cast<int>(counts.size()) < min_domains || counts.empty()) return 0;
    int smallest = counts.begin()->second;
    for (const auto& [domain, count] : counts) smallest = std::min(smallest, count);
    return smallest;
  }
};

struct Spread : CycleState {
  std::vector<Constraint> constraints;
  bool system_default = false;
};

template <typename Matches>
void CountPods(const Pod& pod, const Snapshot& snapshot, Matches matches, Constraint* constraint) {
  for (const NodeInfoPtr& node : snapshot.nodes) {
    const std::string* domain = NodeLabel(*node, constraint->key);
    if (domain == nullptr || !MatchesNodeAffinity(pod, *node)) continue;
    int& count = constraint->counts[*domain];
    for (const PodPtr& other : node->pods) {
      if (other->metadata().namespace_() == pod.metadata().namespace_() && !other->metadata().has_deletiontimestamp() &&
          matches(*other)) {
        ++count;
      }
    }
  }
}

Constraint FromSpec(const Pod& pod, const TopologySpreadConstraint& spec, const Snapshot& snapshot) {
  Constraint constraint{.key = spec.topologykey(),
                        .max_skew = spec.maxskew(),
                        .min_domains = spec.has_mindomains() ? spec.mindomains() : 1,
                        .hard = spec.whenunsatisfiable() == "DoNotSchedule",
                        .counts = {}};
  const absl::StatusOr<api::LabelSelector> selector = api::LabelSelector::From(spec.labelselector());
  // Validation has refused selectors that do not parse; without a selector nothing matches.
  const bool usable = selector.ok() && spec.has_labelselector();
  const auto matches = [&](const Pod& other) { return usable && selector->Matches(other.metadata().labels()); };
  constraint.self_matches = matches(pod);
  CountPods(pod, snapshot, matches, &constraint);
  return constraint;
}

// Upstream's system defaults spread the pods of one controller over hosts and zones.
Constraint Default(const Pod& pod, const std::string& key, int max_skew, const Snapshot& snapshot) {
  Constraint constraint{.key = key, .max_skew = max_skew, .counts = {}};
  const auto* owner = api::ControllerOf(pod);
  CountPods(
      pod, snapshot,
      [&](const Pod& other) {
        const auto* other_owner = api::ControllerOf(other);
        return owner != nullptr && other_owner != nullptr && owner->uid() == other_owner->uid();
      },
      &constraint);
  return constraint;
}

class PodTopologySpread : public Plugin {
 public:
  std::string name() const override { return "PodTopologySpread"; }
  std::vector<ClusterEvent> events() const override {
    return {ClusterEvent::kNodeAdded, ClusterEvent::kNodeUpdated, ClusterEvent::kPodFreed, ClusterEvent::kPodAssigned};
  }
  std::unique_ptr<CycleState> PreFilter(const Pod& pod, const Snapshot& snapshot) const override {
    auto spread = std::make_unique<Spread>();
    for (const auto& spec : pod.spec().topologyspreadconstraints()) {
      spread->constraints.push_back(FromSpec(pod, spec, snapshot));
    }
    if (spread->constraints.empty() && api::ControllerOf(pod) != nullptr) {
      spread->system_default = true;
      spread->constraints.push_back(Default(pod, kHostname, 3, snapshot));
      spread->constraints.push_back(Default(pod, kZone, 5, snapshot));
    }
    return spread;
  }
  Verdict Filter(const Pod&, const NodeInfo& node, const CycleState* state) const override {
    for (const Constraint& constraint : static_cast<const Spread*>(state)->constraints) {
      if (!constraint.hard) continue;
      const std::string* domain = NodeLabel(node, constraint.key);
      if (domain == nullptr) {
        return Verdict::Reject("node(s) didn't match pod topology spread constraints (missing required label)");
      }
      const auto found = constraint.counts.find(*domain);
      const int count = found == constraint.counts.end() ? 0 : found->second;
      if (count + (constraint.self_matches ? 1 : 0) - constraint.SmallestCount() > constraint.max_skew) {
        return Verdict::Reject("node(s) didn't match pod topology spread constraints");
      }
    }
    return Verdict::Ok();
  }
  int weight() const override { return 2; }
  // The number of matching pods near by, weighted by the number of domains; the fewer the better. -1: a key is missing.
  int64_t Score(const Pod&, const NodeInfo& node, const CycleState* state) const override {
    const Spread& spread = *static_cast<const Spread*>(state);
    double sum = 0;
    for (const Constraint& constraint : spread.constraints) {
      if (constraint.hard) continue;
      const std::string* domain = NodeLabel(node, constraint.key);
      if (domain == nullptr) {
        if (spread.system_default) continue;
        return -1;
      }
      const auto found = constraint.counts.find(*domain);
      const int count = found == constraint.counts.end() ? 0 : found->second;
      sum += count * std::log(static_cast<double>(constraint.counts.size()) + 2) + constraint.max_skew - 1;
    }
    return static_cast<int64_t>(std::llround(sum));
  }
  void Normalize(std::vector<int64_t>* scores) const override {
    int64_t max = 0;
    int64_t min = INT64_MAX;
    for (const int64_t score : *scores) {
      if (score < 0) continue;
      max = std::max(max, score);
      min = std::min(min, score);
    }
    for (int64_t& score : *scores) {
      if (score < 0)
        score = 0;
      else
        score = max == 0 ? 100 : 100 * (max + min - score) / max;
    }
  }
};

}  // namespace

std::unique_ptr<const Plugin> NewPodTopologySpread() { return std::make_unique<PodTopologySpread>(); }

}  // namespace kubelite::scheduler
