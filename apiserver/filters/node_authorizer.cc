#include "apiserver/filters/node_authorizer.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "apiserver/filters/pod_references.h"
#include "apiserver/filters/rules.h"
#include "common/api/errors.h"
#include "common/api/selectors.h"
#include "k8s/core/v1.pb.h"
#include "k8s/storage/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::core::v1::PersistentVolume;
using k8s::core::v1::Pod;

constexpr char kLeaseNamespace[] = "kube-node-lease";

// What needs no look at the objects.
const std::vector<Rule>& NodeRules() {
  static const auto& rules = *new std::vector<Rule>{
      {"get list watch", "services runtimeclasses.node.k8s.io csidrivers.storage.k8s.io"},
      {"create update patch", "nodes"},
      {"update patch", "nodes/status pods/status"},
      {"create delete", "pods"},
      {"create", "pods/eviction"},
      {"create update patch", "events events.events.k8s.io"},
  };
  return rules;
}

Decision Allow() { return {.allowed = true, .reason = ""}; }
Decision Refuse(std::string reason) { return {.allowed = false, .reason = std::move(reason)}; }

// The value that the selector asks of a field; empty when it does not.
std::string SelectedValue(const Request& request, absl::string_view field) {
  const absl::StatusOr<api::FieldSelector> selector = api::FieldSelector::Parse(request.field_selector);
  if (!selector.ok()) return "";
  for (const api::FieldSelector::Requirement& requirement : selector->requirements()) {
    if (requirement.equal && requirement.field == field) return requirement.value;
  }
  return "";
}

// A list or watch of one name is about that object.
std::string NameOf(const Request& request) {
  return request.name.empty() ? SelectedValue(request, "metadata.name") : request.name;
}

bool OnlyReads(const Request& request) {
  return request.subresource.empty() && (request.verb == "get" || request.verb == "list" || request.verb == "watch");
}

template <typename T>
std::shared_ptr<const T> Find(Registry& registry, const api::ObjectKey& key) {
  const api::ResourceInfo& info = api::ResourceOf<T>();
  const ResourceDef* def = registry.Find(info.gvk.group, info.gvk.version, info.plural);
  const absl::StatusOr<api::ObjectPtr> found =
      def == nullptr ? absl::StatusOr<api::ObjectPtr>(api::UnknownResource()) : registry.Read(*def, key);
  return found.ok() ? std::static_pointer_cast<const T>(*found) : nullptr;
}

class NodeQuestion {
 public:
  NodeQuestion(Registry& registry, const Request& request, std::string node)
      : registry_(registry), request_(request), node_(std::move(node)) {}

  Decision Answer() const {
    const std::string resource =
        request_.group.empty() ? request_.resource : absl::StrCat(request_.resource, ".", request_.group);
    if (resource == "secrets" || resource == "configmaps") return ReadsReferred();
    if (resource == "persistentvolumeclaims") return GetsReferred();
    if (resource == "serviceaccounts") return ServiceAccount();
    if (resource == "persistentvolumes") return Volume();
    if (resource == "volumeattachments.storage.k8s.io") return Attachment();
    if (resource == "leases.coordination.k8s.io") return Lease();
    if (resource == "csinodes.storage.k8s.io") return CsiNode();
    if (resource == "nodes" && OnlyReads(request_)) return ReadsNode();
    if (resource == "pods" && OnlyReads(request_)) return ReadsPods();
    return {.allowed = AnyRuleCovers(NodeRules(), request_), .reason = ""};
  }

 private:
  // One of the node's pods names the object. The pods are read for each request: what a node may see follows the
  // pods' binding at once, and no node gets an answer from a view that lags.
  Decision Referred(absl::string_view resource, const std::string& name_space, const std::string& name) const {
    if (name.empty()) return Refuse("No Object name found");
    Request list;
    list.verb = "list";
    list.version = "v1";
    list.resource = "pods";
    list.name_space = name_space;
    list.field_selector = absl::StrCat("spec.nodeName=", node_);
    const absl::StatusOr<Registry::List> pods = registry_.ListObjects(list);
    if (!pods.ok()) return Refuse(absl::StrCat("the node's pods cannot be read: ", pods.status().message()));
    const bool found = std::any_of(pods->items.begin(), pods->items.end(), [&](const api::ObjectPtr& pod) {
      return PodRefersTo(static_cast<const Pod&>(*pod), resource, name);
    });
    return found ? Allow() : Unrelated();
  }

