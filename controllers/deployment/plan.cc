#include "controllers/deployment/plan.h"

#include <google/protobuf/util/message_differencer.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/api/object.h"
#include "common/api/time.h"
#include "controllers/deployment/conditions.h"
#include "controllers/deployment/revision.h"
#include "controllers/deployment/status.h"
#include "controllers/deployment/template.h"

namespace kubelite::controllers {
namespace {

using k8s::apps::v1::Deployment;
using k8s::apps::v1::DeploymentStatus;
using k8s::apps::v1::ReplicaSet;

std::vector<ReplicaSetPtr> OldestFirst(std::vector<ReplicaSetPtr> sets) {
  std::sort(sets.begin(), sets.end(), [](const ReplicaSetPtr& a, const ReplicaSetPtr& b) {
    const absl::Time created_a = api::FromProto(a->metadata().creationtimestamp());
    const absl::Time created_b = api::FromProto(b->metadata().creationtimestamp());
    return created_a != created_b ? created_a < created_b : a->metadata().name() < b->metadata().name();
  });
  return sets;
}

class Planner {
 public:
  explicit Planner(const DeploymentSnapshot& snapshot) : snapshot_(snapshot), deployment_(snapshot.deployment) {
    plan_.deployment = std::make_shared<Deployment>(deployment_);
    status_ = plan_.deployment->mutable_status();
    rollout_.bounds = BoundsOf(deployment_.spec());
    rollout_.status_replicas = deployment_.status().replicas();
    const ReplicaSetPtr current = FindCurrentReplicaSet(deployment_, snapshot.replica_sets);
    sets_.reserve(snapshot.replica_sets.size() + 1);  // pointers into it must stay valid
    for (const ReplicaSetPtr& set : OldestFirst(snapshot.replica_sets)) {
      sets_.push_back({set, std::make_shared<ReplicaSet>(*set), false});
      if (set == current) {
        rollout_.current = &sets_.back();
      } else {
        rollout_.old.push_back(&sets_.back());
      }
    }
  }

  DeploymentPlan Run() {
    if (SelectsEverything()) return std::move(plan_);
    if (api::IsBeingDeleted(deployment_)) {
      Summarise(deployment_, rollout_, snapshot_.now, status_);
      return Finish();
    }
    NotePause();
    if (rollout_.current != nullptr) SyncCurrent();
    if (deployment_.spec().paused() || IsScalingEvent(rollout_)) {
      ScaleProportionally(&rollout_);
      if (deployment_.spec().paused()) TrimHistory();
      Summarise(deployment_, rollout_, snapshot_.now, status_);
      return Finish();
    }
    if (rollout_.bounds.recreate) {
      Recreate();
    } else {
      Roll();
    }
    Summarise(deployment_, rollout_, snapshot_.now, status_);
    JudgeProgress(deployment_, rollout_, snapshot_.now, status_);
    if (IsComplete(deployment_, *status_)) TrimHistory();
    plan_.requeue_after = UntilDeadline(deployment_, *status_, snapshot_.now);
    return Finish();
  }

 private:
  bool SelectsEverything() {
    const auto& selector = deployment_.spec().selector();
    if (!selector.matchlabels().empty() || !selector.matchexpressions().empty()) return false;
    plan_.events.push_back(
        {true, "SelectingAll", "This deployment is selecting all pods. A non-empty selector is required."});
    status_->set_observedgeneration(deployment_.metadata().generation());
    plan_.status_changed = deployment_.status().observedgeneration() < deployment_.metadata().generation();
    return true;
  }

  void NotePause() {
    if (!HasProgressDeadline(deployment_.spec())) return;
    const auto* progressing = FindCondition(*status_, kProgressing);
    if (progressing != nullptr && progressing->reason() == kTimedOut) return;
    const bool noted = progressing != nullptr && progressing->reason() == kPaused;
    if (deployment_.spec().paused() && !noted) {
      SetCondition({kProgressing, "Unknown", kPaused, "Deployment is paused"}, snapshot_.now, status_);
    } else if (!deployment_.spec().paused() && noted) {
      SetCondition({kProgressing, "Unknown", kResumed, "Deployment is resumed"}, snapshot_.now, status_);
    }
  }

  int64_t NextRevision() const {
    int64_t highest = 0;
    for (const PlannedReplicaSet* set : rollout_.old) highest = std::max(highest, RevisionOf(*set->before));
    return highest + 1;
  }

  void SetDeploymentRevision(const ReplicaSet& current) {
    const std::string revision = api::GetAnnotation(current, kRevision);
    std::string& present = (*plan_.deployment->mutable_metadata()->mutable_annotations())[kRevision];
    if (present == revision) return;
    present = revision;
    plan_.status_changed = true;
  }

  void SyncCurrent() {
    PlannedReplicaSet& current = *rollout_.current;
    if (SyncAnnotations(deployment_, NextRevision(), current.after.get())) current.changed = true;
    if (current.after->spec().minreadyseconds() != deployment_.spec().minreadyseconds()) {
      current.after->mutable_spec()->set_minreadyseconds(deployment_.spec().minreadyseconds());
      current.changed = true;
    }
    SetDeploymentRevision(*current.after);
    if (HasProgressDeadline(deployment_.spec()) && FindCondition(*status_, kProgressing) == nullptr) {
      SetCondition({kProgressing, "True", kFoundNewReplicaSet,
                    absl::StrCat("Found new replica set \"", current.after->metadata().name(), "\"")},
                   snapshot_.now, status_);
    }
  }

