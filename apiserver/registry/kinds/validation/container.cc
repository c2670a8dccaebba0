#include "apiserver/registry/kinds/validation/container.h"

#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "apiserver/registry/kinds/validation/fields.h"
#include "common/api/names.h"
#include "common/api/quantity.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::core::v1::Container;
using k8s::core::v1::ContainerPort;
using k8s::core::v1::EnvVar;
using k8s::core::v1::PodSpec;
using k8s::core::v1::Probe;
using ResourceList = google::protobuf::Map<std::string, k8s::apimachinery::resource::Quantity>;

void ValidatePorts(const Container& container, const PodSpec& spec, const std::string& at, FieldErrors* errors) {
  std::set<std::string> names;
  for (int i = 0; i < container.ports_size(); ++i) {
    const ContainerPort& port = container.ports(i);
    const std::string path = Index(Child(at, "ports"), i);
    if (!port.name().empty()) {
      const std::vector<std::string> problems = api::ValidatePortName(port.name());
      AddInvalid(problems, Child(path, "name"), port.name(), errors);
      if (problems.empty() && !names.insert(port.name()).second) {
        errors->push_back(FieldError::Duplicate(Child(path, "name"), port.name()));
      }
    }
    if (port.containerport() == 0)
      errors->push_back(FieldError::Required(Child(path, "containerPort"), ""));
    else
      ValidatePort(port.containerport(), Child(path, "containerPort"), errors);
    if (port.hostport() != 0) ValidatePort(port.hostport(), Child(path, "hostPort"), errors);
    if (spec.hostnetwork() && port.hostport() != 0 && port.hostport() != port.containerport()) {
      errors->push_back(FieldError::InvalidNumber(Child(path, "hostPort"), port.hostport(),
                                                  "must match `containerPort` when `hostNetwork` is true"));
    }
    RequireOneOf(port.protocol(), {"SCTP", "TCP", "UDP"}, Child(path, "protocol"), errors);
  }
}

void ValidateEnvSource(const EnvVar& env, const std::string& path, FieldErrors* errors) {
  const auto& source = env.valuefrom();
  const int sources = source.has_fieldref() + source.has_resourcefieldref() + source.has_configmapkeyref() +
                      source.has_secretkeyref() + source.has_filekeyref();
  const std::string at = Child(path, "valueFrom");
  if (sources == 0) {
    errors->push_back(FieldError::Invalid(
        at, "",
        "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"));
  } else if (!env.value().empty()) {
    errors->push_back(FieldError::Invalid(at, "", "may not be specified when `value` is not empty"));
  } else if (sources > 1) {
    errors->push_back(FieldError::Invalid(at, "", "may not have more than one field specified at a time"));
  }
  const auto key = [&](const auto& ref, absl::string_view field) {
    if (ref.key().empty())
      errors->push_back(FieldError::Required(absl::StrCat(at, ".", field, ".key"), ""));
    else
      AddInvalid(api::ValidateConfigMapKey(ref.key()), absl::StrCat(at, ".", field, ".key"), ref.key(), errors);
  };
  if (source.has_configmapkeyref()) key(source.configmapkeyref(), "configMapKeyRef");
  if (source.has_secretkeyref()) key(source.secretkeyref(), "secretKeyRef");
  if (source.has_fieldref()) {
    const std::string& field = source.fieldref().fieldpath();
    if (!absl::StartsWith(field, "metadata.labels['") && !absl::StartsWith(field, "metadata.annotations['")) {
      RequireOneOf(field,
                   {"metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName",
                    "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"},
                   Child(at, "fieldRef.fieldPath"), errors);
    }
  }
}

void ValidateEnv(const Container& container, const std::string& at, FieldErrors* errors) {
  for (int i = 0; i < container.env_size(); ++i) {
    const EnvVar& env = container.env(i);
    const std::string path = Index(Child(at, "env"), i);
    if (env.name().empty())
      errors->push_back(FieldError::Required(Child(path, "name"), ""));
    else
      AddInvalid(api::ValidateEnvVarName(env.name()), Child(path, "name"), env.name(), errors);
    if (env.has_valuefrom()) ValidateEnvSource(env, path, errors);
  }
  for (int i = 0; i < container.envfrom_size(); ++i) {
    const auto& from = container.envfrom(i);
    const std::string path = Index(Child(at, "envFrom"), i);
    if (!from.has_configmapref() && !from.has_secretref()) {
      errors->push_back(FieldError::Invalid(path, "", "must specify one of: `configMapRef` or `secretRef`"));
    } else if (from.has_configmapref() && from.has_secretref()) {
      errors->push_back(FieldError::Invalid(path, "", "may not have more than one field specified at a time"));
    }
  }
}

