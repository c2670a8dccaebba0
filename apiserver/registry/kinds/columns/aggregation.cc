// APIService and the kinds of API priority and fairness.

#include "absl/strings/str_cat.h"
#include "apiserver/registry/kinds/columns/kind_columns.h"
#include "k8s/apiregistration/v1.pb.h"
#include "k8s/flowcontrol/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::apiregistration::v1::APIService;
using k8s::flowcontrol::v1::FlowSchema;
using Level = k8s::flowcontrol::v1::PriorityLevelConfiguration;

std::string ServiceText(const APIService& service) {
  if (!service.spec().has_service()) return "Local";
  return absl::StrCat(service.spec().service().namespace_(), "/", service.spec().service().name());
}

std::string Available(const APIService& service) {
  for (const auto& condition : service.status().conditions()) {
    if (condition.type() != "Available") continue;
    if (condition.status() == "True" || condition.reason().empty()) return condition.status();
    return absl::StrCat(condition.status(), " (", condition.reason(), ")");
  }
  return "Unknown";
}

std::string Dangling(const FlowSchema& schema) {
  for (const auto& condition : schema.status().conditions()) {
    if (condition.type() == "Dangling") return condition.status();
  }
  return "?";
}

std::string Shares(const Level& level) {
  if (level.spec().limited().has_nominalconcurrencyshares()) {
    return absl::StrCat(level.spec().limited().nominalconcurrencyshares());
  }
  return "<none>";
}

// A number of the queues, which only levels that queue have.
template <int32_t (k8s::flowcontrol::v1::QueuingConfiguration::*kNumber)() const>
std::string OfQueues(const Level& level) {
  const auto& response = level.spec().limited().limitresponse();
  return response.has_queuing() ? absl::StrCat((response.queuing().*kNumber)()) : "<none>";
}

}  // namespace

Columns ApiServiceColumns() {
  return {NameColumn(), Text<APIService>("Service", ServiceText), Text<APIService>("Available", Available),
          AgeColumn()};
}

Columns FlowSchemaColumns() {
  using Schema = FlowSchema;
  return {
      NameColumn(),
      Text<Schema>("PriorityLevel", [](const Schema& s) { return s.spec().prioritylevelconfiguration().name(); }),
      Text<Schema>("MatchingPrecedence", [](const Schema& s) { return absl::StrCat(s.spec().matchingprecedence()); }),
      Text<Schema>("DistinguisherMethod",
                   [](const Schema& s) { return OrNone(s.spec().distinguishermethod().type()); }),
      AgeColumn(),
      Text<Schema>("MissingPL", Dangling)};
}

Columns PriorityLevelColumns() {
  using Queues = k8s::flowcontrol::v1::QueuingConfiguration;
  return {NameColumn(),
          Text<Level>("Type", [](const Level& l) { return l.spec().type(); }),
          Text<Level>("NominalConcurrencyShares", Shares),
          Text<Level>("Queues", OfQueues<&Queues::queues>),
          Text<Level>("HandSize", OfQueues<&Queues::handsize>),
          Text<Level>("QueueLengthLimit", OfQueues<&Queues::queuelengthlimit>),
          AgeColumn()};
}

}  // namespace kubelite::apiserver
