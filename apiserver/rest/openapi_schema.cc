#include "apiserver/rest/openapi_schema.h"

#include <array>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "apiserver/rest/encode.h"
#include "kubelite/options.pb.h"
#include "proto/schema_docs.h"

namespace kubelite::apiserver {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

// Messages whose JSON form is no object of their fields.
const absl::flat_hash_map<std::string, absl::string_view>& SpecialForms() {
  static const auto& forms = *new absl::flat_hash_map<std::string, absl::string_view>{
      {"k8s.meta.v1.Time", R"("type":"string","format":"date-time")"},
      {"k8s.meta.v1.MicroTime", R"("type":"string","format":"date-time")"},
      {"k8s.meta.v1.Duration", R"("type":"string")"},
      {"k8s.meta.v1.FieldsV1", R"("type":"object")"},
      {"k8s.meta.v1.Verbs", R"("type":"array","items":{"type":"string"})"},
      {"k8s.apimachinery.resource.Quantity", R"("type":"string")"},
      {"k8s.apimachinery.intstr.IntOrString", R"("type":"string","format":"int-or-string")"},
      {"k8s.apimachinery.runtime.RawExtension", R"("type":"object")"}};
  return forms;
}

absl::string_view ScalarForm(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return R"("type":"integer","format":"int32")";
    case FieldDescriptor::CPPTYPE_INT64:
      return R"("type":"integer","format":"int64")";
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return R"("type":"number","format":"double")";
    case FieldDescriptor::CPPTYPE_BOOL:
      return R"("type":"boolean")";
    default:
      return field.type() == FieldDescriptor::TYPE_BYTES ? R"("type":"string","format":"byte")" : R"("type":"string")";
  }
}

// Dots as upstream's "io.k8s.api.core.v1.Pod".
std::string NameOf(const Descriptor* message) { return absl::StrCat("io.", message->full_name()); }

std::string Kind(const api::GroupVersionKind& gvk) {
  return absl::StrCat("{\"group\":", Quoted(gvk.group), ",\"version\":", Quoted(gvk.version),
                      ",\"kind\":", Quoted(gvk.kind), "}");
}

constexpr absl::string_view kPatchTypesV2 =
    R"(,"consumes":["application/json-patch+json","application/merge-patch+json",)"
    R"("application/strategic-merge-patch+json","application/apply-patch+yaml"])";
constexpr absl::string_view kPatchTypesV3 =
    R"(,"requestBody":{"content":{"application/json-patch+json":{},"application/merge-patch+json":{},)"
    R"("application/strategic-merge-patch+json":{},"application/apply-patch+yaml":{}}})";

std::string Facts(const FieldFacts& facts) {
  std::string out;
  const auto add = [&out](absl::string_view name, const std::string& value) {
    if (!value.empty()) absl::StrAppend(&out, ",", Quoted(name), ":", Quoted(value));
  };
  add("x-kubernetes-patch-merge-key", facts.patch_merge_key());
  add("x-kubernetes-patch-strategy", facts.patch_strategy());
  add("x-kubernetes-list-type", facts.list_type());
  std::vector<std::string> keys;
  for (const std::string& key : facts.list_map_keys()) keys.push_back(Quoted(key));
  if (!keys.empty()) absl::StrAppend(&out, ",\"x-kubernetes-list-map-keys\":[", absl::StrJoin(keys, ","), "]");
  if (facts.has_atomic()) add("x-kubernetes-map-type", facts.atomic() ? "atomic" : "granular");
  return out;
}

}  // namespace

void OpenApiSchema::AddResource(const api::ResourceInfo& info) {
  const std::string root = info.gvk.group.empty() ? "/api/v1" : absl::StrCat("/apis/", info.gvk.ApiVersion());
  const std::string path = absl::StrCat(root, info.namespaced ? "/namespaces/{namespace}/" : "/", info.plural);
  if (info.HasVerb("create")) paths_.emplace_back(path, Operation("post", info));
  if (info.HasVerb("patch")) paths_.emplace_back(absl::StrCat(path, "/{name}"), Operation("patch", info));
  Want(info.descriptor);
}

