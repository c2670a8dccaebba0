#include "apiserver/admission/admission.h"
#include "apiserver/admission/pods.h"

namespace kubelite::apiserver {

k8s::core::v1::Pod* PodOf(const Request& request, api::Object* object) {
  if (object == nullptr || !request.subresource.empty() ||
      object->GetDescriptor() != k8s::core::v1::Pod::descriptor()) {
    return nullptr;
  }
  return static_cast<k8s::core::v1::Pod*>(object);
}

bool IsMirrorPod(const k8s::core::v1::Pod& pod) {
  return pod.metadata().annotations().contains("kubernetes.io/config.mirror");
}

AdmissionStep ServiceAccount() {
  AdmissionStep step;
  step.name = "ServiceAccount";
  step.mutate = [](Registry&, const Request& request, api::Object* object, const api::Object* old) {
    k8s::core::v1::Pod* pod = PodOf(request, object);
    if (pod == nullptr || old != nullptr || IsMirrorPod(*pod)) return absl::OkStatus();
    if (pod->spec().serviceaccountname().empty()) pod->mutable_spec()->set_serviceaccountname("default");
    pod->mutable_spec()->set_serviceaccount(pod->spec().serviceaccountname());
    return absl::OkStatus();
  };
  return step;
}

}  // namespace kubelite::apiserver
