#include "apiserver/registry/kinds/validation/pod.h"

#include <set>
#include <string>

#include "absl/strings/match.h"
#include "apiserver/registry/kinds/validation/container.h"
#include "apiserver/registry/kinds/validation/fields.h"
#include "common/api/names.h"
#include "google/protobuf/util/message_differencer.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::core::v1::Pod;
using k8s::core::v1::PodSpec;
using k8s::core::v1::Toleration;
using k8s::core::v1::Volume;

// Names of all containers must differ.
void ValidateContainers(const PodSpec& spec, absl::string_view path, FieldErrors* errors) {
  std::set<std::string> volumes;
  for (const Volume& volume : spec.volumes()) volumes.insert(volume.name());
  if (spec.containers_size() == 0) errors->push_back(FieldError::Required(Child(path, "containers"), ""));
  std::set<std::string> names;
  for (int i = 0; i < spec.initcontainers_size(); ++i) {
    const std::string at = Index(Child(path, "initContainers"), i);
    ValidateContainer(spec.initcontainers(i), spec, volumes, at, errors);
    ValidateInitContainer(spec.initcontainers(i), at, errors);
    if (!names.insert(spec.initcontainers(i).name()).second) {
      errors->push_back(FieldError::Duplicate(Child(at, "name"), spec.initcontainers(i).name()));
    }
  }
  for (int i = 0; i < spec.containers_size(); ++i) {
    const std::string at = Index(Child(path, "containers"), i);
    ValidateContainer(spec.containers(i), spec, volumes, at, errors);
    if (!names.insert(spec.containers(i).name()).second) {
      errors->push_back(FieldError::Duplicate(Child(at, "name"), spec.containers(i).name()));
    }
  }
}

