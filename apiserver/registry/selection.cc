#include "apiserver/registry/selection.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "apiserver/registry/keys.h"
#include "common/api/errors.h"
#include "common/base/status_macros.h"

namespace kubelite::apiserver {
namespace {

using google::protobuf::FieldDescriptor;

absl::Status CheckSupported(const api::ResourceInfo& info, const api::FieldSelector& fields) {
  bool own_fields = false;
  for (const std::string& field : info.field_selectors) {
    own_fields |= field != "metadata.name" && field != "metadata.namespace";
  }
  for (const api::FieldSelector::Requirement& requirement : fields.requirements()) {
    const std::string& field = requirement.field;
    if (field == "metadata.name" || (field == "metadata.namespace" && info.namespaced)) continue;
    if (std::count(info.field_selectors.begin(), info.field_selectors.end(), field) > 0) continue;
    if (own_fields) return api::BadRequest(absl::StrCat("field label not supported: ", field));
    return api::BadRequest(absl::StrCat("\"", field, "\" is not a known field selector: only \"metadata.name\"",
                                        info.namespaced ? ", \"metadata.namespace\"" : ""));
  }
  return absl::OkStatus();
}

std::string ScalarText(const api::Object& object, const FieldDescriptor* field) {
  const google::protobuf::Reflection& reflection = *object.GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection.GetString(object, field);
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.GetBool(object, field) ? "true" : "false";
    case FieldDescriptor::CPPTYPE_INT32:
      return absl::StrCat(reflection.GetInt32(object, field));
    case FieldDescriptor::CPPTYPE_INT64:
      return absl::StrCat(reflection.GetInt64(object, field));
    default:
      return "";
  }
}

// The scalar at a path such as spec.nodeName; empty when there is none.
std::string FieldAt(const api::Object& object, const std::string& path) {
  const api::Object* at = &object;
  for (absl::string_view part : absl::StrSplit(path, '.')) {
    const FieldDescriptor* field = at->GetDescriptor()->FindFieldByName(std::string(part));
    if (field == nullptr || field->is_repeated()) return "";
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return ScalarText(*at, field);
    at = &at->GetReflection()->GetMessage(*at, field);
  }
  return "";
}

}  // namespace

absl::StatusOr<Selection> Selection::Parse(const ResourceDef& def, const Request& request) {
  Selection selection;
  selection.def_ = &def;
  selection.name_space_ = def.info->namespaced ? request.name_space : "";
  selection.name_ = request.name;
  absl::StatusOr<api::LabelSelector> labels = api::LabelSelector::Parse(request.label_selector);
  if (!labels.ok()) return api::BadRequest(labels.status().message());
  selection.labels_ = *std::move(labels);
  absl::StatusOr<api::FieldSelector> fields = api::FieldSelector::Parse(request.field_selector);
  if (!fields.ok()) return api::BadRequest(fields.status().message());
  RETURN_IF_ERROR(CheckSupported(*def.info, *fields));
  selection.fields_ = *std::move(fields);
  for (const api::FieldSelector::Requirement& requirement : selection.fields_.requirements()) {
    if (requirement.field != "metadata.name" || !requirement.equal) continue;
    if (!request.name.empty() && request.name != requirement.value) {
      return api::BadRequest("fieldSelector metadata.name doesn't match requested name");
    }
    selection.name_ = requirement.value;
  }
  return selection;
}

std::string Selection::FieldOf(const api::Object& object, const std::string& field) const {
  if (field == "metadata.name") return api::Meta(object).name();
  if (field == "metadata.namespace") return api::Meta(object).namespace_();
  return def_->selectable_field ? def_->selectable_field(object, field) : FieldAt(object, field);
}

bool Selection::Matches(const api::Object& object) const {
  const k8s::meta::v1::ObjectMeta& meta = api::Meta(object);
  if (!name_.empty() && meta.name() != name_) return false;
  if (!name_space_.empty() && meta.namespace_() != name_space_) return false;
  if (!labels_.Matches(meta.labels())) return false;
  return fields_.empty() || fields_.Matches([&](const std::string& field) { return FieldOf(object, field); });
}

std::string Selection::StorePrefix() const {
  std::string prefix = CollectionPrefix(def_->storage(), name_space_);
  const bool one_key = !name_.empty() && (!def_->info->namespaced || !name_space_.empty());
  return one_key ? prefix + name_ : prefix;
}

}  // namespace kubelite::apiserver
