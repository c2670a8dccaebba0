#include "scheduler/plugins/node_affinity.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "k8s/core/v1.pb.h"
#include "scheduler/plugins/all.h"

namespace kubelite::scheduler {
namespace {

using k8s::core::v1::NodeSelectorRequirement;
using k8s::core::v1::NodeSelectorTerm;
using k8s::core::v1::Pod;

bool Compare(const NodeSelectorRequirement& requirement, const std::string& value) {
  int64_t have = 0;
  int64_t limit = 0;
  if (requirement.values_size() != 1 || !absl::SimpleAtoi(value, &have) ||
      !absl::SimpleAtoi(requirement.values(0), &limit)) {
    return false;
  }
  return requirement.operator_() == "Gt" ? have > limit : have < limit;
}

bool Matches(const NodeSelectorRequirement& requirement, const std::string* value) {
  const std::string& op = requirement.operator_();
  const bool listed = value != nullptr && std::find(requirement.values().begin(), requirement.values().end(), *value) !=
                                              requirement.values().end();
  if (op == "In") return listed;
  if (op == "NotIn") return !listed;
  if (op == "Exists") return value != nullptr;
  if (op == "DoesNotExist") return value == nullptr;
  return value != nullptr && Compare(requirement, *value);
}

bool Matches(const NodeSelectorTerm& term, const NodeInfo& node) {
  // An empty term matches nothing.
  if (term.matchexpressions_size() + term.matchfields_size() == 0) return false;
  for (const auto& expression : term.matchexpressions()) {
    if (!Matches(expression, NodeLabel(node, expression.key()))) return false;
  }
  for (const auto& field : term.matchfields()) {
    if (field.key() != "metadata.name" || !Matches(field, &node.node->metadata().name())) return false;
  }
  return true;
}

class NodeAffinity : public Plugin {
 public:
  std::string name() const override { return "NodeAffinity"; }
  std::vector<ClusterEvent> events() const override {
    return {ClusterEvent::kNodeAdded, ClusterEvent::kNodeUpdated, ClusterEvent::kPodUpdated};
  }
  Verdict Filter(const Pod& pod, const NodeInfo& node, const CycleState*) const override {
    if (MatchesNodeAffinity(pod, node)) return Verdict::Ok();
    return Verdict::Reject("node(s) didn't match Pod's node affinity/selector");
  }
  int weight() const override { return 2; }
  int64_t Score(const Pod& pod, const NodeInfo& node, const CycleState*) const override {
    int64_t sum = 0;
    for (const auto& term : pod.spec().affinity().nodeaffinity().preferredduringschedulingignoredduringexecution()) {
      if (Matches(term.preference(), node)) sum += term.weight();
    }
    return sum;
  }
  void Normalize(std::vector<int64_t>* scores) const override { NormalizeToMax(/*reverse=*/false, scores); }
};

}  // namespace

bool MatchesNodeAffinity(const Pod& pod, const NodeInfo& node) {
  for (const auto& [key, value] : pod.spec().nodeselector()) {
    const std::string* label = NodeLabel(node, key);
    if (label == nullptr || *label != value) return false;
  }
  const auto& affinity = pod.spec().affinity().nodeaffinity();
  if (!affinity.has_requiredduringschedulingignoredduringexecution()) return true;
  for (const auto& term : affinity.requiredduringschedulingignoredduringexecution().nodeselectorterms()) {
    if (Matches(term, node)) return true;
  }
  return false;
}

std::unique_ptr<const Plugin> NewNodeAffinity() { return std::make_unique<NodeAffinity>(); }

}  // namespace kubelite::scheduler
