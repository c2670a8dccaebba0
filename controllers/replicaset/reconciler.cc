#include "controllers/replicaset/reconciler.h"

#include <google/protobuf/util/message_differencer.h>

#include "absl/strings/str_cat.h"
#include "common/api/errors.h"
#include "common/api/selectors.h"
#include "common/base/mutex.h"
#include "common/base/status_macros.h"
#include "common/control/pods.h"
#include "controllers/ownership/claim.h"
#include "controllers/ownership/indexes.h"
#include "controllers/replicaset/batch.h"
#include "controllers/replicaset/plan.h"

namespace kubelite::controllers {
namespace {

using api::ObjectKey;
using api::ObjectPtr;
using client::EventRecorder;
using k8s::apps::v1::ReplicaSet;
using k8s::apps::v1::ReplicaSetStatus;
using k8s::core::v1::Pod;

// Calls in flight per reconcile: enough for the store to group their log syncs.
constexpr int kParallelCalls = 8;
// A little later than control::Expectations gives up.
constexpr absl::Duration kExpectationsExpire = absl::Seconds(301);

std::vector<PodPtr> AsPods(const std::vector<ObjectPtr>& objects) {
  std::vector<PodPtr> pods;
  pods.reserve(objects.size());
  for (const ObjectPtr& object : objects) pods.push_back(api::As<Pod>(object));
  return pods;
}

// What came of executing a plan.
struct Outcome {
  absl::Status status;
  std::string failure;  // reason of condition ReplicaFailure
};

class ReplicaSetReconciler : public control::Reconciler {
 public:
  ReplicaSetReconciler(const ReplicaKind& kind, const control::Deps& deps,
                       std::shared_ptr<control::Expectations> expectations)
      : kind_(kind),
        deps_(deps),
        expectations_(std::move(expectations)),
        sets_(deps.informers->For(*kind.resource)),
        pods_(deps.informers->For<Pod>()) {
    AddControllerIndex(sets_);
    AddControllerIndex(pods_);
  }

  absl::StatusOr<control::Result> Reconcile(const ObjectKey& key) override {
    ObjectPtr object = sets_->Get(key);
    if (object == nullptr) {
      expectations_->Forget(key);
      return control::Result{};
    }
    const std::shared_ptr<const ReplicaSet> set = kind_.view(object);
    const bool may_act = expectations_->Satisfied(key, deps_.clock().Now());
    ASSIGN_OR_RETURN(api::LabelSelector selector, api::LabelSelector::From(set->spec().selector()));
    if (selector.empty()) return control::Result{};  // would match every pod; validation refuses it

    ClaimPlan claim = PlanClaim(*object, selector, ClaimCandidates(*pods_, *object));
    ASSIGN_OR_RETURN(std::vector<ObjectPtr> owned, ExecuteClaim(claim, *object, deps_.client));
    const std::vector<PodPtr> pods = AsPods(owned);
    const std::vector<PodPtr> related = RelatedPods(*object, *set, pods);
    ReplicaSetPlan plan = PlanReplicaSet({*set, pods, related, may_act, deps_.clock().Now()});
    const Outcome outcome = Execute(key, *object, *set, plan);
    if (may_act) SetReplicaFailure(outcome.status, outcome.failure, deps_.clock().Now(), plan.status.get());
    RETURN_IF_ERROR(WriteStatus(*object, *set, *plan.status));
    RETURN_IF_ERROR(outcome.status);
    // Should what it waits for never show in the cache, the expectations expire.
    if (!may_act && plan.requeue_after == absl::ZeroDuration()) plan.requeue_after = kExpectationsExpire;
    return control::Result{plan.requeue_after};
  }

 private:
  // Only ranking needs them, so nothing is collected when nothing will be removed.
  std::vector<PodPtr> RelatedPods(const api::Object& object, const ReplicaSet& set, const std::vector<PodPtr>& own) {
    if (static_cast<int>(own.size()) <= set.spec().replicas()) return {};
    const auto* owner = api::ControllerOf(object);
    if (owner == nullptr) return own;
    std::vector<PodPtr> related;
    for (const ObjectPtr& sibling : OwnedBy(*sets_, owner->uid())) {
      for (const ObjectPtr& pod : OwnedBy(*pods_, api::Meta(*sibling).uid())) related.push_back(api::As<Pod>(pod));
    }
    return related;
  }

  Outcome Execute(const ObjectKey& key, const api::Object& object, const ReplicaSet& set, const ReplicaSetPlan& plan) {
    if (plan.create > 0) return {CreatePods(key, object, set, plan.create), "FailedCreate"};
    if (!plan.remove.empty()) return {RemovePods(key, object, plan.remove), "FailedDelete"};
    return {};
  }

