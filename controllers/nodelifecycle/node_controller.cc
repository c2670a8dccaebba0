#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "common/api/errors.h"
#include "common/api/time.h"
#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/base/status_macros.h"
#include "common/control/pods.h"
#include "controllers/nodelifecycle/controller.h"
#include "controllers/nodelifecycle/plan.h"

namespace kubelite::controllers {
namespace {

using api::ObjectKey;
using api::ObjectPtr;
using client::EventRecorder;
using k8s::coordination::v1::Lease;
using k8s::core::v1::Node;
using k8s::core::v1::Pod;

constexpr char kLeaseNamespace[] = "kube-node-lease";
constexpr char kNodeIndex[] = "spec.nodeName";

// What was last seen of a node, by our own clock: clocks of nodes may differ from ours.
struct Observation {
  std::string heartbeat;  // anything that changes with each heartbeat
  absl::Time since;
  bool was_ready = false;
  Node last;  // for the event when it is gone
};

std::string HeartbeatOf(const Node& node, const Lease* lease) {
  std::string heartbeat;
  for (const auto& condition : node.status().conditions()) {
    if (condition.type() == "Ready") heartbeat = condition.lastheartbeattime().SerializeAsString();
  }
  if (lease != nullptr) absl::StrAppend(&heartbeat, "|", lease->spec().renewtime().SerializeAsString());
  return heartbeat;
}

class NodeReconciler : public control::Reconciler {
 public:
  NodeReconciler(const control::Deps& deps, const NodeMonitorOptions& options)
      : deps_(deps),
        options_(options),
        nodes_(deps.informers->For<Node>()),
        leases_(deps.informers->For<Lease>()),
        pods_(deps.informers->For<Pod>()) {
    pods_->AddIndex(kNodeIndex, [](const api::Object& object) -> std::vector<std::string> {
      return {static_cast<const Pod&>(object).spec().nodename()};
    });
  }

  absl::StatusOr<control::Result> Reconcile(const ObjectKey& key) override {
    const ObjectPtr object = nodes_->Get(key);
    if (object == nullptr) {
      Forget(key);
      return control::Result{};
    }
    const auto node = api::As<Node>(object);
    const absl::Time now = deps_.clock().Now();
    const Observation seen = Observe(key, *node, now);
    NodeSnapshot snapshot{*node, seen.since, options_.grace_period, MayEvict(*node, now), now};
    if (NeverReported(*node)) {
      snapshot.last_heartbeat = std::max(seen.since, api::FromProto(node->metadata().creationtimestamp()));
      snapshot.grace = options_.startup_grace_period;
    }
    const NodePlan plan = PlanNode(snapshot);
    ASSIGN_OR_RETURN(std::shared_ptr<const Node> after, Execute(node, snapshot, plan));
    Report(key, *after, seen.was_ready, plan.ready);
    if (!plan.ready) RETURN_IF_ERROR(MarkPods(*after));
    // A node that is not ready waits for its turn to be evicted, or for others to recover.
    return control::Result{plan.ready ? plan.requeue_after : options_.monitor_period};
  }

 private:
  Observation Observe(const ObjectKey& key, const Node& node, absl::Time now) {
    const ObjectPtr lease = leases_->Get({kLeaseNamespace, key.name});
    const std::string heartbeat = HeartbeatOf(node, lease == nullptr ? nullptr : api::As<Lease>(lease).get());
    bool is_new = false;
    Observation seen;
    {
      base::MutexLock lock(&mutex_);
      auto [found, added] = observations_.try_emplace(key.name);
      is_new = added;
      Observation& entry = found->second;
      if (added || entry.heartbeat != heartbeat) {
        entry.heartbeat = heartbeat;
        entry.since = now;
      }
      if (added) entry.was_ready = IsNodeReady(node);
      entry.last = node;
      seen = entry;
    }
    if (is_new) {
      deps_.events->Event(node, EventRecorder::Type::kNormal, "RegisteredNode",
                          absl::StrCat("Node ", key.name, " event: Registered Node ", key.name, " in Controller"));
    }
    return seen;
  }

  void Forget(const ObjectKey& key) {
    Observation seen;
    {
      base::MutexLock lock(&mutex_);
      auto found = observations_.find(key.name);
      if (found == observations_.end()) return;
      seen = std::move(found->second);
      observations_.erase(found);
    }
    deps_.events->Event(seen.last, EventRecorder::Type::kNormal, "RemovingNode",
                        absl::StrCat("Node ", key.name, " event: Removing Node ", key.name, " from Controller"));
  }