  void CreateCurrent() {
    const auto& spec = deployment_.spec();
    const std::string hash = TemplateHash(spec.template_(), deployment_.status().collisioncount());
    auto set = std::make_shared<ReplicaSet>();
    auto* meta = set->mutable_metadata();
    meta->set_name(absl::StrCat(deployment_.metadata().name(), "-", hash));
    meta->set_namespace_(deployment_.metadata().namespace_());
    *meta->mutable_labels() = spec.template_().metadata().labels();
    (*meta->mutable_labels())[kPodTemplateHash] = hash;
    *meta->add_ownerreferences() = api::MakeControllerRef(deployment_);
    *set->mutable_spec()->mutable_selector() = spec.selector();
    (*set->mutable_spec()->mutable_selector()->mutable_matchlabels())[kPodTemplateHash] = hash;
    *set->mutable_spec()->mutable_template_() = spec.template_();
    (*set->mutable_spec()->mutable_template_()->mutable_metadata()->mutable_labels())[kPodTemplateHash] = hash;
    set->mutable_spec()->set_minreadyseconds(spec.minreadyseconds());
    set->mutable_spec()->set_replicas(NextReplicasOfCurrent(rollout_));
    SyncAnnotations(deployment_, NextRevision(), set.get());
    SetReplicasAnnotations(rollout_.bounds.replicas, rollout_.bounds.max_replicas, set.get());
    sets_.push_back({nullptr, set, false});
    rollout_.current = &sets_.back();
    plan_.create = set;
    SetDeploymentRevision(*set);
    if (HasProgressDeadline(spec)) {
      SetCondition(
          {kProgressing, "True", kNewReplicaSetCreated, absl::StrCat("Created new replica set \"", meta->name(), "\"")},
          snapshot_.now, status_);
    }
  }

  void Roll() {
    if (rollout_.current == nullptr) CreateCurrent();
    if (!RollCurrent(&rollout_)) RollOld(&rollout_);
  }

  void Recreate() {
    if (DrainOld(&rollout_) || OldPodsRemain()) return;
    if (rollout_.current == nullptr) {
      CreateCurrent();
    } else {
      RollCurrent(&rollout_);
    }
  }

  bool OldPodsRemain() const {
    return std::any_of(rollout_.old.begin(), rollout_.old.end(), [this](const PlannedReplicaSet* set) {
      return set->before->status().replicas() > 0 || snapshot_.with_pods.count(set->before->metadata().uid()) > 0;
    });
  }

  void TrimHistory() {
    if (!deployment_.spec().has_revisionhistorylimit()) return;
    std::vector<ReplicaSetPtr> old;
    for (const PlannedReplicaSet* set : rollout_.old) {
      if (!api::IsBeingDeleted(*set->before)) old.push_back(set->before);
    }
    std::stable_sort(old.begin(), old.end(),
                     [](const ReplicaSetPtr& a, const ReplicaSetPtr& b) { return RevisionOf(*a) < RevisionOf(*b); });
    const int surplus = static_cast<int>(old.size()) - deployment_.spec().revisionhistorylimit();
    for (int i = 0; i < surplus; ++i) {
      const ReplicaSet& set = *old[i];
      const bool unused = set.status().replicas() == 0 && set.spec().replicas() == 0 &&
                          set.metadata().generation() <= set.status().observedgeneration();
      if (unused) plan_.remove.push_back(old[i]);
    }
  }

  DeploymentPlan Finish() {
    for (const PlannedReplicaSet& set : sets_) {
      if (set.before != nullptr && set.changed) plan_.update.push_back(set.after);
      const int from = set.before_replicas();
      const int to = set.replicas();
      if (from == to) continue;
      plan_.events.push_back({false, "ScalingReplicaSet",
                              absl::StrCat("Scaled ", from < to ? "up" : "down", " replica set ",
                                           set.after->metadata().name(), " from ", from, " to ", to)});
    }
    if (!google::protobuf::util::MessageDifferencer::Equals(*status_, deployment_.status())) {
      plan_.status_changed = true;
    }
    return std::move(plan_);
  }

  const DeploymentSnapshot& snapshot_;
  const Deployment& deployment_;
  std::vector<PlannedReplicaSet> sets_;
  Rollout rollout_;
  DeploymentPlan plan_;
  DeploymentStatus* status_;
};

}  // namespace

ReplicaSetPtr FindCurrentReplicaSet(const Deployment& deployment, const std::vector<ReplicaSetPtr>& replica_sets) {
  const std::string wanted = CanonicalTemplate(deployment.spec().template_());
  for (const ReplicaSetPtr& set : OldestFirst(replica_sets)) {
    if (CanonicalTemplate(set->spec().template_()) == wanted) return set;
  }
  return nullptr;
}

DeploymentPlan PlanDeployment(const DeploymentSnapshot& snapshot) { return Planner(snapshot).Run(); }

std::string DeploymentPlan::ToString() const {
  std::string text;
  if (create != nullptr) {
    absl::StrAppend(&text, "create ", create->metadata().name(), "=", create->spec().replicas(), "; ");
  }
  for (const auto& set : update) {
    absl::StrAppend(&text, "update ", set->metadata().name(), "=", set->spec().replicas(), "; ");
  }
  for (const auto& set : remove) absl::StrAppend(&text, "remove ", set->metadata().name(), "; ");
  for (const PlannedEvent& event : events) absl::StrAppend(&text, "event ", event.reason, ": ", event.message, "; ");
  if (status_changed) absl::StrAppend(&text, "status {", deployment->status().ShortDebugString(), "}");
  return text;
}

std::ostream& operator<<(std::ostream& out, const DeploymentPlan& plan) { return out << plan.ToString(); }

}  // namespace kubelite::controllers
