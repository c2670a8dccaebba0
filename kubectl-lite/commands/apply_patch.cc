#include "kubectl-lite/commands/apply_patch.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/api/json.h"
#include "common/api/patch.h"
#include "common/base/status_macros.h"
#include "kubectl-lite/commands/three_way_merge.h"

namespace kubelite::cli {
namespace {

using rapidjson::Document;
using rapidjson::Value;

std::string ToText(const Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);
  return buffer.GetString();
}

absl::StatusOr<Document> ParseObject(absl::string_view json, absl::string_view what) {
  Document document;
  document.Parse(json.data(), json.size());
  if (document.HasParseError() || !document.IsObject()) {
    return absl::InvalidArgumentError(absl::StrCat(what, " is not a JSON object"));
  }
  return document;
}

// The object member, made when it is absent.
Value& ObjectMember(Value& parent, const char* name, Document::AllocatorType& allocator) {
  const auto found = parent.FindMember(name);
  if (found == parent.MemberEnd()) {
    return parent.AddMember(Value(name, allocator), Value(rapidjson::kObjectType), allocator)[name];
  }
  if (!found->value.IsObject()) found->value.SetObject();
  return found->value;
}

// What a manifest cannot set: generators of manifests like to leave it there empty.
void RemoveServerOwned(Document* manifest) {
  manifest->RemoveMember("status");
  const auto meta = manifest->FindMember("metadata");
  if (meta != manifest->MemberEnd() && meta->value.IsObject()) meta->value.RemoveMember("creationTimestamp");
}

bool HoldsList(const Value& value) {
  if (value.IsArray()) return true;
  return value.IsObject() && std::any_of(value.MemberBegin(), value.MemberEnd(),
                                         [](const auto& member) { return HoldsList(member.value); });
}

}  // namespace

absl::StatusOr<std::string> WithLastApplied(absl::string_view manifest_json, const std::string& name_space) {
  ASSIGN_OR_RETURN(Document document, ParseObject(manifest_json, "the manifest"));
  auto& allocator = document.GetAllocator();
  Value& meta = ObjectMember(document, "metadata", allocator);
  if (!name_space.empty() && !meta.HasMember("namespace")) {
    meta.AddMember("namespace", Value(name_space.c_str(), allocator), allocator);
  }
  Value& annotations = ObjectMember(meta, "annotations", allocator);
  annotations.RemoveMember(kLastApplied);
  const std::string self = ToText(document) + "\n";
  annotations.AddMember(Value(kLastApplied, allocator), Value(self.c_str(), allocator), allocator);
  return ToText(document);
}

absl::StatusOr<std::string> ApplyPatch(const api::Object& current, absl::string_view modified) {
  const std::string current_json = api::EncodeJson(current);
  const std::string last_applied = api::GetAnnotation(current, kLastApplied);
  ASSIGN_OR_RETURN(Document original,
                   ParseObject(last_applied.empty() ? "{}" : last_applied, absl::StrCat("annotation ", kLastApplied)));
  ASSIGN_OR_RETURN(Document wanted, ParseObject(modified, "the manifest"));
  ASSIGN_OR_RETURN(Document merged, ParseObject(current_json, "the object"));
  RemoveServerOwned(&original);
  RemoveServerOwned(&wanted);
  ThreeWayMerge(*current.GetDescriptor(), original, wanted, &merged, merged.GetAllocator());
  ASSIGN_OR_RETURN(const std::string patch, api::CreateMergePatch(current_json, ToText(merged)));
  ASSIGN_OR_RETURN(Document guarded, ParseObject(patch, "the patch"));
  if (!HoldsList(guarded)) return patch;
  Value version(api::Meta(current).resourceversion().c_str(), guarded.GetAllocator());
  Value& meta = ObjectMember(guarded, "metadata", guarded.GetAllocator());
  if (!meta.HasMember("resourceVersion")) meta.AddMember("resourceVersion", version, guarded.GetAllocator());
  return ToText(guarded);
}

}  // namespace kubelite::cli