void ValidateMounts(const Container& container, const std::set<std::string>& volumes, const std::string& at,
                    FieldErrors* errors) {
  std::set<std::string> paths;
  for (int i = 0; i < container.volumemounts_size(); ++i) {
    const auto& mount = container.volumemounts(i);
    const std::string path = Index(Child(at, "volumeMounts"), i);
    if (mount.name().empty()) {
      errors->push_back(FieldError::Required(Child(path, "name"), ""));
    } else if (volumes.count(mount.name()) == 0) {
      errors->push_back(
          FieldError{FieldError::Type::kNotFound, Child(path, "name"), "", absl::StrCat("\"", mount.name(), "\"")});
    }
    if (mount.mountpath().empty())
      errors->push_back(FieldError::Required(Child(path, "mountPath"), ""));
    else if (!paths.insert(mount.mountpath()).second) {
      errors->push_back(FieldError::Invalid(Child(path, "mountPath"), mount.mountpath(), "must be unique"));
    }
    if (absl::StartsWith(mount.subpath(), "/")) {
      errors->push_back(FieldError::Invalid(Child(path, "subPath"), mount.subpath(), "must be a relative path"));
    }
    for (absl::string_view part : absl::StrSplit(mount.subpath(), '/')) {
      if (part == "..")
        errors->push_back(FieldError::Invalid(Child(path, "subPath"), mount.subpath(), "must not contain '..'"));
    }
  }
}

// Probe handlers and lifecycle handlers have the same shape but different members.
template <typename Handler>
void ValidateHandler(const Handler& handler, int handlers, const std::string& at, FieldErrors* errors) {
  if (handlers == 0) errors->push_back(FieldError::Required(at, "must specify a handler type"));
  if (handlers > 1) errors->push_back(FieldError::Forbidden(at, "may not specify more than 1 handler type"));
  if (handler.has_exec() && handler.exec().command_size() == 0) {
    errors->push_back(FieldError::Required(Child(at, "exec.command"), ""));
  }
  if (handler.has_httpget()) {
    if (handler.httpget().path().empty()) errors->push_back(FieldError::Required(Child(at, "httpGet.path"), ""));
    ValidatePortOrName(handler.httpget().port(), Child(at, "httpGet.port"), errors);
    AllowOneOf(handler.httpget().scheme(), {"HTTP", "HTTPS"}, Child(at, "httpGet.scheme"), errors);
  }
  if (handler.has_tcpsocket()) ValidatePortOrName(handler.tcpsocket().port(), Child(at, "tcpSocket.port"), errors);
}

void ValidateProbe(const Probe& probe, const std::string& at, FieldErrors* errors) {
  const auto& handler = probe.handler();
  ValidateHandler(handler, handler.has_exec() + handler.has_httpget() + handler.has_tcpsocket() + handler.has_grpc(),
                  at, errors);
  if (handler.has_grpc()) ValidatePort(handler.grpc().port(), Child(at, "grpc.port"), errors);
  RequireNonNegative(probe.initialdelayseconds(), Child(at, "initialDelaySeconds"), errors);
  RequireNonNegative(probe.timeoutseconds(), Child(at, "timeoutSeconds"), errors);
  RequireNonNegative(probe.periodseconds(), Child(at, "periodSeconds"), errors);
  RequireNonNegative(probe.successthreshold(), Child(at, "successThreshold"), errors);
  RequireNonNegative(probe.failurethreshold(), Child(at, "failureThreshold"), errors);
}

void ValidateProbes(const Container& container, const std::string& at, FieldErrors* errors) {
  if (container.has_livenessprobe()) {
    ValidateProbe(container.livenessprobe(), Child(at, "livenessProbe"), errors);
    if (container.livenessprobe().successthreshold() != 1) {
      errors->push_back(FieldError::InvalidNumber(Child(at, "livenessProbe.successThreshold"),
                                                  container.livenessprobe().successthreshold(), "must be 1"));
    }
  }
  if (container.has_startupprobe()) {
    ValidateProbe(container.startupprobe(), Child(at, "startupProbe"), errors);
    if (container.startupprobe().successthreshold() != 1) {
      errors->push_back(FieldError::InvalidNumber(Child(at, "startupProbe.successThreshold"),
                                                  container.startupprobe().successthreshold(), "must be 1"));
    }
  }
  if (container.has_readinessprobe()) {
    ValidateProbe(container.readinessprobe(), Child(at, "readinessProbe"), errors);
    if (container.readinessprobe().has_terminationgraceperiodseconds()) {
      errors->push_back(FieldError::InvalidNumber(Child(at, "readinessProbe.terminationGracePeriodSeconds"),
                                                  container.readinessprobe().terminationgraceperiodseconds(),
                                                  "must not be set for readinessProbes"));
    }
  }
  for (const auto& [set, handler, name] :
       {std::tuple(container.lifecycle().has_poststart(), &container.lifecycle().poststart(), "lifecycle.postStart"),
        std::tuple(container.lifecycle().has_prestop(), &container.lifecycle().prestop(), "lifecycle.preStop")}) {
    if (!set) continue;
    ValidateHandler(*handler,
                    handler->has_exec() + handler->has_httpget() + handler->has_tcpsocket() + handler->has_sleep(),
                    Child(at, name), errors);
  }
}

