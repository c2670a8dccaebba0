#include "kubelet/pod/environment.h"

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/api/errors.h"
#include "common/api/names.h"
#include "common/base/status_macros.h"
#include "kubelet/pod/downward.h"
#include "kubelet/pod/expansion.h"

namespace kubelite::kubelet {

using k8s::core::v1::ConfigMap;
using k8s::core::v1::Container;
using k8s::core::v1::EnvVar;
using k8s::core::v1::Pod;
using k8s::core::v1::Secret;
using k8s::core::v1::Service;

const std::string* Environment::Find(const std::string& name) const {
  for (const auto& [key, value] : variables) {
    if (key == name) return &value;
  }
  return nullptr;
}

namespace {

class Builder {
 public:
  Builder(const Pod& pod, const Container& container, const EnvironmentSources& sources)
      : pod_(pod), container_(container), sources_(sources) {}

  absl::StatusOr<Environment> Build() {
    const bool links = !pod_.spec().has_enableservicelinks() || pod_.spec().enableservicelinks();
    for (const auto& service : sources_.services) {
      const bool master = service->metadata().name() == "kubernetes" && service->metadata().namespace_() == "default";
      if (links || master) AddService(*service);
    }
    for (const auto& from : container_.envfrom()) RETURN_IF_ERROR(AddFrom(from));
    for (const EnvVar& variable : container_.env()) RETURN_IF_ERROR(AddVariable(variable));
    return std::move(result_);
  }

 private:
  void Set(const std::string& name, std::string value) {
    const auto [at, added] = index_.emplace(name, result_.variables.size());
    if (added) result_.variables.emplace_back(name, "");
    result_.variables[at->second].second = std::move(value);
  }

  void AddService(const Service& service) {
    const std::string& ip = service.spec().clusterip();
    if (ip.empty() || ip == "None" || service.spec().ports().empty()) return;
    const std::string prefix = absl::AsciiStrToUpper(absl::StrReplaceAll(service.metadata().name(), {{"-", "_"}}));
    const auto& ports = service.spec().ports();
    Set(prefix + "_SERVICE_HOST", ip);
    Set(prefix + "_SERVICE_PORT", absl::StrCat(ports[0].port()));
    for (const auto& port : ports) {
      if (port.name().empty()) continue;
      Set(absl::StrCat(prefix, "_SERVICE_PORT_", absl::AsciiStrToUpper(absl::StrReplaceAll(port.name(), {{"-", "_"}}))),
          absl::StrCat(port.port()));
    }
    for (int i = 0; i < ports.size(); ++i) {
      const std::string protocol = ports[i].protocol().empty() ? "TCP" : ports[i].protocol();
      const std::string url = absl::StrCat(absl::AsciiStrToLower(protocol), "://", ip, ":", ports[i].port());
      const std::string name = absl::StrCat(prefix, "_PORT_", ports[i].port(), "_", absl::AsciiStrToUpper(protocol));
      if (i == 0) Set(prefix + "_PORT", url);
      Set(name, url);
      Set(name + "_PROTO", absl::AsciiStrToLower(protocol));
      Set(name + "_PORT", absl::StrCat(ports[i].port()));
      Set(name + "_ADDR", ip);
    }
  }

  template <typename Map>
  void AddAll(const Map& data, const std::string& prefix, const std::string& source) {
    const std::map<std::string, std::string> sorted(data.begin(), data.end());
    for (const auto& [key, value] : sorted) {
      const std::string name = prefix + key;
      if (api::ValidateEnvVarName(name).empty()) {
        Set(name, value);
      } else {
        result_.skipped.push_back(absl::StrCat(source, ": ", key));
      }
    }
  }

  absl::Status AddFrom(const k8s::core::v1::EnvFromSource& from) {
    const std::string& ns = pod_.metadata().namespace_();
    if (from.has_configmapref()) {
      const std::string& name = from.configmapref().localobjectreference().name();
      ASSIGN_OR_RETURN(const auto object, Read(sources_.config_map, "configmap", name, from.configmapref().optional()));
      if (object) AddAll(object->data(), from.prefix(), absl::StrCat("ConfigMap ", ns, "/", name));
    }
    if (from.has_secretref()) {
      const std::string& name = from.secretref().localobjectreference().name();
      ASSIGN_OR_RETURN(const auto object, Read(sources_.secret, "secret", name, from.secretref().optional()));
      if (object) AddAll(object->data(), from.prefix(), absl::StrCat("Secret ", ns, "/", name));
    }
    return absl::OkStatus();
  }