void ValidateVolume(const Volume& volume, const std::string& at, FieldErrors* errors) {
  if (volume.name().empty())
    errors->push_back(FieldError::Required(Child(at, "name"), ""));
  else
    AddInvalid(api::ValidateDns1123Label(volume.name()), Child(at, "name"), volume.name(), errors);
  const auto& source = volume.volumesource();
  std::vector<const google::protobuf::FieldDescriptor*> set;
  source.GetReflection()->ListFields(source, &set);
  if (set.empty()) errors->push_back(FieldError::Required(at, "must specify a volume type"));
  for (size_t i = 1; i < set.size(); ++i) {
    errors->push_back(FieldError::Forbidden(Child(at, set[i]->name()), "may not specify more than 1 volume type"));
  }
  if (source.has_hostpath()) {
    const std::string path = Child(at, "hostPath");
    if (source.hostpath().path().empty()) errors->push_back(FieldError::Required(Child(path, "path"), ""));
    AllowOneOf(source.hostpath().type(),
               {"", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"},
               Child(path, "type"), errors);
  }
  if (source.has_secret() && source.secret().secretname().empty()) {
    errors->push_back(FieldError::Required(Child(at, "secret.secretName"), ""));
  }
  if (source.has_configmap() && source.configmap().localobjectreference().name().empty()) {
    errors->push_back(FieldError::Required(Child(at, "configMap.name"), ""));
  }
  if (source.has_persistentvolumeclaim() && source.persistentvolumeclaim().claimname().empty()) {
    errors->push_back(FieldError::Required(Child(at, "persistentVolumeClaim.claimName"), ""));
  }
}

void ValidateVolumes(const PodSpec& spec, absl::string_view path, FieldErrors* errors) {
  std::set<std::string> names;
  for (int i = 0; i < spec.volumes_size(); ++i) {
    const std::string at = Index(Child(path, "volumes"), i);
    ValidateVolume(spec.volumes(i), at, errors);
    if (!names.insert(spec.volumes(i).name()).second) {
      errors->push_back(FieldError::Duplicate(Child(at, "name"), spec.volumes(i).name()));
    }
  }
}

void ValidateToleration(const Toleration& toleration, const std::string& at, FieldErrors* errors) {
  if (!toleration.key().empty()) {
    AddInvalid(api::ValidateQualifiedName(toleration.key()), Child(at, "key"), toleration.key(), errors);
  } else if (toleration.operator_() != "Exists") {
    errors->push_back(FieldError::Invalid(
        Child(at, "operator"), toleration.operator_(),
        "operator must be Exists when `key` is empty, which means \"match all values and all keys\""));
  }
  if (toleration.has_tolerationseconds() && toleration.effect() != "NoExecute") {
    errors->push_back(FieldError::Invalid(Child(at, "effect"), toleration.effect(),
                                          "effect must be 'NoExecute' when `tolerationSeconds` is set"));
  }
  AllowOneOf(toleration.operator_(), {"Equal", "Exists"}, Child(at, "operator"), errors);
  if (toleration.operator_() == "Exists" && !toleration.value().empty()) {
    errors->push_back(FieldError::Invalid(Child(at, "operator"), toleration.value(),
                                          "value must be empty when `operator` is 'Exists'"));
  } else if (toleration.operator_() != "Exists") {
    AddInvalid(api::ValidateLabelValue(toleration.value()), Child(at, "operator"), toleration.value(), errors);
  }
  AllowOneOf(toleration.effect(), {"NoExecute", "NoSchedule", "PreferNoSchedule"}, Child(at, "effect"), errors);
}

void ValidateScheduling(const PodSpec& spec, absl::string_view path, FieldErrors* errors) {
  for (const auto& [key, value] : spec.nodeselector()) {
    AddInvalid(api::ValidateQualifiedName(key), Child(path, "nodeSelector"), key, errors);
    AddInvalid(api::ValidateLabelValue(value), Child(path, "nodeSelector"), value, errors);
  }
  for (int i = 0; i < spec.tolerations_size(); ++i) {
    ValidateToleration(spec.tolerations(i), Index(Child(path, "tolerations"), i), errors);
  }
  const auto& node_affinity = spec.affinity().nodeaffinity();
  const std::string affinity = Child(path, "affinity.nodeAffinity");
  if (node_affinity.has_requiredduringschedulingignoredduringexecution() &&
      node_affinity.requiredduringschedulingignoredduringexecution().nodeselectorterms_size() == 0) {
    errors->push_back(
        FieldError::Required(Child(affinity, "requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms"),
                             "must have at least one node selector term"));
  }
  for (int i = 0; i < node_affinity.preferredduringschedulingignoredduringexecution_size(); ++i) {
    const int weight = node_affinity.preferredduringschedulingignoredduringexecution(i).weight();
    if (weight < 1 || weight > 100) {
      errors->push_back(FieldError::InvalidNumber(
          Child(Index(Child(affinity, "preferredDuringSchedulingIgnoredDuringExecution"), i), "weight"), weight,
          "must be in the range 1-100"));
    }
  }
  for (int i = 0; i < spec.topologyspreadconstraints_size(); ++i) {
    const auto& constraint = spec.topologyspreadconstraints(i);
    const std::string at = Index(Child(path, "topologySpreadConstraints"), i);
    if (constraint.maxskew() <= 0) {
      errors->push_back(
          FieldError::InvalidNumber(Child(at, "maxSkew"), constraint.maxskew(), "must be greater than zero"));
    }
    if (constraint.topologykey().empty())
      errors->push_back(FieldError::Required(Child(at, "topologyKey"), "can not be empty"));
    RequireOneOf(constraint.whenunsatisfiable(), {"DoNotSchedule", "ScheduleAnyway"}, Child(at, "whenUnsatisfiable"),
                 errors);
  }
}

// A pod with every field reset that an update may change, so that the rest can be compared.
Pod WithoutMutableFields(const Pod& pod) {
  Pod fixed;
  *fixed.mutable_spec() = pod.spec();
  for (auto& container : *fixed.mutable_spec()->mutable_containers()) container.clear_image();
  for (auto& container : *fixed.mutable_spec()->mutable_initcontainers()) container.clear_image();
  fixed.mutable_spec()->clear_activedeadlineseconds();
  fixed.mutable_spec()->clear_tolerations();
  fixed.mutable_spec()->clear_schedulinggates();
  if (pod.spec().schedulinggates_size() > 0) fixed.mutable_spec()->clear_nodeselector();
  return fixed;
}

void ValidateTolerationsKept(const Pod& pod, const Pod& old, FieldErrors* errors) {
  for (const Toleration& before : old.spec().tolerations()) {
    bool kept = false;
    for (Toleration after : pod.spec().tolerations()) {
      if (before.has_tolerationseconds())
        after.set_tolerationseconds(before.tolerationseconds());
      else
        after.clear_tolerationseconds();
      kept = kept || google::protobuf::util::MessageDifferencer::Equals(before, after);
    }
    if (!kept) {
      errors->push_back(FieldError::Forbidden("spec.tolerations",
                                              "existing toleration can not be modified except its tolerationSeconds"));
      return;
    }
  }
}

}  // namespace

