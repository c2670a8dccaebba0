#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "apiserver/registry/kinds/defaults/kind_defaults.h"
#include "k8s/apiextensions/v1.pb.h"
#include "k8s/apiregistration/v1.pb.h"
#include "k8s/flowcontrol/v1.pb.h"

namespace kubelite::apiserver {

using k8s::apiextensions::v1::CustomResourceDefinition;
using k8s::apiregistration::v1::APIService;
using k8s::flowcontrol::v1::FlowSchema;
using k8s::flowcontrol::v1::PriorityLevelConfiguration;

void DefaultCustomResourceDefinition(api::Object* object) {
  auto* definition = static_cast<CustomResourceDefinition*>(object);
  auto* spec = definition->mutable_spec();
  auto* names = spec->mutable_names();
  if (names->singular().empty()) names->set_singular(absl::AsciiStrToLower(names->kind()));
  if (names->listkind().empty() && !names->kind().empty()) names->set_listkind(absl::StrCat(names->kind(), "List"));
  if (!spec->has_conversion()) spec->mutable_conversion()->set_strategy("None");
  auto* webhook = spec->conversion().webhook().clientconfig().has_service()
                      ? spec->mutable_conversion()->mutable_webhook()->mutable_clientconfig()->mutable_service()
                      : nullptr;
  if (webhook != nullptr && !webhook->has_port()) webhook->set_port(443);
  if (definition->status().storedversions_size() > 0) return;
  for (const auto& version : spec->versions()) {
    if (version.storage()) {
      definition->mutable_status()->add_storedversions(version.name());
      return;
    }
  }
}

void DefaultApiService(api::Object* object) {
  auto* spec = static_cast<APIService*>(object)->mutable_spec();
  if (spec->has_service() && !spec->service().has_port()) spec->mutable_service()->set_port(443);
}

void DefaultFlowSchema(api::Object* object) {
  auto* spec = static_cast<FlowSchema*>(object)->mutable_spec();
  if (spec->matchingprecedence() == 0) spec->set_matchingprecedence(1000);
}

void DefaultPriorityLevel(api::Object* object) {
  auto* spec = static_cast<PriorityLevelConfiguration*>(object)->mutable_spec();
  if (spec->has_exempt()) {
    auto* exempt = spec->mutable_exempt();
    if (!exempt->has_nominalconcurrencyshares()) exempt->set_nominalconcurrencyshares(0);
    if (!exempt->has_lendablepercent()) exempt->set_lendablepercent(0);
  }
  if (!spec->has_limited()) return;
  auto* limited = spec->mutable_limited();
  if (!limited->has_nominalconcurrencyshares()) limited->set_nominalconcurrencyshares(30);
  if (!limited->has_lendablepercent()) limited->set_lendablepercent(0);
  if (!limited->limitresponse().has_queuing()) return;
  auto* queuing = limited->mutable_limitresponse()->mutable_queuing();
  if (queuing->handsize() == 0) queuing->set_handsize(8);
  if (queuing->queues() == 0) queuing->set_queues(64);
  if (queuing->queuelengthlimit() == 0) queuing->set_queuelengthlimit(50);
}

}  // namespace kubelite::apiserver
