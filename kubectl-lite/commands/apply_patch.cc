#include "kubectl-lite/commands/apply_patch.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "absl/strings/str_cat.h"
#include "common/api/json.h"
#include "common/api/patch.h"
#include "common/base/status_macros.h"

namespace kubelite::cli {
namespace {

using rapidjson::Value;

std::string ToText(const Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);
  return buffer.GetString();
}

// The object member, made when it is absent.
Value& ObjectMember(Value& parent, const char* name, rapidjson::Document::AllocatorType& allocator) {
  const auto found = parent.FindMember(name);
  if (found == parent.MemberEnd())
    return parent.AddMember(Value(name, allocator), Value(rapidjson::kObjectType), allocator)[name];
  if (!found->value.IsObject()) found->value.SetObject();
  return found->value;
}

}  // namespace

absl::StatusOr<std::string> WithLastApplied(absl::string_view manifest_json, const std::string& name_space) {
  rapidjson::Document document;
  document.Parse(manifest_json.data(), manifest_json.size());
  if (document.HasParseError() || !document.IsObject())
    return absl::InvalidArgumentError("the manifest is not an object");
  auto& allocator = document.GetAllocator();
  Value& meta = ObjectMember(document, "metadata", allocator);
  if (!name_space.empty() && !meta.HasMember("namespace"))
    meta.AddMember("namespace", Value(name_space.c_str(), allocator), allocator);
  Value& annotations = ObjectMember(meta, "annotations", allocator);
  annotations.RemoveMember(kLastApplied);
  const std::string self = ToText(document) + "\n";
  annotations.AddMember(Value(kLastApplied, allocator), Value(self.c_str(), allocator), allocator);
  return ToText(document);
}

absl::StatusOr<std::string> ApplyPatch(const api::Object& current, absl::string_view modified) {
  return api::CreateThreeWayMergePatch(api::GetAnnotation(current, kLastApplied), modified, api::EncodeJson(current));
}

}  // namespace kubelite::cli