  // Null when it is missing and may be.
  template <typename T>
  absl::StatusOr<std::shared_ptr<const T>> Read(
      const std::function<absl::StatusOr<std::shared_ptr<const T>>(const std::string&)>& read, const char* kind,
      const std::string& name, bool optional) {
    if (!read)
      return absl::FailedPreconditionError(absl::StrCat(kind, " \"", name, "\" cannot be read by a static pod"));
    absl::StatusOr<std::shared_ptr<const T>> object = read(name);
    if (object.ok() || !absl::IsNotFound(object.status())) return object;
    if (optional) return std::shared_ptr<const T>();
    return absl::FailedPreconditionError(absl::StrCat(kind, " \"", name, "\" not found"));
  }

  template <typename T>
  absl::Status AddKey(const std::string& variable, const T* object, const char* kind, const std::string& name,
                      const std::string& key, bool optional) {
    if (object == nullptr) return absl::OkStatus();
    const auto found = object->data().find(key);
    if (found != object->data().end()) {
      Set(variable, found->second);
      return absl::OkStatus();
    }
    if (optional) return absl::OkStatus();
    return absl::FailedPreconditionError(
        absl::StrCat("couldn't find key ", key, " in ", kind, " ", pod_.metadata().namespace_(), "/", name));
  }

  absl::Status AddVariable(const EnvVar& variable) {
    if (!variable.has_valuefrom()) {
      Set(variable.name(), Expand(variable.value(), [this](const std::string& name) -> const std::string* {
            const auto found = index_.find(name);
            return found == index_.end() ? nullptr : &result_.variables[found->second].second;
          }));
      return absl::OkStatus();
    }
    const auto& from = variable.valuefrom();
    if (from.has_fieldref()) {
      ASSIGN_OR_RETURN(std::string value, DownwardField(pod_, from.fieldref().fieldpath(),
                                                        {sources_.node_name, sources_.pod_ip, sources_.host_ip}));
      Set(variable.name(), std::move(value));
    } else if (from.has_resourcefieldref()) {
      ASSIGN_OR_RETURN(std::string value,
                       DownwardResource(pod_, container_, from.resourcefieldref(), sources_.node_allocatable));
      Set(variable.name(), std::move(value));
    } else if (from.has_configmapkeyref()) {
      const auto& ref = from.configmapkeyref();
      const std::string& name = ref.localobjectreference().name();
      ASSIGN_OR_RETURN(const auto object, Read(sources_.config_map, "configmap", name, ref.optional()));
      return AddKey(variable.name(), object.get(), "ConfigMap", name, ref.key(), ref.optional());
    } else if (from.has_secretkeyref()) {
      const auto& ref = from.secretkeyref();
      const std::string& name = ref.localobjectreference().name();
      ASSIGN_OR_RETURN(const auto object, Read(sources_.secret, "secret", name, ref.optional()));
      return AddKey(variable.name(), object.get(), "Secret", name, ref.key(), ref.optional());
    }
    return absl::OkStatus();
  }

  const Pod& pod_;
  const Container& container_;
  const EnvironmentSources& sources_;
  Environment result_;
  std::map<std::string, size_t> index_;
};

}  // namespace

absl::StatusOr<Environment> MakeEnvironment(const Pod& pod, const Container& container,
                                            const EnvironmentSources& sources) {
  return Builder(pod, container, sources).Build();
}

std::vector<std::string> ExpandAll(const google::protobuf::RepeatedPtrField<std::string>& texts,
                                   const Environment& environment) {
  std::vector<std::string> expanded;
  for (const std::string& text : texts) {
    expanded.push_back(Expand(text, [&](const std::string& name) { return environment.Find(name); }));
  }
  return expanded;
}

}  // namespace kubelite::kubelet
