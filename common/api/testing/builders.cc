#include "common/api/testing/builders.h"

#include "absl/strings/numbers.h"
#include "common/api/int_or_string.h"
#include "common/api/time.h"
#include "k8s/apimachinery/intstr.pb.h"
#include "k8s/apimachinery/resource.pb.h"

namespace kubelite::api::testing {
namespace {

template <typename Map>
void SetAll(const Strings& from, Map* to) {
  to->clear();
  for (const auto& [key, value] : from) (*to)[key] = value;
}

template <typename Map>
void SetQuantities(const Strings& from, Map* to) {
  for (const auto& [key, value] : from) (*to)[key].set_string(value);
}

template <typename Conditions>
auto* FindOrAdd(const std::string& type, Conditions* conditions) {
  for (auto& condition : *conditions) {
    if (condition.type() == type) return &condition;
  }
  auto* added = conditions->Add();
  added->set_type(type);
  return added;
}

void FillTemplate(const Strings& labels, k8s::core::v1::PodTemplateSpec* out) {
  SetAll(labels, out->mutable_metadata()->mutable_labels());
  if (out->spec().containers().empty()) {
    auto* container = out->mutable_spec()->add_containers();
    container->set_name("main");
    container->set_image("hello:1");
  }
}

template <typename Spec>
void FillSelector(const Strings& labels, Spec* spec) {
  SetAll(labels, spec->mutable_selector()->mutable_matchlabels());
  FillTemplate(labels, spec->mutable_template_());
}

k8s::apimachinery::intstr::IntOrString Amount(const std::string& text) {
  int number = 0;
  return absl::SimpleAtoi(text, &number) ? MakeInt(number) : MakeString(text);
}

}  // namespace

void SetMeta(const std::string& name, const std::string& name_space, k8s::meta::v1::ObjectMeta* meta) {
  meta->set_name(name);
  if (!name_space.empty()) meta->set_namespace_(name_space);
  meta->set_uid("uid-" + name);
}

void AddOwner(const Object& owner, k8s::meta::v1::ObjectMeta* meta) {
  *meta->add_ownerreferences() = MakeControllerRef(owner);
}

void SetTimestamp(absl::Time time, k8s::meta::v1::Time* out) { ToProto(time, out); }

PodBuilder::PodBuilder(const std::string& name) : ObjectBuilder(name, "default") {
  Container("main", "hello:1");
  Phase("Pending");
}

PodBuilder& PodBuilder::Node(const std::string& node) {
  object_.mutable_spec()->set_nodename(node);
  return *this;
}

PodBuilder& PodBuilder::Phase(const std::string& phase) {
  object_.mutable_status()->set_phase(phase);
  return *this;
}

PodBuilder& PodBuilder::Ready(bool ready, absl::Time since) {
  if (ready) Phase("Running");
  return Condition("Ready", ready, since);
}

PodBuilder& PodBuilder::Condition(const std::string& type, bool holds, absl::Time since) {
  auto* condition = FindOrAdd(type, object_.mutable_status()->mutable_conditions());
  condition->set_status(holds ? "True" : "False");
  ToProto(since, condition->mutable_lasttransitiontime());
  return *this;
}

PodBuilder& PodBuilder::Image(const std::string& image) {
  object_.mutable_spec()->mutable_containers(0)->set_image(image);
  return *this;
}

PodBuilder& PodBuilder::Container(const std::string& name, const std::string& image) {
  auto* container = object_.mutable_spec()->add_containers();
  container->set_name(name);
  container->set_image(image);
  return *this;
}

PodBuilder& PodBuilder::Requests(const Strings& requests) {
  SetQuantities(requests, object_.mutable_spec()->mutable_containers(0)->mutable_resources()->mutable_requests());
  return *this;
}

PodBuilder& PodBuilder::NodeSelector(const Strings& labels) {
  SetAll(labels, object_.mutable_spec()->mutable_nodeselector());
  return *this;
}

PodBuilder& PodBuilder::Tolerate(const std::string& key, const std::string& effect) {
  auto* toleration = object_.mutable_spec()->add_tolerations();
  toleration->set_key(key);
  toleration->set_operator_("Exists");
  toleration->set_effect(effect);
  return *this;
}

PodBuilder& PodBuilder::Ip(const std::string& ip) {
  object_.mutable_status()->set_podip(ip);
  object_.mutable_status()->clear_podips();
  object_.mutable_status()->add_podips()->set_ip(ip);
  return *this;
}

PodBuilder& PodBuilder::RestartPolicy(const std::string& policy) {
  object_.mutable_spec()->set_restartpolicy(policy);
  return *this;
}

NodeBuilder::NodeBuilder(const std::string& name) : ObjectBuilder(name, "") {
  Label("kubernetes.io/hostname", name);
  Allocatable({{"cpu", "4"}, {"memory", "8Gi"}, {"pods", "110"}});
}

NodeBuilder& NodeBuilder::Ready(bool ready, absl::Time heartbeat) {
  auto* condition = FindOrAdd("Ready", object_.mutable_status()->mutable_conditions());
  condition->set_status(ready ? "True" : "False");
  ToProto(heartbeat, condition->mutable_lastheartbeattime());
  return *this;
}

NodeBuilder& NodeBuilder::Allocatable(const Strings& resources) {
  SetQuantities(resources, object_.mutable_status()->mutable_allocatable());
  SetQuantities(resources, object_.mutable_status()->mutable_capacity());
  return *this;
}

NodeBuilder& NodeBuilder::Taint(const std::string& key, const std::string& value, const std::string& effect) {
  auto* taint = object_.mutable_spec()->add_taints();
  taint->set_key(key);
  taint->set_value(value);
  taint->set_effect(effect);
  return *this;
}

NodeBuilder& NodeBuilder::Unschedulable(bool unschedulable) {
  object_.mutable_spec()->set_unschedulable(unschedulable);
  return *this;
}

ReplicaSetBuilder::ReplicaSetBuilder(const std::string& name) : ObjectBuilder(name, "default") {
  Label("app", name);
  Selector({{"app", name}});
  Replicas(1);
}

ReplicaSetBuilder& ReplicaSetBuilder::Replicas(int replicas) {
  object_.mutable_spec()->set_replicas(replicas);
  return *this;
}

ReplicaSetBuilder& ReplicaSetBuilder::Selector(const Strings& labels) {
  FillSelector(labels, object_.mutable_spec());
  return *this;
}

ReplicaSetBuilder& ReplicaSetBuilder::Image(const std::string& image) {
  object_.mutable_spec()->mutable_template_()->mutable_spec()->mutable_containers(0)->set_image(image);
  return *this;
}

ReplicaSetBuilder& ReplicaSetBuilder::Status(int replicas, int ready, int available) {
  object_.mutable_status()->set_replicas(replicas);
  object_.mutable_status()->set_readyreplicas(ready);
  object_.mutable_status()->set_availablereplicas(available);
  return *this;
}

DeploymentBuilder::DeploymentBuilder(const std::string& name) : ObjectBuilder(name, "default") {
  Label("app", name);
  Selector({{"app", name}});
  Replicas(1);
  RollingUpdate("25%", "25%");
}

DeploymentBuilder& DeploymentBuilder::Replicas(int replicas) {
  object_.mutable_spec()->set_replicas(replicas);
  return *this;
}

DeploymentBuilder& DeploymentBuilder::Selector(const Strings& labels) {
  FillSelector(labels, object_.mutable_spec());
  return *this;
}

DeploymentBuilder& DeploymentBuilder::Image(const std::string& image) {
  object_.mutable_spec()->mutable_template_()->mutable_spec()->mutable_containers(0)->set_image(image);
  return *this;
}

DeploymentBuilder& DeploymentBuilder::RollingUpdate(const std::string& max_surge, const std::string& max_unavailable) {
  auto* strategy = object_.mutable_spec()->mutable_strategy();
  strategy->set_type("RollingUpdate");
  *strategy->mutable_rollingupdate()->mutable_maxsurge() = Amount(max_surge);
  *strategy->mutable_rollingupdate()->mutable_maxunavailable() = Amount(max_unavailable);
  return *this;
}

DeploymentBuilder& DeploymentBuilder::Recreate() {
  auto* strategy = object_.mutable_spec()->mutable_strategy();
  strategy->Clear();
  strategy->set_type("Recreate");
  return *this;
}

}  // namespace kubelite::api::testing
