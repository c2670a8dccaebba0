#pragma once

#include <memory>
#include <string>
#include <vector>

#include "scheduler/framework/node_info.h"

namespace kubelite::scheduler {

// Whether a node (or the pod as a whole) is acceptable. A rejection carries the reasons that users see. Failures of our
// own are absl::Status, never a Verdict.
struct Verdict {
  std::vector<std::string> reasons;  // empty: accepted
  bool ok() const { return reasons.empty(); }
  static Verdict Ok() { return {}; }
  static Verdict Reject(std::string reason) { return {{std::move(reason)}}; }
};

// What may make a rejected pod schedulable.
enum class ClusterEvent { kNodeAdded, kNodeUpdated, kPodFreed, kPodAssigned, kPodUpdated, kNamespaceUpdated };

// What a plugin works out once per cycle and pod, before it looks at single nodes.
class CycleState {
 public:
  virtual ~CycleState() = default;
};

// One scheduling rule. A plugin overrides only the steps it has. Stateless between cycles, so thread-safe.
class Plugin {
 public:
  virtual ~Plugin() = default;
  virtual std::string name() const = 0;  // upstream's
  // Pods that this plugin rejected are tried again after these events.
  virtual std::vector<ClusterEvent> events() const { return {}; }

  // A rejected pod does not even enter the queue.
  virtual Verdict PreEnqueue(const k8s::core::v1::Pod&) const { return Verdict::Ok(); }
  virtual std::unique_ptr<CycleState> PreFilter(const k8s::core::v1::Pod&, const Snapshot&) const { return nullptr; }
  virtual Verdict Filter(const k8s::core::v1::Pod&, const NodeInfo&, const CycleState*) const { return Verdict::Ok(); }

  // 0 means that the plugin does not score.
  virtual int weight() const { return 0; }
  virtual int64_t Score(const k8s::core::v1::Pod&, const NodeInfo&, const CycleState*) const { return 0; }
  // Brings the scores of the feasible nodes into 0..100.
  virtual void Normalize(std::vector<int64_t>*) const {}
};
using PluginList = std::vector<std::unique_ptr<const Plugin>>;

// 100 for the largest (or, reversed, the smallest); all zero gives all 0 (reversed: all 100).
void NormalizeToMax(bool reverse, std::vector<int64_t>* scores);

}  // namespace kubelite::scheduler
