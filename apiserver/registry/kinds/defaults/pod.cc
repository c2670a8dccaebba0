#include "apiserver/registry/kinds/defaults/pod.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "common/api/quantity.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::core::v1::Container;
using k8s::core::v1::Lifecycle;
using k8s::core::v1::LifecycleHandler;
using k8s::core::v1::PodSpec;
using k8s::core::v1::Probe;
using k8s::core::v1::Volume;

// Always for tag "latest" or none, IfNotPresent for another tag or a digest.
const char* DefaultPullPolicy(const std::string& image) {
  if (absl::StrContains(image, '@')) return "IfNotPresent";
  const size_t slash = image.rfind('/');
  const size_t colon = image.rfind(':');
  const bool tagged = colon != std::string::npos && (slash == std::string::npos || colon > slash);
  return tagged && image.substr(colon + 1) != "latest" ? "IfNotPresent" : "Always";
}

template <typename HttpGet>
void DefaultHttpGet(HttpGet* get) {
  if (get->path().empty()) get->set_path("/");
  if (get->scheme().empty()) get->set_scheme("HTTP");
}

void DefaultProbe(Probe* probe) {
  if (probe->timeoutseconds() == 0) probe->set_timeoutseconds(1);
  if (probe->periodseconds() == 0) probe->set_periodseconds(10);
  if (probe->successthreshold() == 0) probe->set_successthreshold(1);
  if (probe->failurethreshold() == 0) probe->set_failurethreshold(3);
  if (probe->handler().has_httpget()) DefaultHttpGet(probe->mutable_handler()->mutable_httpget());
  if (probe->handler().has_grpc() && !probe->handler().grpc().has_service()) {
    probe->mutable_handler()->mutable_grpc()->set_service("");
  }
}

void DefaultLifecycle(Lifecycle* lifecycle) {
  if (lifecycle->poststart().has_httpget()) DefaultHttpGet(lifecycle->mutable_poststart()->mutable_httpget());
  if (lifecycle->prestop().has_httpget()) DefaultHttpGet(lifecycle->mutable_prestop()->mutable_httpget());
}

// Of a container or an ephemeral container.
template <typename T>
void DefaultContainer(T* container) {
  if (container->imagepullpolicy().empty()) container->set_imagepullpolicy(DefaultPullPolicy(container->image()));
  if (container->terminationmessagepath().empty()) container->set_terminationmessagepath("/dev/termination-log");
  if (container->terminationmessagepolicy().empty()) container->set_terminationmessagepolicy("File");
  for (auto& port : *container->mutable_ports()) {
    if (port.protocol().empty()) port.set_protocol("TCP");
  }
  for (auto& env : *container->mutable_env()) {
    if (!env.has_valuefrom()) continue;
    auto* from = env.mutable_valuefrom();
    if (from->has_fieldref() && from->fieldref().apiversion().empty()) from->mutable_fieldref()->set_apiversion("v1");
    if (from->has_filekeyref() && !from->filekeyref().has_optional()) from->mutable_filekeyref()->set_optional(false);
  }
  if (container->has_livenessprobe()) DefaultProbe(container->mutable_livenessprobe());
  if (container->has_readinessprobe()) DefaultProbe(container->mutable_readinessprobe());
  if (container->has_startupprobe()) DefaultProbe(container->mutable_startupprobe());
  if (container->has_lifecycle()) DefaultLifecycle(container->mutable_lifecycle());
}

// The sources that name a storage system.
void DefaultStorageVolume(k8s::core::v1::VolumeSource* source) {
  if (source->has_iscsi() && !source->iscsi().has_iscsiinterface()) {
    source->mutable_iscsi()->set_iscsiinterface("default");
  }
  if (source->has_rbd()) {
    auto* rbd = source->mutable_rbd();
    if (rbd->pool().empty()) rbd->set_pool("rbd");
    if (rbd->user().empty()) rbd->set_user("admin");
    if (rbd->keyring().empty()) rbd->set_keyring("/etc/ceph/keyring");
  }
  if (source->has_azuredisk()) {
    auto* disk = source->mutable_azuredisk();
    if (!disk->has_cachingmode()) disk->set_cachingmode("ReadWrite");
    if (!disk->has_kind()) disk->set_kind("Shared");
    if (!disk->has_fstype()) disk->set_fstype("ext4");
    if (!disk->has_readonly()) disk->set_readonly(false);
  }
  if (source->has_scaleio()) {
    if (source->scaleio().storagemode().empty()) source->mutable_scaleio()->set_storagemode("ThinProvisioned");
    if (source->scaleio().fstype().empty()) source->mutable_scaleio()->set_fstype("xfs");
  }
}

