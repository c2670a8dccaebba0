#include "apiserver/registry/kinds/defaults/kind_defaults.h"
#include "k8s/resource/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::resource::v1::ResourceClaim;
using k8s::resource::v1::ResourceClaimSpec;
using k8s::resource::v1::ResourceClaimTemplate;

template <typename Request>
void DefaultCount(Request* request) {
  if (request->allocationmode().empty()) request->set_allocationmode("ExactCount");
  if (request->allocationmode() == "ExactCount" && request->count() == 0) request->set_count(1);
}

void DefaultClaimSpec(ResourceClaimSpec* spec) {
  for (auto& request : *spec->mutable_devices()->mutable_requests()) {
    if (request.has_exactly()) DefaultCount(request.mutable_exactly());
    for (auto& alternative : *request.mutable_firstavailable()) DefaultCount(&alternative);
  }
}

}  // namespace

void DefaultResourceClaim(api::Object* object) {
  DefaultClaimSpec(static_cast<ResourceClaim*>(object)->mutable_spec());
}

void DefaultResourceClaimTemplate(api::Object* object) {
  DefaultClaimSpec(static_cast<ResourceClaimTemplate*>(object)->mutable_spec()->mutable_spec());
}

}  // namespace kubelite::apiserver
