#include "apiserver/admission/admission.h"
#include "apiserver/admission/pods.h"

namespace kubelite::apiserver {
namespace {

constexpr int kSeconds = 300;
constexpr char kNoExecute[] = "NoExecute";

bool Tolerates(const k8s::core::v1::PodSpec& spec, const std::string& taint) {
  for (const auto& toleration : spec.tolerations()) {
    const bool effect = toleration.effect().empty() || toleration.effect() == kNoExecute;
    if (effect && (toleration.key() == taint || toleration.key().empty())) return true;
  }
  return false;
}

void Tolerate(const std::string& taint, k8s::core::v1::PodSpec* spec) {
  if (Tolerates(*spec, taint)) return;
  auto* toleration = spec->add_tolerations();
  toleration->set_key(taint);
  toleration->set_operator_("Exists");
  toleration->set_effect(kNoExecute);
  toleration->set_tolerationseconds(kSeconds);
}

}  // namespace

AdmissionStep DefaultTolerationSeconds() {
  AdmissionStep step;
  step.name = "DefaultTolerationSeconds";
  step.mutate = [](Registry&, const Request& request, api::Object* object, const api::Object*) {
    if (k8s::core::v1::Pod* pod = PodOf(request, object)) {
      Tolerate("node.kubernetes.io/not-ready", pod->mutable_spec());
      Tolerate("node.kubernetes.io/unreachable", pod->mutable_spec());
    }
    return absl::OkStatus();
  };
  return step;
}

}  // namespace kubelite::apiserver