void ValidatePodSpec(const PodSpec& spec, absl::string_view path, FieldErrors* errors) {
  ValidateVolumes(spec, path, errors);
  ValidateContainers(spec, path, errors);
  RequireOneOf(spec.restartpolicy(), {"Always", "Never", "OnFailure"}, Child(path, "restartPolicy"), errors);
  RequireOneOf(spec.dnspolicy(), {"ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"},
               Child(path, "dnsPolicy"), errors);
  RequireNonNegative(spec.terminationgraceperiodseconds(), Child(path, "terminationGracePeriodSeconds"), errors);
  if (spec.has_activedeadlineseconds() &&
      (spec.activedeadlineseconds() < 1 || spec.activedeadlineseconds() > 2147483647)) {
    errors->push_back(FieldError::InvalidNumber(Child(path, "activeDeadlineSeconds"), spec.activedeadlineseconds(),
                                                "must be between 1 and 2147483647, inclusive"));
  }
  const auto subdomain = [&](const std::string& value, absl::string_view field) {
    if (!value.empty()) AddInvalid(api::ValidateDns1123Subdomain(value), Child(path, field), value, errors);
  };
  const auto label = [&](const std::string& value, absl::string_view field) {
    if (!value.empty()) AddInvalid(api::ValidateDns1123Label(value), Child(path, field), value, errors);
  };
  subdomain(spec.serviceaccountname(), "serviceAccountName");
  subdomain(spec.nodename(), "nodeName");
  subdomain(spec.runtimeclassname(), "runtimeClassName");
  subdomain(spec.priorityclassname(), "priorityClassName");
  label(spec.hostname(), "hostname");
  label(spec.subdomain(), "subdomain");
  AllowOneOf(spec.preemptionpolicy(), {"Never", "PreemptLowerPriority"}, Child(path, "preemptionPolicy"), errors);
  for (int i = 0; i < spec.readinessgates_size(); ++i) {
    const std::string& type = spec.readinessgates(i).conditiontype();
    AddInvalid(api::ValidateQualifiedName(type), Child(Index(Child(path, "readinessGates"), i), "conditionType"), type,
               errors);
  }
  ValidateScheduling(spec, path, errors);
}

void ValidatePodTemplate(const k8s::core::v1::PodTemplateSpec& pod_template, absl::string_view path,
                         FieldErrors* errors) {
  const std::string labels = Child(path, "labels");
  for (const auto& [key, value] : pod_template.metadata().labels()) {
    AddInvalid(api::ValidateQualifiedName(key), labels, key, errors);
    AddInvalid(api::ValidateLabelValue(value), labels, value, errors);
  }
  ValidatePodSpec(pod_template.spec(), Child(path, "spec"), errors);
}

void ValidatePodUpdate(const Pod& pod, const Pod& old, FieldErrors* errors) {
  if (pod.spec().containers_size() != old.spec().containers_size()) {
    errors->push_back(FieldError::Forbidden("spec.containers", "pod updates may not add or remove containers"));
    return;
  }
  ValidateTolerationsKept(pod, old, errors);
  if (old.spec().has_activedeadlineseconds()) {
    if (!pod.spec().has_activedeadlineseconds()) {
      errors->push_back(FieldError::Invalid("spec.activeDeadlineSeconds", "",
                                            "must not update from a positive integer to nil value"));
    } else if (pod.spec().activedeadlineseconds() > old.spec().activedeadlineseconds()) {
      errors->push_back(FieldError::InvalidNumber("spec.activeDeadlineSeconds", pod.spec().activedeadlineseconds(),
                                                  "must be less than or equal to previous value"));
    }
  }
  if (!google::protobuf::util::MessageDifferencer::Equals(WithoutMutableFields(pod), WithoutMutableFields(old))) {
    errors->push_back(FieldError::Forbidden(
        "spec",
        "pod updates may not change fields other than "
        "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` "
        "(only "
        "additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was "
        "previously negative)"));
  }
}

}  // namespace kubelite::apiserver
