#include "controllers/nodelifecycle/plan.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/api/object.h"
#include "common/api/time.h"
#include "common/control/pods.h"

namespace kubelite::controllers {
namespace {

using k8s::core::v1::Node;
using k8s::core::v1::NodeCondition;
using k8s::core::v1::Pod;
using k8s::core::v1::Taint;

constexpr char kNotReady[] = "node.kubernetes.io/not-ready";
constexpr char kUnreachable[] = "node.kubernetes.io/unreachable";
constexpr char kUnschedulable[] = "node.kubernetes.io/unschedulable";
constexpr char kNoSchedule[] = "NoSchedule";
constexpr char kNoExecute[] = "NoExecute";

// A zone of more nodes is large.
constexpr int kLargeZone = 50;
constexpr double kSlowRate = 0.01;
constexpr double kUnhealthyZone = 0.55;

struct ConditionTaint {
  const char* type;
  const char* status;
  const char* key;
};
constexpr ConditionTaint kConditionTaints[] = {
    {"Ready", "False", kNotReady},
    {"Ready", "Unknown", kUnreachable},
    {"MemoryPressure", "True", "node.kubernetes.io/memory-pressure"},
    {"DiskPressure", "True", "node.kubernetes.io/disk-pressure"},
    {"PIDPressure", "True", "node.kubernetes.io/pid-pressure"},
    {"NetworkUnavailable", "True", "node.kubernetes.io/network-unavailable"},
};

const NodeCondition* Find(const Node& node, const std::string& type) {
  for (const NodeCondition& condition : node.status().conditions()) {
    if (condition.type() == type) return &condition;
  }
  return nullptr;
}

// Sets the conditions of a node whose kubelet is silent. Returns whether anything changed.
bool SetUnknown(absl::Time now, Node* node) {
  bool changed = false;
  for (const char* type : {"Ready", "MemoryPressure", "DiskPressure", "PIDPressure"}) {
    auto* conditions = node->mutable_status()->mutable_conditions();
    auto found = std::find_if(conditions->begin(), conditions->end(),
                              [type](const NodeCondition& c) { return c.type() == type; });
    if (found != conditions->end() && found->status() == "Unknown") continue;
    changed = true;
    const bool never = found == conditions->end();
    NodeCondition* condition = never ? conditions->Add() : &*found;
    if (never) *condition->mutable_lastheartbeattime() = node->metadata().creationtimestamp();
    condition->set_type(type);
    condition->set_status("Unknown");
    condition->set_reason(never ? "NodeStatusNeverUpdated" : "NodeStatusUnknown");
    condition->set_message(never ? "Kubelet never posted node status." : "Kubelet stopped posting node status.");
    *condition->mutable_lasttransitiontime() = api::MakeTime(now);
  }
  return changed;
}

using TaintId = std::pair<std::string, std::string>;  // key, effect

std::string Describe(const TaintId& taint) { return absl::StrCat(taint.first, ":", taint.second); }

// Taints that this controller sets and removes.
bool IsManaged(const TaintId& taint) {
  if (taint.second == kNoExecute) return taint.first == kNotReady || taint.first == kUnreachable;
  if (taint.second != kNoSchedule) return false;
  return taint.first == kUnschedulable ||
         std::any_of(std::begin(kConditionTaints), std::end(kConditionTaints),
                     [&taint](const ConditionTaint& row) { return taint.first == row.key; });
}

// The evicting taint that fits the node's condition; empty when it is ready.
std::string EvictingKey(const Node& node) {
  const NodeCondition* ready = Find(node, "Ready");
  if (ready == nullptr || ready->status() == "True") return "";
  return ready->status() == "Unknown" ? kUnreachable : kNotReady;
}

bool Has(const Node& node, const TaintId& taint) {
  return std::any_of(node.spec().taints().begin(), node.spec().taints().end(), [&taint](const Taint& present) {
    return present.key() == taint.first && present.effect() == taint.second;
  });
}

std::vector<TaintId> WantedTaints(const Node& node, Eviction eviction) {
  std::vector<TaintId> wanted;
  for (const ConditionTaint& row : kConditionTaints) {
    const NodeCondition* condition = Find(node, row.type);
    if (condition != nullptr && condition->status() == row.status) wanted.emplace_back(row.key, kNoSchedule);
  }
  // A node that has reported nothing is not ready either.
  if (Find(node, "Ready") == nullptr) wanted.emplace_back(kNotReady, kNoSchedule);
  if (node.spec().unschedulable()) wanted.emplace_back(kUnschedulable, kNoSchedule);

  const std::string evicting = EvictingKey(node);
  if (evicting.empty() || eviction == Eviction::kNever) return wanted;
  const bool evicts_already = Has(node, {kNotReady, kNoExecute}) || Has(node, {kUnreachable, kNoExecute});
  if (eviction == Eviction::kAllowed || evicts_already) wanted.emplace_back(evicting, kNoExecute);
  return wanted;
}

}  // namespace

bool IsNodeReady(const Node& node) {
  const NodeCondition* ready = Find(node, "Ready");
  return ready != nullptr && ready->status() == "True";
}

bool NeverReported(const Node& node) { return Find(node, "Ready") == nullptr; }

bool SyncTaints(Eviction eviction, absl::Time now, Node* node, NodePlan* plan) {
  const std::vector<TaintId> wanted = WantedTaints(*node, eviction);
  auto* taints = node->mutable_spec()->mutable_taints();
  bool changed = false;
  for (auto it = taints->begin(); it != taints->end();) {
    const TaintId id(it->key(), it->effect());
    if (!IsManaged(id) || std::find(wanted.begin(), wanted.end(), id) != wanted.end()) {
      ++it;
      continue;
    }
    plan->remove_taints.push_back(Describe(id));
    it = taints->erase(it);
    changed = true;
  }
  for (const TaintId& id : wanted) {
    if (Has(*node, id)) continue;
    Taint* taint = taints->Add();
    taint->set_key(id.first);
    taint->set_effect(id.second);
    *taint->mutable_timeadded() = api::MakeTime(now);
    plan->add_taints.push_back(Describe(id));
    changed = true;
  }
  return changed;
}

NodePlan PlanNode(const NodeSnapshot& snapshot) {
  NodePlan plan;
  Node after = snapshot.node;
  const absl::Duration rest = snapshot.last_heartbeat + snapshot.grace - snapshot.now;
  if (rest > absl::ZeroDuration()) {
    plan.requeue_after = rest;
  } else if (SetUnknown(snapshot.now, &after)) {
    plan.with_conditions = std::make_shared<Node>(after);
  }
  plan.taints_changed = SyncTaints(snapshot.eviction, snapshot.now, &after, &plan);
  plan.ready = IsNodeReady(after);
  return plan;
}

std::string NodePlan::ToString() const {
  std::string text = ready ? "ready" : "not ready";
  if (with_conditions != nullptr) absl::StrAppend(&text, "; conditions unknown");
  if (!add_taints.empty()) absl::StrAppend(&text, "; add ", absl::StrJoin(add_taints, " "));
  if (!remove_taints.empty()) absl::StrAppend(&text, "; remove ", absl::StrJoin(remove_taints, " "));
  if (requeue_after > absl::ZeroDuration()) absl::StrAppend(&text, "; again in ", absl::FormatDuration(requeue_after));
  return text;
}

std::ostream& operator<<(std::ostream& out, const NodePlan& plan) { return out << plan.ToString(); }

bool MustMarkNotReady(const Pod& pod, const Node& node) {
  const NodeCondition* node_ready = Find(node, "Ready");
  if (node_ready == nullptr || node_ready->status() == "True" || control::IsPodTerminal(pod)) return false;
  const auto* pod_ready = control::FindPodCondition(pod.status(), "Ready");
  return pod_ready != nullptr && pod_ready->status() == "True" &&
         api::FromProto(pod_ready->lasttransitiontime()) <= api::FromProto(node_ready->lasttransitiontime());
}

double EvictionRate(absl::Span<const NodePtr> zone, double normal_rate) {
  const auto lost = std::count_if(zone.begin(), zone.end(), [](const NodePtr& node) { return !IsNodeReady(*node); });
  const auto all = static_cast<int64_t>(zone.size());
  // A zone without any ready node is not "partly" disrupted: others can take over its pods.
  const bool partly = lost > 2 && lost < all && static_cast<double>(lost) / static_cast<double>(all) >= kUnhealthyZone;
  if (!partly) return normal_rate;
  return all > kLargeZone ? kSlowRate : 0;
}

bool IsFullyDisrupted(absl::Span<const NodePtr> nodes) {
  return std::none_of(nodes.begin(), nodes.end(), [](const NodePtr& node) { return IsNodeReady(*node); });
}

std::string ZoneOf(const Node& node) {
  return absl::StrCat(api::GetLabel(node, "topology.kubernetes.io/region"), "/",
                      api::GetLabel(node, "topology.kubernetes.io/zone"));
}

}  // namespace kubelite::controllers
