#include "common/api/scheme.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/api/edit_distance.h"
#include "common/api/schema_files.h"
#include "common/base/check.h"
#include "google/protobuf/descriptor.h"
#include "kubelite/options.pb.h"

namespace kubelite::api {
namespace {

template <typename Repeated>
std::vector<std::string> ToVector(const Repeated& values) {
  return {values.begin(), values.end()};
}

std::string ResourceKey(absl::string_view group, absl::string_view version, absl::string_view plural) {
  return absl::StrCat(group, "/", version, "/", plural);
}

std::unique_ptr<ResourceInfo> MakeResource(const KindFacts& facts, const google::protobuf::Descriptor* descriptor) {
  auto info = std::make_unique<ResourceInfo>();
  info->gvk = {facts.group(), facts.version(), facts.kind()};
  info->list_kind = facts.list_kind();
  info->plural = facts.plural();
  info->singular = facts.has_singular() ? facts.singular() : absl::AsciiStrToLower(facts.kind());
  info->short_names = ToVector(facts.short_names());
  info->categories = ToVector(facts.categories());
  info->namespaced = facts.namespaced();
  info->verbs = ToVector(facts.verbs());
  for (const Subresource& subresource : facts.subresources()) {
    SubresourceInfo& added = info->subresources.emplace_back();
    added.name = subresource.name();
    added.gvk.group = subresource.has_group() ? subresource.group() : facts.group();
    added.gvk.version = subresource.has_version() ? subresource.version() : facts.version();
    added.gvk.kind = subresource.kind();
    added.verbs = ToVector(subresource.verbs());
  }
  info->field_selectors = ToVector(facts.field_selectors());
  info->create_on_put = facts.create_on_put();
  info->unconditional_update = facts.unconditional_update();
  info->delete_returns_object = facts.delete_returns_object();
  info->storage_version_hash = facts.storage_version_hash();
  info->descriptor = descriptor;
  return info;
}

// v2 before v1 before v1beta1: stable versions first, then higher numbers.
std::tuple<int, int, int> VersionRank(absl::string_view version) {
  int stability = 0;
  int minor = 0;
  for (const auto& [word, rank] : {std::pair<absl::string_view, int>{"beta", 1}, {"alpha", 2}}) {
    const size_t at = version.find(word);
    if (at == absl::string_view::npos) continue;
    stability = rank;
    if (!absl::SimpleAtoi(version.substr(at + word.size()), &minor)) minor = 0;
    version = version.substr(0, at);
  }
  int major = 0;
  if (version.empty() || !absl::SimpleAtoi(version.substr(1), &major)) major = 0;
  return {stability, -major, -minor};
}

bool NameMatches(const ResourceInfo& info, const std::string& name) {
  if (info.plural == name || info.singular == name || absl::AsciiStrToLower(info.gvk.kind) == name) return true;
  return std::find(info.short_names.begin(), info.short_names.end(), name) != info.short_names.end();
}

}  // namespace

std::string GroupVersionKind::ApiVersion() const { return group.empty() ? version : absl::StrCat(group, "/", version); }

absl::StatusOr<GroupVersionKind> ParseApiVersion(absl::string_view api_version, absl::string_view kind) {
  const std::vector<absl::string_view> parts = absl::StrSplit(api_version, '/');
  const bool any_empty = std::any_of(parts.begin(), parts.end(), [](absl::string_view part) { return part.empty(); });
  if (parts.size() > 2 || any_empty) {
    return absl::InvalidArgumentError(
        absl::StrCat("apiVersion \"", api_version, "\" is not of the form \"version\" or \"group/version\""));
  }
  if (parts.size() == 1) return GroupVersionKind{"", std::string(parts[0]), std::string(kind)};
  return GroupVersionKind{std::string(parts[0]), std::string(parts[1]), std::string(kind)};
}

std::string ResourceInfo::GroupResource() const {
  return gvk.group.empty() ? plural : absl::StrCat(plural, ".", gvk.group);
}

const SubresourceInfo* ResourceInfo::FindSubresource(absl::string_view name) const {
  for (const SubresourceInfo& subresource : subresources) {
    if (subresource.name == name) return &subresource;
  }
  return nullptr;
}

bool ResourceInfo::HasVerb(absl::string_view verb) const {
  return std::find(verbs.begin(), verbs.end(), verb) != verbs.end();
}

const Scheme& Scheme::Builtin() {
  static const Scheme& scheme = *new Scheme();
  return scheme;
}

Scheme::Scheme() {
  for (const google::protobuf::FileDescriptor* file : SchemaFiles()) {
    for (int i = 0; i < file->message_type_count(); ++i) {
      const google::protobuf::Descriptor* descriptor = file->message_type(i);
      if (!descriptor->options().HasExtension(kubelite::kind)) continue;
      const KindFacts& facts = descriptor->options().GetExtension(kubelite::kind);
      const GroupVersionKind gvk{facts.group(), facts.version(), facts.kind()};
      by_kind_.emplace(gvk, descriptor);
      kinds_.emplace(descriptor, gvk);
      if (!facts.plural().empty()) rows_.push_back(MakeResource(facts, descriptor));
    }
  }
  for (const std::unique_ptr<ResourceInfo>& row : rows_) {
    if (!row->list_kind.empty()) {
      const auto list = by_kind_.find({row->gvk.group, row->gvk.version, row->list_kind});
      if (list != by_kind_.end()) row->list_descriptor = list->second;
    }
    order_.push_back(row.get());
    CHECK(by_resource_.emplace(ResourceKey(row->gvk.group, row->gvk.version, row->plural), row.get()).second);
    by_descriptor_.emplace(row->descriptor, row.get());
  }
  std::sort(order_.begin(), order_.end(), [](const ResourceInfo* a, const ResourceInfo* b) {
    return std::make_tuple(a->gvk.group, a->plural, VersionRank(a->gvk.version)) <
           std::make_tuple(b->gvk.group, b->plural, VersionRank(b->gvk.version));
  });
}

const ResourceInfo* Scheme::FindResource(absl::string_view group, absl::string_view version,
                                         absl::string_view plural) const {
  const auto found = by_resource_.find(ResourceKey(group, version, plural));
  return found == by_resource_.end() ? nullptr : found->second;
}

const ResourceInfo* Scheme::FindKind(const GroupVersionKind& gvk) const {
  const auto found = by_kind_.find(gvk);
  return found == by_kind_.end() ? nullptr : FindDescriptor(found->second);
}

const ResourceInfo* Scheme::FindDescriptor(const google::protobuf::Descriptor* descriptor) const {
  const auto found = by_descriptor_.find(descriptor);
  return found == by_descriptor_.end() ? nullptr : found->second;
}

const GroupVersionKind* Scheme::KindOf(const google::protobuf::Descriptor* descriptor) const {
  const auto found = kinds_.find(descriptor);
  return found == kinds_.end() ? nullptr : &found->second;
}

absl::StatusOr<std::unique_ptr<Object>> Scheme::New(const GroupVersionKind& gvk) const {
  const auto found = by_kind_.find(gvk);
  if (found != by_kind_.end()) {
    return std::unique_ptr<Object>(
        google::protobuf::MessageFactory::generated_factory()->GetPrototype(found->second)->New());
  }
  std::vector<std::string> elsewhere;
  std::string similar;
  bool version_known = false;
  for (const auto& [known, descriptor] : by_kind_) {
    if (known.kind == gvk.kind) elsewhere.push_back(known.ApiVersion());
    if (known.group != gvk.group || known.version != gvk.version) continue;
    version_known = true;
    if (LooksLike(gvk.kind, known.kind)) similar = known.kind;
  }
  std::string message = absl::StrCat("no kind \"", gvk.kind, "\" is registered for version \"", gvk.ApiVersion(), "\"");
  if (!elsewhere.empty()) {
    absl::StrAppend(&message, "; it exists in ", absl::StrJoin(elsewhere, ", "));
  } else if (!similar.empty()) {
    absl::StrAppend(&message, "; did you mean \"", similar, "\"?");
  } else if (!version_known) {
    absl::StrAppend(&message, "; this version is not served");
  }
  return absl::NotFoundError(message);
}

absl::StatusOr<const ResourceInfo*> Scheme::Resolve(absl::string_view text) const {
  const std::string lower = absl::AsciiStrToLower(text);
  const size_t dot = lower.find('.');
  const std::string name = lower.substr(0, dot);
  const std::string suffix = dot == std::string::npos ? "" : lower.substr(dot + 1);
  for (const ResourceInfo* info : order_) {
    if (!NameMatches(*info, name)) continue;
    const bool in_group = dot == std::string::npos || info->gvk.group == suffix ||
                          absl::StrCat(info->gvk.version, ".", info->gvk.group) == suffix ||
                          (info->gvk.group.empty() && info->gvk.version == suffix);
    if (in_group) return info;
  }
  return absl::NotFoundError(absl::StrCat("the server doesn't have a resource type \"", text, "\""));
}

std::vector<const ResourceInfo*> Scheme::Category(absl::string_view name) const {
  std::vector<const ResourceInfo*> found;
  for (const ResourceInfo* info : order_) {
    if (std::find(info->categories.begin(), info->categories.end(), name) != info->categories.end()) {
      found.push_back(info);
    }
  }
  return found;
}

}  // namespace kubelite::api