  absl::Status CreatePods(const ObjectKey& key, const api::Object& object, const ReplicaSet& set, int count) {
    const std::unique_ptr<Pod> pod = PodFromTemplate(set, object);
    expectations_->ExpectCreations(key, count, deps_.clock().Now());
    int created = 0;
    for (int batch : SlowStartBatches(count)) {
      base::Mutex mutex;
      absl::Status failure;
      int failed = 0;
      ForEachInParallel(deps_.executor, batch, kParallelCalls, [&](int) {
        absl::Status status = CreatePod(object, *pod);
        if (status.ok()) return;
        base::MutexLock lock(&mutex);
        failure.Update(status);
        ++failed;
      });
      created += batch - failed;
      if (failure.ok()) continue;
      // Neither the failed ones nor those of later batches will ever be observed.
      for (int i = created; i < count; ++i) expectations_->CreationFailed(key);
      // Whoever deletes the namespace deletes this object too: nothing to do and nothing to tell.
      return api::IsNamespaceTerminating(failure) ? absl::OkStatus() : failure;
    }
    return absl::OkStatus();
  }

  absl::Status CreatePod(const api::Object& object, const Pod& pod) {
    absl::StatusOr<std::shared_ptr<const Pod>> created = client::Create(*deps_.client, pod);
    if (created.ok()) {
      deps_.events->Event(object, EventRecorder::Type::kNormal, "SuccessfulCreate",
                          absl::StrCat("Created pod: ", (*created)->metadata().name()));
    } else if (!api::IsNamespaceTerminating(created.status())) {
      deps_.events->Event(object, EventRecorder::Type::kWarning, "FailedCreate",
                          absl::StrCat("Error creating: ", std::string(created.status().message())));
    }
    return created.status();
  }

  absl::Status RemovePods(const ObjectKey& key, const api::Object& object, const std::vector<PodPtr>& pods) {
    std::set<std::string> uids;
    for (const PodPtr& pod : pods) uids.insert(pod->metadata().uid());
    expectations_->ExpectDeletions(key, uids, deps_.clock().Now());
    base::Mutex mutex;
    absl::Status failure;
    ForEachInParallel(deps_.executor, static_cast<int>(pods.size()), kParallelCalls, [&](int i) {
      absl::Status status = RemovePod(object, *pods[i]);
      if (status.ok()) return;
      expectations_->DeletionObserved(key, pods[i]->metadata().uid());
      if (api::IsNotFound(status)) return;
      base::MutexLock lock(&mutex);
      failure.Update(status);
    });
    return failure;
  }

  absl::Status RemovePod(const api::Object& object, const Pod& pod) {
    client::DeleteOptions options;
    options.preconditions.uid = pod.metadata().uid();
    absl::Status removed = client::Delete<Pod>(*deps_.client, api::KeyOf(pod), options);
    if (removed.ok()) {
      deps_.events->Event(object, EventRecorder::Type::kNormal, "SuccessfulDelete",
                          absl::StrCat("Deleted pod: ", pod.metadata().name()));
    } else if (!api::IsNotFound(removed)) {
      deps_.events->Event(object, EventRecorder::Type::kWarning, "FailedDelete",
                          absl::StrCat("Error deleting: ", std::string(removed.message())));
    }
    return removed;
  }

  absl::Status WriteStatus(const api::Object& object, const ReplicaSet& set, const ReplicaSetStatus& status) {
    // Compared in the kind's own form: a ReplicationController does not keep every member.
    const std::unique_ptr<api::Object> wanted = kind_.with_status(object, status);
    const std::unique_ptr<api::Object> present = kind_.with_status(object, set.status());
    if (google::protobuf::util::MessageDifferencer::Equals(*wanted, *present)) return absl::OkStatus();
    absl::Status written = deps_.client->Update(*kind_.resource, *wanted, "status").status();
    return api::IsNotFound(written) ? absl::OkStatus() : written;
  }

  const ReplicaKind& kind_;
  const control::Deps deps_;
  const std::shared_ptr<control::Expectations> expectations_;
  client::Informer* const sets_;
  client::Informer* const pods_;
};

}  // namespace

std::unique_ptr<control::Reconciler> NewReplicaSetReconciler(const ReplicaKind& kind, const control::Deps& deps,
                                                             std::shared_ptr<control::Expectations> expectations) {
  return std::make_unique<ReplicaSetReconciler>(kind, deps, std::move(expectations));
}

}  // namespace kubelite::controllers
