#include "controllers/replicaset/kinds.h"

namespace kubelite::controllers {
namespace {

using k8s::apps::v1::ReplicaSet;
using k8s::apps::v1::ReplicaSetStatus;
using k8s::core::v1::ReplicationController;
using k8s::core::v1::ReplicationControllerStatus;

std::shared_ptr<const ReplicaSet> ViewReplicaSet(const api::ObjectPtr& object) { return api::As<ReplicaSet>(object); }

std::unique_ptr<api::Object> ReplicaSetWithStatus(const api::Object& object, const ReplicaSetStatus& status) {
  auto copy = std::make_unique<ReplicaSet>(static_cast<const ReplicaSet&>(object));
  *copy->mutable_status() = status;
  return copy;
}

// The two statuses differ in their condition type's name and in terminatingReplicas.
template <typename To, typename From>
void CopyStatus(const From& from, To* to) {
  to->set_replicas(from.replicas());
  to->set_fullylabeledreplicas(from.fullylabeledreplicas());
  to->set_readyreplicas(from.readyreplicas());
  to->set_availablereplicas(from.availablereplicas());
  to->set_observedgeneration(from.observedgeneration());
  to->clear_conditions();
  for (const auto& condition : from.conditions()) {
    auto* copy = to->add_conditions();
    copy->set_type(condition.type());
    copy->set_status(condition.status());
    copy->set_reason(condition.reason());
    copy->set_message(condition.message());
    *copy->mutable_lasttransitiontime() = condition.lasttransitiontime();
  }
}

std::shared_ptr<const ReplicaSet> ViewReplicationController(const api::ObjectPtr& object) {
  const auto& source = static_cast<const ReplicationController&>(*object);
  auto view = std::make_shared<ReplicaSet>();
  *view->mutable_metadata() = source.metadata();
  view->mutable_spec()->set_replicas(source.spec().has_replicas() ? source.spec().replicas() : 1);
  view->mutable_spec()->set_minreadyseconds(source.spec().minreadyseconds());
  *view->mutable_spec()->mutable_selector()->mutable_matchlabels() = source.spec().selector();
  *view->mutable_spec()->mutable_template_() = source.spec().template_();
  CopyStatus(source.status(), view->mutable_status());
  return view;
}

std::unique_ptr<api::Object> ReplicationControllerWithStatus(const api::Object& object,
                                                             const ReplicaSetStatus& status) {
  auto copy = std::make_unique<ReplicationController>(static_cast<const ReplicationController&>(object));
  CopyStatus(status, copy->mutable_status());
  return copy;
}

}  // namespace

const ReplicaKind& ReplicaSetKind() {
  static const ReplicaKind& kind =
      *new ReplicaKind{"replicaset-controller", &api::ResourceOf<ReplicaSet>(), ViewReplicaSet, ReplicaSetWithStatus};
  return kind;
}

const ReplicaKind& ReplicationControllerKind() {
  static const ReplicaKind& kind = *new ReplicaKind{"replication-controller", &api::ResourceOf<ReplicationController>(),
                                                    ViewReplicationController, ReplicationControllerWithStatus};
  return kind;
}

}  // namespace kubelite::controllers