bool OpenApiSchema::NextSchema(std::string* name, std::string* schema) {
  if (wanted_.empty()) return false;
  const Descriptor* message = wanted_.front();
  wanted_.pop_front();
  *name = NameOf(message);
  *schema = Schema(*message);
  return true;
}

// kubectl looks here for what a kind's writes accept.
std::string OpenApiSchema::Operation(absl::string_view method, const api::ResourceInfo& info) const {
  const bool v2 = version_ == OpenApiVersion::kV2;
  std::vector<std::string> parameters;
  std::vector<const char*> names = {"dryRun", "fieldManager", "fieldValidation"};
  if (method == "patch") names.push_back("force");
  for (const char* name : names) {
    parameters.push_back(
        absl::StrCat(R"({"name":")", name, R"(","in":"query",)",
                     v2 ? R"("type":"string","uniqueItems":true})" : R"("schema":{"type":"string"}})"));
  }
  const absl::string_view types = method != "patch" ? "" : v2 ? kPatchTypesV2 : kPatchTypesV3;
  return absl::StrCat("{\"", method, "\":{\"parameters\":[", absl::StrJoin(parameters, ","), "]", types,
                      ",\"responses\":", v2 ? R"({"200":{"description":"OK"}})" : "{}",
                      ",\"x-kubernetes-group-version-kind\":", Kind(info.gvk), "}}");
}

void OpenApiSchema::Want(const Descriptor* message) {
  if (known_.insert(message).second) wanted_.push_back(message);
}

std::string OpenApiSchema::Value(const FieldDescriptor& field) {
  if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return std::string(ScalarForm(field));
  const auto special = SpecialForms().find(field.message_type()->full_name());
  if (special != SpecialForms().end()) return std::string(special->second);
  Want(field.message_type());
  const std::string name = NameOf(field.message_type());
  if (version_ == OpenApiVersion::kV2) return absl::StrCat(R"("$ref":"#/definitions/)", name, "\"");
  return absl::StrCat(R"("allOf":[{"$ref":"#/components/schemas/)", name, R"("}])");
}

std::string OpenApiSchema::Form(const FieldDescriptor& field) {
  if (field.is_map()) {
    return absl::StrCat(R"("type":"object","additionalProperties":{)", Value(*field.message_type()->map_value()), "}");
  }
  if (!field.is_repeated()) return Value(field);
  return absl::StrCat(R"("type":"array","items":{)", Value(field), "}");
}

void OpenApiSchema::AddProperties(const Descriptor& message, std::vector<std::string>* properties) {
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    const FieldFacts& facts = field.options().GetExtension(kubelite::field);
    if (facts.json_inline() && field.message_type() != nullptr) {
      AddProperties(*field.message_type(), properties);
      continue;
    }
    properties->push_back(absl::StrCat(Quoted(field.json_name()), ":{\"description\":",
                                       Quoted(schema::CommentOf(&field)), ",", Form(field), Facts(facts), "}"));
  }
}

std::string OpenApiSchema::Schema(const Descriptor& message) {
  std::vector<std::string> properties;
  const api::GroupVersionKind* kind = api::Scheme::Builtin().KindOf(&message);
  if (kind != nullptr) {
    properties = {R"("apiVersion":{"type":"string","description":"The versioned schema of this object."})",
                  R"("kind":{"type":"string","description":"The REST resource this object represents."})"};
  }
  AddProperties(message, &properties);
  const bool atomic = message.options().GetExtension(kubelite::message).atomic();
  return absl::StrCat(
      "{\"type\":\"object\",\"description\":", Quoted(schema::CommentOf(&message)),
      atomic ? ",\"x-kubernetes-map-type\":\"atomic\"" : "", ",\"properties\":{", absl::StrJoin(properties, ","), "}",
      kind == nullptr ? "" : absl::StrCat(",\"x-kubernetes-group-version-kind\":[", Kind(*kind), "]"), "}");
}

}  // namespace kubelite::apiserver
