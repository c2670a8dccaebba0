// Deployment, ReplicaSet, ReplicationController, StatefulSet, DaemonSet, ControllerRevision.

#include "absl/strings/str_cat.h"
#include "apiserver/registry/kinds/columns/kind_columns.h"
#include "apiserver/registry/kinds/defaults/kind_defaults.h"
#include "apiserver/registry/kinds/kinds.h"
#include "apiserver/registry/kinds/scale.h"
#include "apiserver/registry/kinds/validation/kind_rules.h"
#include "common/api/names.h"
#include "common/api/selectors.h"
#include "k8s/apps/v1.pb.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::apps::v1::ControllerRevision;
using k8s::apps::v1::DaemonSet;
using k8s::apps::v1::Deployment;
using k8s::apps::v1::ReplicaSet;
using k8s::apps::v1::StatefulSet;
using k8s::core::v1::ReplicationController;

// spec.replicas and status.replicas of a kind with a label selector.
template <typename T>
ScaleAccess Replicas(std::string (*selector)(const T& object)) {
  return {.spec_replicas = [](const api::Object& o) { return static_cast<const T&>(o).spec().replicas(); },
          .status_replicas = [](const api::Object& o) { return static_cast<const T&>(o).status().replicas(); },
          .selector = [selector](const api::Object& o) { return selector(static_cast<const T&>(o)); },
          .set_replicas = [](api::Object* o, int32_t n) { static_cast<T*>(o)->mutable_spec()->set_replicas(n); }};
}

template <typename T>
ResourceDef Scalable(ResourceDef def) {
  AddScale(&def, Replicas<T>([](const T& object) { return SelectorText(object.spec().selector()); }));
  return def;
}

ResourceDef ReplicationControllerResource() {
  using Rc = ReplicationController;
  ResourceDef def{.info = &api::ResourceOf<Rc>(),
                  .set_defaults = DefaultReplicationController,
                  .validate = ValidateReplicationController,
                  .validate_status_update = ValidateReplicaStatus,
                  .columns = ReplicationControllerColumns()};
  def.selectable_field = [](const api::Object& object, const std::string& field) -> std::string {
    return field == "status.replicas" ? absl::StrCat(static_cast<const Rc&>(object).status().replicas()) : "";
  };
  AddScale(&def, Replicas<Rc>([](const Rc& c) { return api::LabelSelector::FromMap(c.spec().selector()).ToString(); }));
  return def;
}

}  // namespace

std::vector<ResourceDef> WorkloadResources() {
  return {
      Scalable<Deployment>({.info = &api::ResourceOf<Deployment>(),
                            .set_defaults = DefaultDeployment,
                            .validate = ValidateDeployment,
                            .validate_update = ValidateDeploymentUpdate,
                            .validate_status_update = ValidateReplicaStatus,
                            .columns = DeploymentColumns()}),
      Scalable<ReplicaSet>({.info = &api::ResourceOf<ReplicaSet>(),
                            .set_defaults = DefaultReplicaSet,
                            .validate = ValidateReplicaSet,
                            .validate_update = ValidateReplicaSetUpdate,
                            .validate_status_update = ValidateReplicaStatus,
                            .columns = ReplicaSetColumns()}),
      ReplicationControllerResource(),
      Scalable<StatefulSet>({.info = &api::ResourceOf<StatefulSet>(),
                             .set_defaults = DefaultStatefulSet,
                             .validate = ValidateStatefulSet,
                             .validate_update = ValidateStatefulSetUpdate,
                             .validate_status_update = ValidateReplicaStatus,
                             .validate_name = api::ValidateDns1123Label,
                             .columns = StatefulSetColumns()}),
      {.info = &api::ResourceOf<DaemonSet>(),
       .set_defaults = DefaultDaemonSet,
       .validate = ValidateDaemonSet,
       .validate_update = ValidateDaemonSetUpdate,
       .columns = DaemonSetColumns()},
      {.info = &api::ResourceOf<ControllerRevision>(),
       .validate = ValidateControllerRevision,
       .validate_update = ValidateControllerRevisionUpdate,
       .columns = ControllerRevisionColumns()},
  };
}

}  // namespace kubelite::apiserver
