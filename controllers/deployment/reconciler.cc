#include "controllers/deployment/reconciler.h"

#include "absl/strings/str_cat.h"
#include "common/api/errors.h"
#include "common/api/selectors.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"
#include "common/control/pods.h"
#include "controllers/deployment/conditions.h"
#include "controllers/deployment/plan.h"
#include "controllers/deployment/template.h"
#include "controllers/ownership/claim.h"
#include "controllers/ownership/indexes.h"

namespace kubelite::controllers {
namespace {

using api::ObjectKey;
using api::ObjectPtr;
using client::EventRecorder;
using k8s::apps::v1::Deployment;
using k8s::apps::v1::ReplicaSet;
using k8s::core::v1::Pod;

class DeploymentReconciler : public control::Reconciler {
 public:
  explicit DeploymentReconciler(const control::Deps& deps)
      : deps_(deps),
        deployments_(deps.informers->For<Deployment>()),
        replica_sets_(deps.informers->For<ReplicaSet>()),
        pods_(deps.informers->For<Pod>()) {
    AddControllerIndex(replica_sets_);
    AddControllerIndex(pods_);
  }

  absl::StatusOr<control::Result> Reconcile(const ObjectKey& key) override {
    const ObjectPtr object = deployments_->Get(key);
    if (object == nullptr) return control::Result{};
    const auto deployment = api::As<Deployment>(object);
    ASSIGN_OR_RETURN(std::vector<ReplicaSetPtr> sets, ClaimReplicaSets(*deployment));
    DeploymentSnapshot snapshot{*deployment, sets, WithPods(*deployment, sets), deps_.clock().Now()};
    return Execute(*deployment, PlanDeployment(snapshot));
  }

 private:
  absl::StatusOr<std::vector<ReplicaSetPtr>> ClaimReplicaSets(const Deployment& deployment) {
    ASSIGN_OR_RETURN(api::LabelSelector selector, api::LabelSelector::From(deployment.spec().selector()));
    std::vector<ReplicaSetPtr> sets;
    if (selector.empty()) return sets;
    ClaimPlan claim = PlanClaim(deployment, selector, ClaimCandidates(*replica_sets_, deployment));
    ASSIGN_OR_RETURN(std::vector<ObjectPtr> owned, ExecuteClaim(claim, deployment, deps_.client));
    for (const ObjectPtr& set : owned) sets.push_back(api::As<ReplicaSet>(set));
    return sets;
  }

  std::set<std::string> WithPods(const Deployment& deployment, const std::vector<ReplicaSetPtr>& sets) {
    std::set<std::string> uids;
    if (!BoundsOf(deployment.spec()).recreate) return uids;
    for (const ReplicaSetPtr& set : sets) {
      for (const ObjectPtr& pod : OwnedBy(*pods_, set->metadata().uid())) {
        if (!control::IsPodTerminal(*api::As<Pod>(pod))) uids.insert(set->metadata().uid());
      }
    }
    return uids;
  }

  absl::StatusOr<control::Result> Execute(const Deployment& deployment, const DeploymentPlan& plan) {
    if (plan.create != nullptr) {
      absl::Status created = client::Create(*deps_.client, *plan.create).status();
      if (api::IsAlreadyExists(created)) return ResolveCollision(deployment, *plan.create);
      if (!created.ok()) return ReportCreateError(deployment, *plan.create, created);
    }
    for (const auto& set : plan.update) RETURN_IF_ERROR(client::Update(*deps_.client, *set).status());
    for (const ReplicaSetPtr& set : plan.remove) {
      client::DeleteOptions options;
      options.preconditions.uid = set->metadata().uid();
      absl::Status removed = client::Delete<ReplicaSet>(*deps_.client, api::KeyOf(*set), options);
      if (!removed.ok() && !api::IsNotFound(removed)) return removed;
    }
    for (const PlannedEvent& event : plan.events) {
      deps_.events->Event(deployment, event.warning ? EventRecorder::Type::kWarning : EventRecorder::Type::kNormal,
                          event.reason, event.message);
    }
    if (plan.status_changed) RETURN_IF_ERROR(WriteStatus(*plan.deployment));
    return control::Result{plan.requeue_after};
  }

  absl::Status WriteStatus(const Deployment& deployment) {
    absl::Status written = client::Update(*deps_.client, deployment, "status").status();
    return api::IsNotFound(written) ? absl::OkStatus() : written;
  }

  // The name is taken: by what we created before the cache showed it, or by something else with the same hash.
  absl::StatusOr<control::Result> ResolveCollision(const Deployment& deployment, const ReplicaSet& wanted) {
    ASSIGN_OR_RETURN(auto present, client::Get<ReplicaSet>(*deps_.client, api::KeyOf(wanted)));
    const bool ours = api::IsControlledBy(*present, deployment) &&
                      CanonicalTemplate(present->spec().template_()) == CanonicalTemplate(wanted.spec().template_());
    if (ours) return control::Result{};  // its event is on the way
    Deployment changed = deployment;
    changed.mutable_status()->set_collisioncount(deployment.status().collisioncount() + 1);
    base::LogInfo("ReplicaSet name is taken, trying another hash",
                  {{"deployment", api::KeyOf(deployment).ToString()}, {"name", wanted.metadata().name()}});
    RETURN_IF_ERROR(WriteStatus(changed));
    return control::Result{};
  }

  absl::StatusOr<control::Result> ReportCreateError(const Deployment& deployment, const ReplicaSet& wanted,
                                                    const absl::Status& error) {
    if (api::IsNamespaceTerminating(error)) return control::Result{};
    const std::string message = absl::StrCat("Failed to create new replica set \"", wanted.metadata().name(),
                                             "\": ", std::string(error.message()));
    deps_.events->Event(deployment, EventRecorder::Type::kWarning, kReplicaSetCreateError, message);
    Deployment changed = deployment;
    SetCondition({kProgressing, "False", kReplicaSetCreateError, message}, deps_.clock().Now(),
                 changed.mutable_status());
    RETURN_IF_ERROR(WriteStatus(changed));
    return error;
  }

  const control::Deps deps_;
  client::Informer* const deployments_;
  client::Informer* const replica_sets_;
  client::Informer* const pods_;
};

}  // namespace

std::unique_ptr<control::Reconciler> NewDeploymentReconciler(const control::Deps& deps) {
  return std::make_unique<DeploymentReconciler>(deps);
}

}  // namespace kubelite::controllers
