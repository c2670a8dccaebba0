#include "apiserver/filters/filters.h"
#include "apiserver/filters/node_authorizer.h"
#include "apiserver/filters/rules.h"
#include "common/api/errors.h"

namespace kubelite::apiserver {
namespace {

struct Grant {
  absl::string_view user;  // one of the two is set
  absl::string_view group;
  std::vector<Rule> rules;
};

constexpr absl::string_view kRead = "get list watch";
constexpr absl::string_view kEvents = "events events.events.k8s.io";
constexpr absl::string_view kLeases = "leases.coordination.k8s.io";

const std::vector<Grant>& Grants() {
  static const auto& grants = *new std::vector<Grant>{
      {.user = "", .group = "system:masters", .rules = {{"*", "*"}}},
      {.user = "system:kube-scheduler",
       .group = "",
       .rules = {{kRead,
                  "pods nodes namespaces services replicationcontrollers replicasets.apps statefulsets.apps "
                  "poddisruptionbudgets.policy persistentvolumeclaims persistentvolumes storageclasses.storage.k8s.io "
                  "csinodes.storage.k8s.io csidrivers.storage.k8s.io csistoragecapacities.storage.k8s.io "
                  "priorityclasses.scheduling.k8s.io"},
                 {"create", "bindings pods/binding"},
                 {"update patch", "pods/status"},
                 {"delete", "pods"},
                 {"create update patch", kEvents},
                 {"get list watch create update patch", kLeases, "kube-system"}}},
      {.user = "system:kube-controller-manager",
       .group = "",
       .rules = {{"get list watch update patch delete deletecollection", "*"},
                 {"create",
                  "pods replicasets.apps controllerrevisions.apps jobs.batch endpoints endpointslices.discovery.k8s.io "
                  "serviceaccounts serviceaccounts/token configmaps secrets persistentvolumeclaims persistentvolumes "
                  "events events.events.k8s.io leases.coordination.k8s.io namespaces pods/eviction"}}},
      {.user = "system:kube-proxy",
       .group = "",
       .rules = {{kRead, "services endpoints endpointslices.discovery.k8s.io nodes namespaces"},
                 {"create update patch", kEvents}}},
      {.user = "",
       .group = "system:authenticated",
       .rules = {{"create",
                  "selfsubjectaccessreviews.authorization.k8s.io selfsubjectrulesreviews.authorization.k8s.io "
                  "selfsubjectreviews.authentication.k8s.io"}}},
  };
  return grants;
}

}  // namespace

Decision Decide(Registry& registry, const Request& request) {
  if (!request.path.empty()) {
    return {.allowed = MayUsePath(request.user, request.verb, request.path), .reason = ""};
  }
  const std::optional<Decision> as_node = AuthorizeNode(registry, request);
  if (as_node && as_node->allowed) return *as_node;
  for (const Grant& grant : Grants()) {
    const bool applies = grant.user.empty() ? request.user.InGroup(grant.group) : request.user.name == grant.user;
    if (applies && AnyRuleCovers(grant.rules, request)) return {.allowed = true, .reason = ""};
  }
  return as_node.value_or(Decision());
}

Filter Authorize(Registry* registry) {
  Filter filter;
  filter.name = "authorize";
  filter.check = [registry](Request* request) {
    const Decision decision = Decide(*registry, *request);
    if (decision.allowed) {
      if (request->verb == "patch" && request->patch_type == client::PatchType::kApply) {
        Request create = *request;
        create.verb = "create";
        request->may_create = Decide(*registry, create).allowed;
      }
      return absl::OkStatus();
    }
    if (!request->path.empty()) return ForbiddenPath(*request);
    return api::ForbiddenAccess({.user = request->user.name,
                                 .verb = request->verb,
                                 .group = request->group,
                                 .resource = request->resource,
                                 .subresource = request->subresource,
                                 .name_space = request->name_space,
                                 .name = request->name,
                                 .reason = decision.reason});
  };
  return filter;
}

}  // namespace kubelite::apiserver
