#include "apiserver/rest/discovery.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/api/json.h"
#include "common/api/stored.h"
#include "k8s/apidiscovery/v2.pb.h"
#include "k8s/meta/v1.pb.h"

namespace kubelite::apiserver {
namespace {

namespace meta = k8s::meta::v1;
namespace aggregated = k8s::apidiscovery::v2;

using Version = std::vector<const ResourceDef*>;
// Newest first within a group, so that clients prefer it: stable before beta before alpha.
struct NewerVersion {
  static std::tuple<int, std::string> Rank(const std::string& version) {
    const bool beta = version.find("beta") != std::string::npos;
    const bool alpha = version.find("alpha") != std::string::npos;
    return {alpha ? 0 : beta ? 1 : 2, version};
  }
  bool operator()(const std::string& a, const std::string& b) const { return Rank(a) > Rank(b); }
};
using Group = std::map<std::string, Version, NewerVersion>;
using Groups = std::map<std::string, Group>;

Groups Arrange(const Registry& registry) {
  Groups groups;
  for (const ResourceDef& def : registry.resources())
    groups[def.info->gvk.group][def.info->gvk.version].push_back(&def);
  for (auto& [group, versions] : groups) {
    for (auto& [version, defs] : versions) {
      std::sort(defs.begin(), defs.end(),
                [](const ResourceDef* a, const ResourceDef* b) { return a->info->plural < b->info->plural; });
    }
  }
  return groups;
}

template <typename Strings>
void AddAll(const std::vector<std::string>& from, Strings* to) {
  for (const std::string& text : from) to->Add(std::string(text));
}

void Fill(const api::GroupVersionKind& gvk, meta::GroupVersionKind* out) {
  out->set_group(gvk.group);
  out->set_version(gvk.version);
  out->set_kind(gvk.kind);
}

// ---- one document for each group version

meta::APIResource Row(const api::ResourceInfo& info) {
  meta::APIResource row;
  row.set_name(info.plural);
  row.set_singularname(info.singular);
  row.set_namespaced(info.namespaced);
  row.set_kind(info.gvk.kind);
  AddAll(info.verbs, row.mutable_verbs()->mutable_items());
  AddAll(info.short_names, row.mutable_shortnames());
  AddAll(info.categories, row.mutable_categories());
  row.set_storageversionhash(info.storage_version_hash);
  return row;
}

meta::APIResource Row(const api::ResourceInfo& info, const api::SubresourceInfo& subresource) {
  meta::APIResource row;
  row.set_name(absl::StrCat(info.plural, "/", subresource.name));
  row.set_singularname("");
  row.set_namespaced(info.namespaced);
  row.set_kind(subresource.gvk.kind);
  if (subresource.gvk.ApiVersion() != info.gvk.ApiVersion()) {
    row.set_group(subresource.gvk.group);
    row.set_version(subresource.gvk.version);
  }
  AddAll(subresource.verbs, row.mutable_verbs()->mutable_items());
  return row;
}

meta::APIResourceList ResourceList(const api::GroupVersionKind& gvk, const Version& defs) {
  meta::APIResourceList list;
  list.set_groupversion(gvk.ApiVersion());
  for (const ResourceDef* def : defs) {
    *list.add_resources() = Row(*def->info);
    for (const api::SubresourceInfo& sub : def->info->subresources) *list.add_resources() = Row(*def->info, sub);
  }
  return list;
}

meta::APIGroup GroupDocument(const std::string& name, const Group& versions) {
  meta::APIGroup group;
  group.set_name(name);
  for (const auto& [version, defs] : versions) {
    meta::GroupVersionForDiscovery* row = group.add_versions();
    row->set_groupversion(absl::StrCat(name, "/", version));
    row->set_version(version);
  }
  *group.mutable_preferredversion() = group.versions(0);
  return group;
}

meta::APIVersions CoreVersions() {
  meta::APIVersions versions;
  versions.add_versions("v1");
  return versions;
}

// ---- the aggregated form

void Fill(const api::ResourceInfo& info, aggregated::APIResourceDiscovery* out) {
  out->set_resource(info.plural);
  Fill(info.gvk, out->mutable_responsekind());
  out->set_scope(info.namespaced ? "Namespaced" : "Cluster");
  out->set_singularresource(info.singular);
  AddAll(info.verbs, out->mutable_verbs());
  AddAll(info.short_names, out->mutable_shortnames());
  AddAll(info.categories, out->mutable_categories());
  for (const api::SubresourceInfo& sub : info.subresources) {
    aggregated::APISubresourceDiscovery* row = out->add_subresources();
    row->set_subresource(sub.name);
    Fill(sub.gvk, row->mutable_responsekind());
    AddAll(sub.verbs, row->mutable_verbs());
  }
}

void Fill(const std::string& name, const Group& versions, aggregated::APIGroupDiscovery* out) {
  out->mutable_metadata()->set_name(name);
  for (const auto& [version, defs] : versions) {
    aggregated::APIVersionDiscovery* row = out->add_versions();
    row->set_version(version);
    row->set_freshness("Current");
    for (const ResourceDef* def : defs) Fill(*def->info, row->add_resources());
  }
}

}  // namespace

Discovery::Discovery(const Registry& registry) {
  meta::APIGroupList groups;
  aggregated::APIGroupDiscoveryList core;
  aggregated::APIGroupDiscoveryList others;
  for (const auto& [name, versions] : Arrange(registry)) {
    const std::string root = name.empty() ? "api" : absl::StrCat("apis/", name);
    for (const auto& [version, defs] : versions) {
      documents_[absl::StrCat(root, "/", version)] = Encode(ResourceList({name, version, ""}, defs));
    }
    Fill(name, versions, (name.empty() ? core : others).add_items());
    if (name.empty()) continue;
    const meta::APIGroup group = GroupDocument(name, versions);
    documents_[root] = Encode(group);
    *groups.add_groups() = group;
  }
  documents_["api"] = Encode(CoreVersions());
  documents_["apis"] = Encode(groups);
  aggregated_["api"] = Encode(core);
  aggregated_["apis"] = Encode(others);
}

Discovery::ByEncoding Discovery::Encode(const api::Object& message) {
  ByEncoding documents;
  const auto add = [&documents](Media::Encoding encoding, std::string body, absl::string_view type) {
    Document document{.body = std::move(body), .content_type = std::string(type)};
    document.etag = EtagOf(document.body);
    documents.emplace(encoding, std::move(document));
  };
  add(Media::Encoding::kJson, api::EncodeJson(message), "application/json");
  add(Media::Encoding::kProtobuf, api::EncodeStored(message), "application/vnd.kubernetes.protobuf");
  return documents;
}

std::optional<Document> Discovery::Find(const Url& url, const Media& media) const {
  const std::string path = absl::StrJoin(url.segments, "/");
  const bool aggregated = media.form == Media::Form::kAggregatedDiscovery && aggregated_.contains(path);
  const auto& documents = aggregated ? aggregated_ : documents_;
  const auto found = documents.find(path);
  if (found == documents.end()) return std::nullopt;
  const auto encoded = found->second.find(media.encoding);
  Document document = encoded == found->second.end() ? found->second.at(Media::Encoding::kJson) : encoded->second;
  if (aggregated) document.content_type = std::string(media.content_type);
  return document;
}

}  // namespace kubelite::apiserver
