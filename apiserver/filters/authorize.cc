#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "apiserver/filters/filters.h"
#include "common/api/errors.h"

namespace kubelite::apiserver {
namespace {

// Lists are separated by blanks. A resource is "plural[.group][/subresource]"; "*" is everything.
struct Rule {
  absl::string_view verbs;
  absl::string_view resources;
  absl::string_view name_space = "";  // only there; empty: everywhere
};

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
      {.user = "",
       .group = "system:nodes",
       .rules = {{kRead,
                  "pods nodes services configmaps secrets persistentvolumeclaims persistentvolumes "
                  "runtimeclasses.node.k8s.io csidrivers.storage.k8s.io csinodes.storage.k8s.io "
                  "volumeattachments.storage.k8s.io serviceaccounts"},
                 {"create update patch delete", "nodes"},
                 {"update patch", "nodes/status pods/status"},
                 {"create delete", "pods"},
                 {"create update patch", kEvents},
                 {"get create update patch delete", kLeases, "kube-node-lease"}}},
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

bool ListHas(absl::string_view list, absl::string_view wanted) {
  if (list == "*") return true;
  for (absl::string_view item : absl::StrSplit(list, ' ')) {
    if (item == wanted) return true;
  }
  return false;
}

bool Covers(const Rule& rule, const Request& request, absl::string_view resource) {
  return ListHas(rule.verbs, request.verb) && ListHas(rule.resources, resource) &&
         (rule.name_space.empty() || rule.name_space == request.name_space);
}

}  // namespace

bool IsAllowed(const Request& request) {
  std::string resource = request.resource;
  if (!request.group.empty()) absl::StrAppend(&resource, ".", request.group);
  if (!request.subresource.empty()) absl::StrAppend(&resource, "/", request.subresource);
  for (const Grant& grant : Grants()) {
    const bool applies = grant.user.empty() ? request.user.InGroup(grant.group) : request.user.name == grant.user;
    if (!applies) continue;
    for (const Rule& rule : grant.rules) {
      if (Covers(rule, request, resource)) return true;
    }
  }
  return false;
}

Filter Authorize() {
  Filter filter;
  filter.name = "authorize";
  filter.check = [](Request* request) {
    if (IsAllowed(*request)) return absl::OkStatus();
    return api::ForbiddenAccess({.user = request->user.name,
                                 .verb = request->verb,
                                 .group = request->group,
                                 .resource = request->resource,
                                 .subresource = request->subresource,
                                 .name_space = request->name_space,
                                 .name = request->name});
  };
  return filter;
}

}  // namespace kubelite::apiserver