  // Whether this node, if it is not ready, may be tainted for eviction now; takes the zone's next turn if so.
  Eviction MayEvict(const Node& node, absl::Time now) {
    if (IsNodeReady(node)) return Eviction::kLater;  // should it be lost right now, its turn is at the next look
    std::vector<NodePtr> all;
    std::vector<NodePtr> zone;
    for (const ObjectPtr& object : nodes_->List()) {
      all.push_back(api::As<Node>(object));
      if (ZoneOf(*all.back()) == ZoneOf(node)) zone.push_back(all.back());
    }
    if (IsFullyDisrupted(all)) return Eviction::kNever;
    const double rate = EvictionRate(zone, options_.eviction_rate);
    const auto& taints = node.spec().taints();
    const bool evicting = std::any_of(taints.begin(), taints.end(), [](const auto& taint) {
      return taint.effect() == "NoExecute" &&
             (taint.key() == "node.kubernetes.io/not-ready" || taint.key() == "node.kubernetes.io/unreachable");
    });
    if (evicting) return Eviction::kAllowed;
    if (rate <= 0) return Eviction::kLater;
    base::MutexLock lock(&mutex_);
    absl::Time& next = next_eviction_.try_emplace(ZoneOf(node), absl::InfinitePast()).first->second;
    if (now < next) return Eviction::kLater;
    next = now + absl::Seconds(1) / rate;
    return Eviction::kAllowed;
  }

  absl::StatusOr<std::shared_ptr<const Node>> Execute(std::shared_ptr<const Node> node, const NodeSnapshot& snapshot,
                                                      const NodePlan& plan) {
    if (plan.with_conditions != nullptr) {
      base::LogWarning("Node sends no heartbeats, it counts as lost", {{"node", node->metadata().name()}});
      ASSIGN_OR_RETURN(node, client::Update(*deps_.client, *plan.with_conditions, "status"));
    }
    if (!plan.taints_changed) return node;
    Node tainted = *node;
    NodePlan unused;
    SyncTaints(snapshot.eviction, snapshot.now, &tainted, &unused);
    return client::Update(*deps_.client, tainted);
  }

  void Report(const ObjectKey& key, const Node& node, bool was_ready, bool ready) {
    {
      base::MutexLock lock(&mutex_);
      auto found = observations_.find(key.name);
      if (found != observations_.end()) found->second.was_ready = ready;
    }
    if (!was_ready || ready) return;
    deps_.events->Event(node, EventRecorder::Type::kNormal, "NodeNotReady",
                        absl::StrCat("Node ", key.name, " status is now: NodeNotReady"));
  }

  absl::Status MarkPods(const Node& node) {
    for (const ObjectPtr& object : pods_->ByIndex(kNodeIndex, node.metadata().name())) {
      const auto pod = api::As<Pod>(object);
      if (!MustMarkNotReady(*pod, node)) continue;
      deps_.events->Event(*pod, EventRecorder::Type::kWarning, "NodeNotReady", "Node is not ready");
      Pod marked = *pod;
      const auto* ready = control::FindPodCondition(pod->status(), "Ready");
      control::SetPodCondition(marked.mutable_status(), "Ready", "False", ready->reason(), ready->message(),
                               deps_.clock().Now());
      const absl::Status written = client::Update(*deps_.client, marked, "status").status();
      if (!written.ok() && !api::IsNotFound(written)) return written;
    }
    return absl::OkStatus();
  }

  const control::Deps deps_;
  const NodeMonitorOptions options_;
  client::Informer* const nodes_;
  client::Informer* const leases_;
  client::Informer* const pods_;
  base::Mutex mutex_;
  std::map<std::string, Observation> observations_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, absl::Time> next_eviction_ ABSL_GUARDED_BY(mutex_);  // by zone
};

control::WatchSource WatchLeases() {
  control::WatchSource source;
  source.resource = &api::ResourceOf<Lease>();
  source.keys = [](const ObjectPtr&, const ObjectPtr& lease) -> std::vector<ObjectKey> {
    if (lease == nullptr || api::Meta(*lease).namespace_() != kLeaseNamespace) return {};
    return {{"", api::Meta(*lease).name()}};
  };
  return source;
}

}  // namespace

control::ControllerDef NodeLifecycleController(const NodeMonitorOptions& options) {
  control::ControllerDef def;
  def.name = "node-lifecycle-controller";
  def.workers = 4;
  def.watches = {control::WatchSelf(api::ResourceOf<Node>()), WatchLeases()};
  def.make = [options](const control::Deps& deps) { return std::make_unique<NodeReconciler>(deps, options); };
  return def;
}

}  // namespace kubelite::controllers
