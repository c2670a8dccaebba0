#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/api/object.h"

namespace kubelite::api {

struct GroupVersionKind {
  std::string group;  // empty: core
  std::string version;
  std::string kind;
  std::string ApiVersion() const;  // "v1", "apps/v1"
  auto operator<=>(const GroupVersionKind&) const = default;
};
// "apps/v1" -> group and version. InvalidArgument when it has more than one slash or an empty part.
absl::StatusOr<GroupVersionKind> ParseApiVersion(absl::string_view api_version, absl::string_view kind);

struct SubresourceInfo {
  std::string name;
  GroupVersionKind gvk;
  std::vector<std::string> verbs;
};

// One served resource: a row read from the schema's KindFacts option. Lives as long as its Scheme.
struct ResourceInfo {
  GroupVersionKind gvk;
  std::string list_kind;
  std::string plural;
  std::string singular;
  std::vector<std::string> short_names;
  std::vector<std::string> categories;
  bool namespaced = true;
  std::vector<std::string> verbs;
  std::vector<SubresourceInfo> subresources;
  std::vector<std::string> field_selectors;
  bool create_on_put = false;
  bool unconditional_update = false;
  bool delete_returns_object = false;
  std::string storage_version_hash;
  const google::protobuf::Descriptor* descriptor = nullptr;
  const google::protobuf::Descriptor* list_descriptor = nullptr;  // null for virtual kinds without one

  // "deployments.apps" or "pods": the name used in errors and selectors.
  std::string GroupResource() const;
  const SubresourceInfo* FindSubresource(absl::string_view name) const;
  bool HasVerb(absl::string_view verb) const;
};

// Kinds by name, resource and descriptor. Immutable after construction, so thread-safe.
class Scheme {
 public:
  // All kinds of the schema; built once on first use.
  static const Scheme& Builtin();

  // All resources in a fixed order: core first, then groups by name; within a group by plural.
  const std::vector<const ResourceInfo*>& resources() const { return order_; }
  // Null when unknown.
  const ResourceInfo* FindResource(absl::string_view group, absl::string_view version, absl::string_view plural) const;
  const ResourceInfo* FindKind(const GroupVersionKind& gvk) const;
  const ResourceInfo* FindDescriptor(const google::protobuf::Descriptor* descriptor) const;
  // apiVersion and kind of any registered message, also of lists and option kinds; null when it has none.
  const GroupVersionKind* KindOf(const google::protobuf::Descriptor* descriptor) const;
  // A new, empty object. NotFound naming the kind and, when the kind exists elsewhere, the right apiVersion.
  absl::StatusOr<std::unique_ptr<Object>> New(const GroupVersionKind& gvk) const;
  // What a user types: plural, singular, short name or kind, optionally with ".group" or ".version.group", any case.
  // NotFound: the server doesn't have a resource type "x".
  absl::StatusOr<const ResourceInfo*> Resolve(absl::string_view text) const;
  // Resources of a category ("all"); empty when there is none.
  std::vector<const ResourceInfo*> Category(absl::string_view name) const;

 private:
  Scheme();
  std::vector<std::unique_ptr<ResourceInfo>> rows_;
  std::vector<const ResourceInfo*> order_;
  std::map<std::string, const ResourceInfo*> by_resource_;  // "group/version/plural"
  std::map<GroupVersionKind, const google::protobuf::Descriptor*> by_kind_;
  std::map<const google::protobuf::Descriptor*, GroupVersionKind> kinds_;
  std::map<const google::protobuf::Descriptor*, const ResourceInfo*> by_descriptor_;
};

// The resource of a generated type, e.g. ResourceOf<k8s::core::v1::Pod>().
template <typename T>
const ResourceInfo& ResourceOf() {
  static const ResourceInfo& info = *Scheme::Builtin().FindDescriptor(T::descriptor());
  return info;
}

}  // namespace kubelite::api
