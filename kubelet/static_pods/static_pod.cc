#include "kubelet/static_pods/static_pod.h"

#include <openssl/evp.h>

#include <set>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/api/json.h"
#include "common/api/names.h"
#include "common/api/object.h"
#include "common/api/yaml.h"
#include "common/base/status_macros.h"

namespace kubelite::kubelet {

using k8s::core::v1::Container;
using k8s::core::v1::Pod;

namespace {

constexpr size_t kUidLength = 32;

std::string Hash(absl::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr);
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<char*>(digest), size)).substr(0, kUidLength);
}

// What the API server would refuse and the kubelet could not run safely: names become directories.
absl::Status Validate(const Pod& pod) {
  const auto& meta = pod.metadata();
  if (!api::ValidateDns1123Subdomain(meta.name()).empty()) {
    return absl::InvalidArgumentError(absl::StrCat("metadata.name: Invalid value: \"", meta.name(), "\""));
  }
  if (!api::ValidateDns1123Label(meta.namespace_()).empty()) {
    return absl::InvalidArgumentError(absl::StrCat("metadata.namespace: Invalid value: \"", meta.namespace_(), "\""));
  }
  if (pod.spec().containers().empty()) return absl::InvalidArgumentError("spec.containers: Required value");
  std::set<std::string> names;
  const auto check = [&](const Container& container, const std::string& field) -> absl::Status {
    if (!api::ValidateDns1123Label(container.name()).empty() || !names.insert(container.name()).second) {
      return absl::InvalidArgumentError(
          absl::StrCat(field, ".name: Invalid or duplicate value: \"", container.name(), "\""));
    }
    if (container.image().empty()) return absl::InvalidArgumentError(absl::StrCat(field, ".image: Required value"));
    return absl::OkStatus();
  };
  for (int i = 0; i < pod.spec().initcontainers_size(); ++i) {
    RETURN_IF_ERROR(check(pod.spec().initcontainers(i), absl::StrCat("spec.initContainers[", i, "]")));
  }
  for (int i = 0; i < pod.spec().containers_size(); ++i) {
    RETURN_IF_ERROR(check(pod.spec().containers(i), absl::StrCat("spec.containers[", i, "]")));
  }
  return absl::OkStatus();
}

absl::StatusOr<Pod> ParsePod(const std::string& json, const std::string& path, const std::string& node) {
  ASSIGN_OR_RETURN(const api::TypeMeta type, api::PeekTypeMeta(json));
  if (type.kind != "Pod" || type.api_version != "v1") {
    return absl::InvalidArgumentError(
        absl::StrCat("only v1 Pod can be a static pod, not ", type.api_version, " ", type.kind));
  }
  Pod pod;
  RETURN_IF_ERROR(api::DecodeJsonInto(json, &pod));
  auto* meta = pod.mutable_metadata();
  if (meta->namespace_().empty()) meta->set_namespace_("default");
  if (!absl::EndsWith(meta->name(), "-" + node)) meta->set_name(absl::StrCat(meta->name(), "-", node));
  // The text, not the decoded form, so that defaults of a newer version change nothing.
  meta->set_uid(Hash(absl::StrCat(node, "\n", path, "\n", json)));
  (*meta->mutable_annotations())[kHashAnnotation] = meta->uid();
  (*meta->mutable_annotations())[kSourceAnnotation] = "file";
  pod.mutable_spec()->set_nodename(node);
  pod.mutable_status()->set_phase("Pending");
  RETURN_IF_ERROR(Validate(pod));
  auto* toleration = pod.mutable_spec()->add_tolerations();
  toleration->set_operator_("Exists");
  toleration->set_effect("NoExecute");
  return pod;
}

}  // namespace

absl::StatusOr<std::vector<Pod>> ParseStaticPods(absl::string_view text, const std::string& path,
                                                 const std::string& node) {
  ASSIGN_OR_RETURN(const std::vector<api::ManifestDocument> documents, api::ReadManifest(text, path));
  std::vector<Pod> pods;
  for (const api::ManifestDocument& document : documents) {
    absl::StatusOr<Pod> pod = ParsePod(document.json, path, node);
    if (!pod.ok()) return base::Annotate(pod.status(), absl::StrCat(path, ": line ", document.line));
    pods.push_back(*std::move(pod));
  }
  return pods;
}

Pod MakeMirrorPod(const Pod& static_pod, const std::string& node, const std::string& node_uid) {
  Pod mirror = static_pod;
  auto* meta = mirror.mutable_metadata();
  (*meta->mutable_annotations())[kMirrorAnnotation] = meta->uid();
  meta->clear_uid();
  meta->clear_resourceversion();
  mirror.clear_status();
  if (!node_uid.empty()) {
    auto* owner = meta->add_ownerreferences();
    owner->set_apiversion("v1");
    owner->set_kind("Node");
    owner->set_name(node);
    owner->set_uid(node_uid);
    owner->set_controller(true);
  }
  return mirror;
}

bool IsMirrorPod(const Pod& pod) { return pod.metadata().annotations().count(kMirrorAnnotation) > 0; }

bool IsMirrorOf(const Pod& mirror, const Pod& static_pod) {
  return IsMirrorPod(mirror) && mirror.metadata().annotations().at(kMirrorAnnotation) == static_pod.metadata().uid();
}

}  // namespace kubelite::kubelet
