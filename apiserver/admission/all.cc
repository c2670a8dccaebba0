#include "apiserver/admission/admission.h"

namespace kubelite::apiserver {

std::vector<AdmissionStep> AllAdmission() {
  return {NamespaceLifecycle(), NodeRestriction(), ServiceAccount(), Priority(), DefaultTolerationSeconds()};
}

}  // namespace kubelite::apiserver
