#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::kubelet {

// Where variables come from besides the pod itself.
struct EnvironmentSources {
  std::string node_name;
  std::string pod_ip;
  std::string host_ip;
  std::map<std::string, std::string> node_allocatable;  // for limits that are not set
  std::vector<std::shared_ptr<const k8s::core::v1::Service>>
      services;  // of the pod's namespace, and default/kubernetes
  // Objects of the pod's namespace by name. NotFound when absent.
  std::function<absl::StatusOr<std::shared_ptr<const k8s::core::v1::ConfigMap>>(const std::string&)> config_map;
  std::function<absl::StatusOr<std::shared_ptr<const k8s::core::v1::Secret>>(const std::string&)> secret;
};

struct Environment {
  std::vector<std::pair<std::string, std::string>> variables;  // each name once, in order of first definition
  std::vector<std::string> skipped;  // keys of envFrom that are no variable names, as Kind ns/name: key
  const std::string* Find(const std::string& name) const;
};

// The container's variables: of services, then envFrom, then env; later ones win. FailedPrecondition in upstream's
// words when a source is missing and not optional (CreateContainerConfigError); other errors come from reading the
// sources.
absl::StatusOr<Environment> MakeEnvironment(const k8s::core::v1::Pod& pod, const k8s::core::v1::Container& container,
                                            const EnvironmentSources& sources);

// command or args with $(VAR) expanded.
std::vector<std::string> ExpandAll(const google::protobuf::RepeatedPtrField<std::string>& texts,
                                   const Environment& environment);

}  // namespace kubelite::kubelet