void ValidateResourceList(const ResourceList& list, const std::string& at, FieldErrors* errors) {
  for (const auto& [name, quantity] : list) {
    const std::string path = Entry(at, name);
    AddInvalid(api::ValidateQualifiedName(name), path, name, errors);
    if (!absl::StrContains(name, '/') && name != "cpu" && name != "memory" && name != "ephemeral-storage" &&
        !absl::StartsWith(name, "hugepages-")) {
      errors->push_back(FieldError::Invalid(path, name, "must be a standard resource for containers"));
    }
    const absl::StatusOr<api::Quantity> value = api::Quantity::Parse(quantity.string());
    if (!value.ok()) {
      errors->push_back(FieldError::Invalid(path, quantity.string(), std::string(value.status().message())));
    } else if (value->Sign() < 0) {
      errors->push_back(FieldError::Invalid(path, quantity.string(), "must be greater than or equal to 0"));
    }
  }
}

void ValidateResources(const Container& container, const std::string& at, FieldErrors* errors) {
  const auto& resources = container.resources();
  ValidateResourceList(resources.limits(), Child(at, "resources.limits"), errors);
  ValidateResourceList(resources.requests(), Child(at, "resources.requests"), errors);
  for (const auto& [name, request] : resources.requests()) {
    const auto limit = resources.limits().find(name);
    if (limit == resources.limits().end()) continue;
    if (api::Quantity::From(request) > api::Quantity::From(limit->second)) {
      errors->push_back(FieldError::Invalid(
          Child(at, "resources.requests"), request.string(),
          absl::StrCat("must be less than or equal to ", name, " limit of ", limit->second.string())));
    }
  }
}

}  // namespace

void ValidateContainer(const Container& container, const PodSpec& spec, const std::set<std::string>& volumes,
                       const std::string& at, FieldErrors* errors) {
  if (container.name().empty())
    errors->push_back(FieldError::Required(Child(at, "name"), ""));
  else
    AddInvalid(api::ValidateDns1123Label(container.name()), Child(at, "name"), container.name(), errors);
  if (container.image().empty()) {
    errors->push_back(FieldError::Required(Child(at, "image"), ""));
  } else if (container.image().find_first_of(" \t\n") == 0 ||
             container.image().find_last_of(" \t\n") == container.image().size() - 1) {
    errors->push_back(
        FieldError::Invalid(Child(at, "image"), container.image(), "must not have leading or trailing whitespace"));
  }
  RequireOneOf(container.terminationmessagepolicy(), {"FallbackToLogsOnError", "File"},
               Child(at, "terminationMessagePolicy"), errors);
  RequireOneOf(container.imagepullpolicy(), {"Always", "IfNotPresent", "Never"}, Child(at, "imagePullPolicy"), errors);
  ValidatePorts(container, spec, at, errors);
  ValidateEnv(container, at, errors);
  ValidateMounts(container, volumes, at, errors);
  ValidateProbes(container, at, errors);
  ValidateResources(container, at, errors);
}

void ValidateInitContainer(const Container& container, const std::string& at, FieldErrors* errors) {
  AllowOneOf(container.restartpolicy(), {"Always", "Never", "OnFailure"}, Child(at, "restartPolicy"), errors);
  if (container.restartpolicy() == "Always") return;
  constexpr char kOnlySidecars[] = "may not be set for init containers without restartPolicy=Always";
  if (container.has_lifecycle()) errors->push_back(FieldError::Forbidden(Child(at, "lifecycle"), kOnlySidecars));
  if (container.has_livenessprobe())
    errors->push_back(FieldError::Forbidden(Child(at, "livenessProbe"), kOnlySidecars));
  if (container.has_readinessprobe())
    errors->push_back(FieldError::Forbidden(Child(at, "readinessProbe"), kOnlySidecars));
  if (container.has_startupprobe()) errors->push_back(FieldError::Forbidden(Child(at, "startupProbe"), kOnlySidecars));
}

}  // namespace kubelite::apiserver
