#include <algorithm>

#include "common/api/selectors.h"
#include "k8s/core/v1.pb.h"
#include "scheduler/plugins/all.h"

namespace kubelite::scheduler {
namespace {

using k8s::core::v1::Pod;
using k8s::core::v1::PodAffinityTerm;

// The labels of a namespace; none when it is not known.
const api::LabelMap& NamespaceLabels(const std::string& name, const Snapshot& snapshot) {
  static const auto& none = *new api::LabelMap;
  const auto found = snapshot.namespaces.find(name);
  return found == snapshot.namespaces.end() ? none : found->second->metadata().labels();
}

// A term without namespaces and without a selector for them is about its pod's own. An empty selector is about all.
bool IsInNamespace(const PodAffinityTerm& term, const Pod& owner, const std::string& name, const Snapshot& snapshot) {
  if (term.namespaces_size() == 0 && !term.has_namespaceselector()) return name == owner.metadata().namespace_();
  if (std::find(term.namespaces().begin(), term.namespaces().end(), name) != term.namespaces().end()) return true;
  if (!term.has_namespaceselector()) return false;
  const absl::StatusOr<api::LabelSelector> selector = api::LabelSelector::From(term.namespaceselector());
  return selector.ok() && selector->Matches(NamespaceLabels(name, snapshot));
}

// Whether `term` of `owner` is about `other`.
bool TermMatches(const PodAffinityTerm& term, const Pod& owner, const Pod& other, const Snapshot& snapshot) {
  if (!term.has_labelselector()) return false;
  const absl::StatusOr<api::LabelSelector> selector = api::LabelSelector::From(term.labelselector());
  return selector.ok() && selector->Matches(other.metadata().labels()) &&
         IsInNamespace(term, owner, other.metadata().namespace_(), snapshot);
}

bool SameDomain(const NodeInfo& a, const NodeInfo& b, const std::string& key) {
  const std::string* left = NodeLabel(a, key);
  const std::string* right = NodeLabel(b, key);
  return left != nullptr && right != nullptr && *left == *right;
}

struct All : CycleState {
  const Snapshot* snapshot = nullptr;
};

// Required terms of the pod and of the pods that run already; preferred terms as scores.
class InterPodAffinity : public Plugin {
 public:
  std::string name() const override { return "InterPodAffinity"; }
  std::vector<ClusterEvent> events() const override {
    return {ClusterEvent::kNodeAdded, ClusterEvent::kNodeUpdated, ClusterEvent::kPodFreed, ClusterEvent::kPodAssigned,
            ClusterEvent::kNamespaceUpdated};
  }
  std::unique_ptr<CycleState> PreFilter(const Pod&, const Snapshot& snapshot) const override {
    auto all = std::make_unique<All>();
    all->snapshot = &snapshot;
    return all;
  }
  Verdict Filter(const Pod& pod, const NodeInfo& node, const CycleState* state) const override {
    const Snapshot& snapshot = *static_cast<const All*>(state)->snapshot;
    const auto& affinity = pod.spec().affinity();
    for (const auto& term : affinity.podaffinity().requiredduringschedulingignoredduringexecution()) {
      if (!AffinityHolds(term, pod, node, snapshot)) return Verdict::Reject("node(s) didn't match pod affinity rules");
    }
    for (const auto& term : affinity.podantiaffinity().requiredduringschedulingignoredduringexecution()) {
      if (CountNear(term, pod, node, snapshot) > 0)
        return Verdict::Reject("node(s) didn't match pod anti-affinity rules");
    }
    if (ExistingObjects(pod, node, snapshot)) {
      return Verdict::Reject("node(s) didn't satisfy existing pods anti-affinity rules");
    }
    return Verdict::Ok();
  }
  int weight() const override { return 2; }
  int64_t Score(const Pod& pod, const NodeInfo& node, const CycleState* state) const override {
    const Snapshot& snapshot = *static_cast<const All*>(state)->snapshot;
    int64_t sum = 0;
    for (const auto& preferred :
         pod.spec().affinity().podaffinity().preferredduringschedulingignoredduringexecution()) {
      sum += preferred.weight() * CountNear(preferred.podaffinityterm(), pod, node, snapshot);
    }
    for (const auto& preferred :
         pod.spec().affinity().podantiaffinity().preferredduringschedulingignoredduringexecution()) {
      sum -= preferred.weight() * CountNear(preferred.podaffinityterm(), pod, node, snapshot);
    }
    return sum;
  }
  void Normalize(std::vector<int64_t>* scores) const override {
    if (scores->empty()) return;
    const int64_t min = *std::min_element(scores->begin(), scores->end());
    const int64_t max = *std::max_element(scores->begin(), scores->end());
    for (int64_t& score : *scores) score = max == min ? 0 : 100 * (score - min) / (max - min);
  }

 private:
  // Pods that `term` is about in the node's domain.
  static int64_t CountNear(const PodAffinityTerm& term, const Pod& pod, const NodeInfo& node,
                           const Snapshot& snapshot) {
    int64_t count = 0;
    for (const NodeInfoPtr& other : snapshot.nodes) {
      if (!SameDomain(node, *other, term.topologykey())) continue;
      for (const PodPtr& candidate : other->pods) count += TermMatches(term, pod, *candidate, snapshot) ? 1 : 0;
    }
    return count;
  }

  // A pod that its own affinity is about may start its group when no such pod runs anywhere.
  static bool AffinityHolds(const PodAffinityTerm& term, const Pod& pod, const NodeInfo& node,
                            const Snapshot& snapshot) {
    if (NodeLabel(node, term.topologykey()) == nullptr) return false;
    if (CountNear(term, pod, node, snapshot) > 0) return true;
    if (!TermMatches(term, pod, pod, snapshot)) return false;
    for (const NodeInfoPtr& other : snapshot.nodes) {
      for (const PodPtr& candidate : other->pods) {
        if (TermMatches(term, pod, *candidate, snapshot)) return false;
      }
    }
    return true;
  }

  static bool ExistingObjects(const Pod& pod, const NodeInfo& node, const Snapshot& snapshot) {
    for (const NodeInfoPtr& other : snapshot.nodes) {
      for (const PodPtr& existing : other->pods) {
        const auto& anti = existing->spec().affinity().podantiaffinity();
        for (const auto& term : anti.requiredduringschedulingignoredduringexecution()) {
          if (SameDomain(node, *other, term.topologykey()) && TermMatches(term, *existing, pod, snapshot)) return true;
        }
      }
    }
    return false;
  }
};

}  // namespace

std::unique_ptr<const Plugin> NewInterPodAffinity() { return std::make_unique<InterPodAffinity>(); }

}  // namespace kubelite::scheduler
