#include "controllers/replicaset/plan.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/api/names.h"
#include "common/api/object.h"
#include "common/api/time.h"
#include "common/control/pods.h"

namespace kubelite::controllers {
namespace {

using k8s::apps::v1::ReplicaSet;
using k8s::apps::v1::ReplicaSetCondition;
using k8s::apps::v1::ReplicaSetStatus;
using k8s::core::v1::Pod;

constexpr char kReplicaFailure[] = "ReplicaFailure";

bool HasLabelsOf(const Pod& pod, const ReplicaSet& replica_set) {
  const auto& labels = pod.metadata().labels();
  for (const auto& [key, value] : replica_set.spec().template_().metadata().labels()) {
    auto found = labels.find(key);
    if (found == labels.end() || found->second != value) return false;
  }
  return true;
}

std::shared_ptr<ReplicaSetStatus> ObservedStatus(const ReplicaSetSnapshot& snapshot) {
  const ReplicaSet& replica_set = snapshot.replica_set;
  const absl::Duration min_ready = absl::Seconds(replica_set.spec().minreadyseconds());
  int active = 0, labeled = 0, ready = 0, available = 0, terminating = 0;
  for (const PodPtr& pod : snapshot.pods) {
    if (!control::IsPodActive(*pod)) {
      if (api::IsBeingDeleted(*pod) && !control::IsPodTerminal(*pod)) ++terminating;
      continue;
    }
    ++active;
    if (HasLabelsOf(*pod, replica_set)) ++labeled;
    if (!control::IsPodReady(*pod)) continue;
    ++ready;
    if (control::IsPodAvailable(*pod, min_ready, snapshot.now)) ++available;
  }
  auto status = std::make_shared<ReplicaSetStatus>(replica_set.status());
  status->set_replicas(active);
  status->set_fullylabeledreplicas(labeled);
  status->set_readyreplicas(ready);
  status->set_availablereplicas(available);
  status->set_terminatingreplicas(terminating);
  status->set_observedgeneration(replica_set.metadata().generation());
  return status;
}

// The time until the next ready pod becomes available; zero when none waits for that.
absl::Duration NextAvailability(const ReplicaSetSnapshot& snapshot) {
  const absl::Duration min_ready = absl::Seconds(snapshot.replica_set.spec().minreadyseconds());
  absl::Duration next = absl::InfiniteDuration();
  for (const PodPtr& pod : snapshot.pods) {
    if (!control::IsPodActive(*pod) || !control::IsPodReady(*pod)) continue;
    if (control::IsPodAvailable(*pod, min_ready, snapshot.now)) continue;
    const auto* condition = control::FindPodCondition(pod->status(), "Ready");
    const absl::Time since = std::max(api::FromProto(condition->lasttransitiontime()), snapshot.now - min_ready);
    next = std::min(next, since + min_ready - snapshot.now);
  }
  if (next == absl::InfiniteDuration()) return absl::ZeroDuration();
  return std::max(next, absl::Milliseconds(1));
}

}  // namespace

std::string ReplicaSetPlan::ToString() const {
  std::string text = absl::StrCat("create ", create, "; remove");
  for (const PodPtr& pod : remove) absl::StrAppend(&text, " ", pod->metadata().name());
  if (status != nullptr) {
    absl::StrAppend(&text, "; status replicas=", status->replicas(), " labeled=", status->fullylabeledreplicas(),
                    " ready=", status->readyreplicas(), " available=", status->availablereplicas(),
                    " terminating=", status->terminatingreplicas());
  }
  if (requeue_after > absl::ZeroDuration()) absl::StrAppend(&text, "; again in ", absl::FormatDuration(requeue_after));
  return text;
}

std::ostream& operator<<(std::ostream& out, const ReplicaSetPlan& plan) { return out << plan.ToString(); }

ReplicaSetPlan PlanReplicaSet(const ReplicaSetSnapshot& snapshot) {
  ReplicaSetPlan plan;
  plan.status = ObservedStatus(snapshot);
  plan.requeue_after = NextAvailability(snapshot);
  if (!snapshot.may_act || api::IsBeingDeleted(snapshot.replica_set)) return plan;

  std::vector<PodPtr> active;
  for (const PodPtr& pod : snapshot.pods) {
    if (control::IsPodActive(*pod)) active.push_back(pod);
  }
  const int surplus = static_cast<int>(active.size()) - snapshot.replica_set.spec().replicas();
  if (surplus < 0) {
    plan.create = std::min(-surplus, kReplicaSetBurst);
  } else if (surplus > 0) {
    plan.remove = RankForDeletion(std::move(active), snapshot.related, snapshot.now);
    plan.remove.resize(std::min(surplus, kReplicaSetBurst));
  }
  return plan;
}

void SetReplicaFailure(const absl::Status& outcome, const std::string& reason, absl::Time now,
                       ReplicaSetStatus* status) {
  auto* conditions = status->mutable_conditions();
  auto found = std::find_if(conditions->begin(), conditions->end(),
                            [](const ReplicaSetCondition& c) { return c.type() == kReplicaFailure; });
  if (outcome.ok()) {
    if (found != conditions->end()) conditions->erase(found);
    return;
  }
  if (found != conditions->end() && found->status() == "True" && found->reason() == reason) return;
  ReplicaSetCondition* condition = found != conditions->end() ? &*found : conditions->Add();
  condition->set_type(kReplicaFailure);
  condition->set_status("True");
  condition->set_reason(reason);
  condition->set_message(std::string(outcome.message()));
  *condition->mutable_lasttransitiontime() = api::MakeTime(now);
}

std::unique_ptr<Pod> PodFromTemplate(const ReplicaSet& replica_set, const google::protobuf::Message& owner) {
  auto pod = std::make_unique<Pod>();
  const auto& source = replica_set.spec().template_();
  auto* meta = pod->mutable_metadata();
  *meta->mutable_labels() = source.metadata().labels();
  *meta->mutable_annotations() = source.metadata().annotations();
  *meta->mutable_finalizers() = source.metadata().finalizers();
  meta->set_namespace_(replica_set.metadata().namespace_());
  const std::string& name = replica_set.metadata().name();
  const std::string prefix = absl::StrCat(name, "-");
  // A prefix must stay a valid name once the dash is followed by something.
  meta->set_generatename(api::ValidateDns1123Subdomain(absl::StrCat(prefix, "x")).empty() ? prefix : name);
  *meta->add_ownerreferences() = api::MakeControllerRef(owner);
  *pod->mutable_spec() = source.spec();
  return pod;
}

std::vector<int> SlowStartBatches(int count) {
  std::vector<int> batches;
  for (int size = 1; count > 0; size *= 2) {
    batches.push_back(std::min(size, count));
    count -= batches.back();
  }
  return batches;
}

}  // namespace kubelite::controllers