// A volume source whose defaults go deeper than "emptyDir when nothing is set".
void DefaultVolume(Volume* volume) {
  constexpr int kDefaultMode = 0644;
  auto* source = volume->mutable_volumesource();
  if (source->ByteSizeLong() == 0 && !source->has_emptydir()) source->mutable_emptydir();
  if (source->has_secret() && !source->secret().has_defaultmode())
    source->mutable_secret()->set_defaultmode(kDefaultMode);
  if (source->has_configmap() && !source->configmap().has_defaultmode()) {
    source->mutable_configmap()->set_defaultmode(kDefaultMode);
  }
  if (source->has_downwardapi() && !source->downwardapi().has_defaultmode()) {
    source->mutable_downwardapi()->set_defaultmode(kDefaultMode);
  }
  if (source->has_projected()) {
    if (!source->projected().has_defaultmode()) source->mutable_projected()->set_defaultmode(kDefaultMode);
    for (auto& projection : *source->mutable_projected()->mutable_sources()) {
      if (projection.has_serviceaccounttoken() && !projection.serviceaccounttoken().has_expirationseconds()) {
        projection.mutable_serviceaccounttoken()->set_expirationseconds(3600);
      }
    }
  }
  if (source->has_hostpath() && !source->hostpath().has_type()) source->mutable_hostpath()->set_type("");
  if (source->has_image() && source->image().pullpolicy().empty()) {
    source->mutable_image()->set_pullpolicy(DefaultPullPolicy(source->image().reference()));
  }
  if (source->ephemeral().has_volumeclaimtemplate()) {
    auto* claim = source->mutable_ephemeral()->mutable_volumeclaimtemplate()->mutable_spec();
    if (!claim->has_volumemode()) claim->set_volumemode("Filesystem");
  }
  DefaultStorageVolume(source);
}

void DefaultPodSpec(PodSpec* spec) {
  if (spec->dnspolicy().empty()) spec->set_dnspolicy("ClusterFirst");
  if (spec->restartpolicy().empty()) spec->set_restartpolicy("Always");
  if (!spec->has_securitycontext()) spec->mutable_securitycontext();
  if (!spec->has_terminationgraceperiodseconds()) spec->set_terminationgraceperiodseconds(30);
  if (spec->schedulername().empty()) spec->set_schedulername("default-scheduler");
  if (spec->serviceaccountname().empty()) spec->set_serviceaccountname(spec->serviceaccount());
  if (!spec->serviceaccountname().empty()) spec->set_serviceaccount(spec->serviceaccountname());
  for (Container& container : *spec->mutable_containers()) DefaultContainer(&container);
  for (Container& container : *spec->mutable_initcontainers()) DefaultContainer(&container);
  for (auto& ephemeral : *spec->mutable_ephemeralcontainers()) {
    DefaultContainer(ephemeral.mutable_ephemeralcontainercommon());
  }
  for (Volume& volume : *spec->mutable_volumes()) DefaultVolume(&volume);
}

void RequestsFromLimits(Container* container) {
  for (const auto& [resource, limit] : container->resources().limits()) {
    auto* requests = container->mutable_resources()->mutable_requests();
    if (!requests->contains(resource)) (*requests)[resource] = limit;
  }
}

void HostPorts(Container* container) {
  for (auto& port : *container->mutable_ports()) {
    if (port.hostport() == 0) port.set_hostport(port.containerport());
  }
}

}  // namespace

void DefaultPod(k8s::core::v1::Pod* pod) {
  PodSpec* spec = pod->mutable_spec();
  DefaultPodSpec(spec);
  if (!spec->has_enableservicelinks()) spec->set_enableservicelinks(true);
  for (auto* containers : {spec->mutable_containers(), spec->mutable_initcontainers()}) {
    for (Container& container : *containers) {
      RequestsFromLimits(&container);
      if (spec->hostnetwork()) HostPorts(&container);
    }
  }
}

void DefaultPodTemplate(k8s::core::v1::PodTemplateSpec* pod_template) { DefaultPodSpec(pod_template->mutable_spec()); }

const char* QosClass(const PodSpec& spec) {
  bool any = false;
  bool guaranteed = true;
  for (const auto* containers : {&spec.containers(), &spec.initcontainers()}) {
    for (const Container& container : *containers) {
      for (const char* resource : {"cpu", "memory"}) {
        const auto limit = container.resources().limits().find(resource);
        const auto request = container.resources().requests().find(resource);
        const bool has_limit =
            limit != container.resources().limits().end() && !api::Quantity::From(limit->second).IsZero();
        const bool has_request =
            request != container.resources().requests().end() && !api::Quantity::From(request->second).IsZero();
        any = any || has_limit || has_request;
        const bool equal =
            has_limit && (!has_request || api::Quantity::From(limit->second) == api::Quantity::From(request->second));
        guaranteed = guaranteed && equal;
      }
    }
  }
  return !any ? "BestEffort" : guaranteed ? "Guaranteed" : "Burstable";
}

}  // namespace kubelite::apiserver
