#include "apiserver/registry/kinds/defaults/kind_defaults.h"
#include "apiserver/registry/kinds/defaults/pod.h"
#include "common/api/int_or_string.h"
#include "k8s/apps/v1.pb.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::apiserver {

using k8s::apps::v1::DaemonSet;
using k8s::apps::v1::Deployment;
using k8s::apps::v1::ReplicaSet;
using k8s::apps::v1::StatefulSet;
using k8s::core::v1::PodTemplate;
using k8s::core::v1::ReplicationController;

void DefaultDeployment(api::Object* object) {
  auto* spec = static_cast<Deployment*>(object)->mutable_spec();
  if (!spec->has_replicas()) spec->set_replicas(1);
  if (!spec->has_revisionhistorylimit()) spec->set_revisionhistorylimit(10);
  if (!spec->has_progressdeadlineseconds()) spec->set_progressdeadlineseconds(600);
  auto* strategy = spec->mutable_strategy();
  if (strategy->type().empty()) strategy->set_type("RollingUpdate");
  if (strategy->type() == "RollingUpdate") {
    auto* rolling = strategy->mutable_rollingupdate();
    if (!rolling->has_maxunavailable()) *rolling->mutable_maxunavailable() = api::MakeString("25%");
    if (!rolling->has_maxsurge()) *rolling->mutable_maxsurge() = api::MakeString("25%");
  }
  DefaultPodTemplate(spec->mutable_template_());
}

void DefaultReplicaSet(api::Object* object) {
  auto* spec = static_cast<ReplicaSet*>(object)->mutable_spec();
  if (!spec->has_replicas()) spec->set_replicas(1);
  DefaultPodTemplate(spec->mutable_template_());
}

void DefaultReplicationController(api::Object* object) {
  auto* controller = static_cast<ReplicationController*>(object);
  auto* spec = controller->mutable_spec();
  const auto& labels = spec->template_().metadata().labels();
  if (!spec->has_replicas()) spec->set_replicas(1);
  if (spec->selector().empty()) *spec->mutable_selector() = labels;
  if (controller->metadata().labels().empty()) *controller->mutable_metadata()->mutable_labels() = labels;
  if (spec->has_template_()) DefaultPodTemplate(spec->mutable_template_());
}

void DefaultStatefulSet(api::Object* object) {
  auto* spec = static_cast<StatefulSet*>(object)->mutable_spec();
  if (!spec->has_replicas()) spec->set_replicas(1);
  if (!spec->has_revisionhistorylimit()) spec->set_revisionhistorylimit(10);
  if (spec->podmanagementpolicy().empty()) spec->set_podmanagementpolicy("OrderedReady");
  auto* strategy = spec->mutable_updatestrategy();
  if (strategy->type().empty()) {
    strategy->set_type("RollingUpdate");
    strategy->mutable_rollingupdate();
  }
  if (strategy->type() == "RollingUpdate" && strategy->has_rollingupdate() &&
      !strategy->rollingupdate().has_partition()) {
    strategy->mutable_rollingupdate()->set_partition(0);
  }
  auto* retention = spec->mutable_persistentvolumeclaimretentionpolicy();
  if (retention->whendeleted().empty()) retention->set_whendeleted("Retain");
  if (retention->whenscaled().empty()) retention->set_whenscaled("Retain");
  DefaultPodTemplate(spec->mutable_template_());
  for (auto& claim : *spec->mutable_volumeclaimtemplates()) DefaultPersistentVolumeClaim(&claim);
}

void DefaultDaemonSet(api::Object* object) {
  auto* spec = static_cast<DaemonSet*>(object)->mutable_spec();
  if (!spec->has_revisionhistorylimit()) spec->set_revisionhistorylimit(10);
  auto* strategy = spec->mutable_updatestrategy();
  if (strategy->type().empty()) strategy->set_type("RollingUpdate");
  if (strategy->type() == "RollingUpdate") {
    auto* rolling = strategy->mutable_rollingupdate();
    if (!rolling->has_maxunavailable()) *rolling->mutable_maxunavailable() = api::MakeInt(1);
    if (!rolling->has_maxsurge()) *rolling->mutable_maxsurge() = api::MakeInt(0);
  }
  DefaultPodTemplate(spec->mutable_template_());
}

void DefaultPodTemplateObject(api::Object* object) {
  DefaultPodTemplate(static_cast<PodTemplate*>(object)->mutable_template_());
}

}  // namespace kubelite::apiserver
