#include "kubectl-lite/print/objects.h"

#include <rapidjson/document.h>

#include <ostream>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/api/json.h"
#include "common/api/scheme.h"
#include "common/api/yaml.h"
#include "common/base/status_macros.h"
#include "k8s/meta/v1.pb.h"
#include "kubectl-lite/print/names.h"

namespace kubelite::cli {
namespace {

std::string ListJson(const std::vector<api::ObjectPtr>& objects) {
  std::string json = R"({"apiVersion":"v1","items":[)";
  for (size_t i = 0; i < objects.size(); ++i) absl::StrAppend(&json, i == 0 ? "" : ",", api::EncodeJson(*objects[i]));
  return json + R"(],"kind":"List","metadata":{"resourceVersion":""}})";
}

}  // namespace

absl::StatusOr<OutputFormat> ParseOutputFormat(const std::string& text) {
  if (text.empty()) return OutputFormat::kTable;
  if (text == "wide") return OutputFormat::kWide;
  if (text == "yaml") return OutputFormat::kYaml;
  if (text == "json") return OutputFormat::kJson;
  if (text == "name") return OutputFormat::kName;
  return absl::InvalidArgumentError(absl::StrCat("unable to match a printer suitable for the output format \"", text,
                                                 "\", allowed formats are: json,name,wide,yaml"));
}

absl::Status PrintObjects(const std::vector<api::ObjectPtr>& objects, OutputFormat format, bool as_list,
                          std::ostream& out) {
  if (format == OutputFormat::kName) {
    for (const api::ObjectPtr& object : objects) {
      const api::ResourceInfo* resource = api::Scheme::Builtin().FindDescriptor(object->GetDescriptor());
      if (resource != nullptr) out << ObjectName(*resource, api::Meta(*object).name()) << "\n";
    }
    return absl::OkStatus();
  }
  const std::string json = objects.size() == 1 && !as_list ? api::EncodeJson(*objects[0]) : ListJson(objects);
  if (format == OutputFormat::kYaml) {
    ASSIGN_OR_RETURN(const std::string yaml, api::JsonToYaml(json));
    out << yaml;
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const std::string pretty, api::PrettyJson(json));
  out << pretty << "\n";
  return absl::OkStatus();
}

absl::StatusOr<FieldPath> FieldPath::Parse(absl::string_view flag, const std::string& path) {
  absl::string_view text = path;
  absl::ConsumePrefix(&text, "{");
  absl::ConsumeSuffix(&text, "}");
  const auto fail = [&](absl::string_view problem) {
    return absl::InvalidArgumentError(
        absl::StrCat(flag, ": \"", path, "\" ", problem, "; write for example ", flag, "=.metadata.creationTimestamp"));
  };
  if (!absl::ConsumePrefix(&text, ".") || text.empty()) return fail("is not a field path");
  FieldPath result;
  for (absl::string_view part : absl::StrSplit(text, '.')) {
    Step step;
    const size_t bracket = part.find('[');
    step.field = std::string(part.substr(0, bracket));
    if (bracket != absl::string_view::npos) {
      const bool valid = absl::EndsWith(part, "]") &&
                         absl::SimpleAtoi(part.substr(bracket + 1, part.size() - bracket - 2), &step.index) &&
                         step.index >= 0;
      if (!valid) return fail("has an index that is not a number");
    }
    if (step.field.empty()) return fail("has an empty field name");
    result.steps_.push_back(step);
  }
  return result;
}

std::string FieldPath::Text(const api::Object& object) const {
  rapidjson::Document document;
  const std::string json = api::EncodeJson(object);
  document.Parse(json.c_str(), json.size());
  const rapidjson::Value* value = &document;
  for (const Step& step : steps_) {
    if (!value->IsObject()) return "";
    const auto member = value->FindMember(step.field.c_str());
    if (member == value->MemberEnd()) return "";
    value = &member->value;
    if (step.index < 0) continue;
    if (!value->IsArray() || step.index >= static_cast<int>(value->Size())) return "";
    value = &(*value)[static_cast<rapidjson::SizeType>(step.index)];
  }
  if (value->IsString()) return value->GetString();
  if (value->IsInt64()) return absl::StrCat(value->GetInt64());
  if (value->IsNumber()) return absl::StrCat(value->GetDouble());
  if (value->IsBool()) return value->GetBool() ? "true" : "false";
  return "";
}

std::string FieldPath::SortText(const api::Object& object) const {
  const std::string text = Text(object);
  double number = 0;
  return absl::SimpleAtod(text, &number) ? absl::StrFormat("%030.6f", number) : text;
}

}  // namespace kubelite::cli
