#include "absl/strings/str_cat.h"
#include "apiserver/admission/admission.h"
#include "apiserver/admission/pods.h"

namespace kubelite::apiserver {
namespace {

using k8s::core::v1::Pod;

constexpr char kLeaseNamespace[] = "kube-node-lease";

std::string CheckPod(const Request& request, const std::string& node, const Pod* pod, const Pod* old) {
  const std::string quoted = absl::StrCat("node \"", node, "\"");
  if (old == nullptr) {
    if (!IsMirrorPod(*pod)) {
      return absl::StrCat("pod does not have \"kubernetes.io/config.mirror\" annotation, ", quoted,
                          " can only create mirror pods");
    }
    if (pod->spec().nodename() == node) return "";
    return absl::StrCat(quoted, " can only create pods with spec.nodeName set to itself");
  }
  if (old->spec().nodename() != node) {
    return absl::StrCat(quoted, pod == nullptr ? " can only delete pods" : " can only update pod status for pods",
                        " with spec.nodeName set to itself");
  }
  if (pod != nullptr && request.subresource != "status") {
    return absl::StrCat(quoted, " can only update the status of pods");
  }
  return "";
}

std::string CheckLease(const std::string& node, const k8s::meta::v1::ObjectMeta& meta) {
  if (meta.namespace_() != kLeaseNamespace) {
    return absl::StrCat("can only access leases in the \"", kLeaseNamespace, "\" system namespace");
  }
  return meta.name() == node ? "" : "can only access node lease with the same name as the requesting node";
}

absl::Status Check(Registry&, const Request& request, const api::Object* object, const api::Object* old) {
  const std::string node = NodeOf(request.user);
  if (node.empty() || request.info == nullptr) return absl::OkStatus();
  const k8s::meta::v1::ObjectMeta& meta = api::Meta(object != nullptr ? *object : *old);
  const std::string resource = request.info->GroupResource();
  std::string refusal;
  if (resource == "pods") {
    refusal = CheckPod(request, node, static_cast<const Pod*>(object), static_cast<const Pod*>(old));
  } else if (resource == "nodes") {
    if (meta.name() != node) {
      refusal = absl::StrCat("node \"", node, "\" is not allowed to modify node \"", meta.name(), "\"");
    }
  } else if (resource == "leases.coordination.k8s.io") {
    refusal = CheckLease(node, meta);
  }
  return refusal.empty() ? absl::OkStatus() : api::Forbidden(*request.info, meta.name(), refusal);
}

}  // namespace

AdmissionStep NodeRestriction() { return {.name = "NodeRestriction", .mutate = nullptr, .validate = Check}; }

}  // namespace kubelite::apiserver