  Decision Unrelated() const {
    return Refuse(absl::StrCat("no relationship found between node '", node_, "' and this object"));
  }

  Decision ReadsReferred() const {
    if (!request_.subresource.empty()) return Refuse("cannot read subresource");
    if (!OnlyReads(request_)) return Refuse("can only read resources of this type");
    if (request_.name_space.empty()) return Refuse("can only read namespaced object of this type");
    return Referred(request_.resource, request_.name_space, NameOf(request_));
  }

  Decision GetsReferred() const {
    if (std::optional<Decision> refused = NotGet()) return *refused;
    return Referred(request_.resource, request_.name_space, request_.name);
  }

  std::optional<Decision> NotGet() const {
    if (request_.verb != "get") return Refuse("can only get individual resources of this type");
    if (!request_.subresource.empty()) return Refuse("cannot get subresource");
    return std::nullopt;
  }

  Decision ServiceAccount() const {
    if (request_.verb == "get" && request_.subresource.empty()) return GetsReferred();
    if (request_.verb != "create" || request_.name.empty()) {
      return Refuse("can only create tokens for individual service accounts");
    }
    if (request_.subresource != "token") return Refuse("can only create token subresource of serviceaccount");
    return Referred(request_.resource, request_.name_space, request_.name);
  }

  // Through the claim it is bound to.
  Decision Volume() const {
    if (std::optional<Decision> refused = NotGet()) return *refused;
    const auto volume = Find<PersistentVolume>(registry_, {"", request_.name});
    if (volume == nullptr || !volume->spec().has_claimref()) return Unrelated();
    const auto& claim = volume->spec().claimref();
    return Referred("persistentvolumeclaims", claim.namespace_(), claim.name());
  }

  Decision Attachment() const {
    if (std::optional<Decision> refused = NotGet()) return *refused;
    const auto attachment = Find<k8s::storage::v1::VolumeAttachment>(registry_, {"", request_.name});
    return attachment != nullptr && attachment->spec().nodename() == node_ ? Allow() : Unrelated();
  }

  Decision Lease() const {
    if (!IsObjectVerb()) return Refuse("can only get, create, update, patch, or delete a node lease");
    if (request_.name_space != kLeaseNamespace) {
      return Refuse(absl::StrCat("can only access leases in the \"", kLeaseNamespace, "\" system namespace"));
    }
    // The name of a create is in the body.
    if (request_.verb == "create" || request_.name == node_) return Allow();
    return Refuse("can only access node lease with the same name as the requesting node");
  }

  Decision CsiNode() const {
    if (!IsObjectVerb()) return Refuse("can only get, create, update, patch, or delete a CSINode");
    if (!request_.subresource.empty()) return Refuse("cannot authorize CSINode subresources");
    if (request_.verb == "create" || request_.name == node_) return Allow();
    return Refuse("can only access CSINode with the same name as the requesting node");
  }

  bool IsObjectVerb() const {
    constexpr absl::string_view kVerbs[] = {"get", "create", "update", "patch", "delete"};
    return std::find(std::begin(kVerbs), std::end(kVerbs), request_.verb) != std::end(kVerbs);
  }

  Decision ReadsNode() const {
    const std::string name = NameOf(request_);
    if (name == node_) return Allow();
    return Refuse(absl::StrCat("node '", node_, "' cannot read ",
                               name.empty() ? "all nodes" : absl::StrCat("'", name, "'"),
                               ", only its own Node object"));
  }

  Decision ReadsPods() const {
    if (request_.verb != "get" && SelectedValue(request_, "spec.nodeName") == node_) return Allow();
    const std::string name = NameOf(request_);
    if (name.empty()) return Refuse("can only list/watch pods with spec.nodeName field selector");
    const auto pod = Find<Pod>(registry_, {request_.name_space, name});
    // A pod that is gone: the kubelet must hear that it is.
    return pod == nullptr || pod->spec().nodename() == node_ ? Allow() : Unrelated();
  }

  Registry& registry_;
  const Request& request_;
  const std::string node_;
};

}  // namespace

std::optional<Decision> AuthorizeNode(Registry& registry, const Request& request) {
  std::string node = NodeOf(request.user);
  if (node.empty()) return std::nullopt;
  return NodeQuestion(registry, request, std::move(node)).Answer();
}

}  // namespace kubelite::apiserver
