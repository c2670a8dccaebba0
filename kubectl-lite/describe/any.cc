#include <rapidjson/document.h>

#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/api/json.h"
#include "kubectl-lite/describe/parts.h"

namespace kubelite::cli {
namespace {

using rapidjson::Value;

// "podIP" -> "Pod IP", "creationTimestamp" -> "Creation Timestamp".
std::string Title(absl::string_view name) {
  static const auto* acronyms =
      new std::set<std::string>{"Api", "Cidr", "Cpu", "Dns", "Http", "Id", "Ip", "Tls", "Uid", "Url"};
  std::vector<std::string> words;
  for (size_t i = 0; i < name.size(); ++i) {
    const bool upper = absl::ascii_isupper(static_cast<unsigned char>(name[i]));
    const bool after_lower = i > 0 && !absl::ascii_isupper(static_cast<unsigned char>(name[i - 1]));
    const bool before_lower = i + 1 < name.size() && absl::ascii_islower(static_cast<unsigned char>(name[i + 1]));
    if (words.empty() || (upper && (after_lower || before_lower))) words.emplace_back();
    words.back() += name[i];
  }
  std::string title;
  for (std::string word : words) {
    word[0] = absl::ascii_toupper(static_cast<unsigned char>(word[0]));
    if (acronyms->count(word) != 0) absl::AsciiStrToUpper(&word);
    absl::StrAppend(&title, title.empty() ? "" : " ", word);
  }
  return title;
}

std::string Scalar(const Value& value) {
  if (value.IsString()) return value.GetString();
  if (value.IsBool()) return value.GetBool() ? "true" : "false";
  if (value.IsNull()) return "<nil>";
  if (value.IsInt64()) return absl::StrCat(value.GetInt64());
  return absl::StrCat(value.GetDouble());
}

void AddMembers(int level, const Value& object, const std::set<std::string>& skipped, Lines* lines);

void AddValue(int level, const std::string& title, const Value& value, Lines* lines) {
  if (value.IsObject()) {
    lines->Add(level, title, ":");
    AddMembers(level + 1, value, {}, lines);
  } else if (value.IsArray()) {
    lines->Add(level, title, ":");
    for (const Value& element : value.GetArray()) {
      if (element.IsObject()) {
        AddMembers(level + 1, element, {}, lines);
      } else {
        lines->Add(level + 1, Scalar(element));
      }
    }
  } else {
    lines->Add(level, title, ":\t", Scalar(value));
  }
}

// In the order of the titles.
void AddMembers(int level, const Value& object, const std::set<std::string>& skipped, Lines* lines) {
  std::map<std::string, const Value*> members;
  for (auto it = object.MemberBegin(); it != object.MemberEnd(); ++it) {
    if (skipped.count(it->name.GetString()) == 0) members[Title(it->name.GetString())] = &it->value;
  }
  for (const auto& [title, value] : members) AddValue(level, title, *value, lines);
}

}  // namespace

absl::Status DescribeAny(const DescribeInput& input, Lines* lines) {
  DescribeName(input, lines);
  DescribeLabels(input, lines);
  DescribeAnnotations("", api::Meta(*input.object).annotations(), lines);
  lines->Add(0, "API Version:\t", input.resource.gvk.ApiVersion());
  lines->Add(0, "Kind:\t", input.resource.gvk.kind);
  rapidjson::Document document;
  const std::string json = api::EncodeJson(*input.object);
  document.Parse(json.c_str(), json.size());
  if (!document.IsObject()) return absl::InternalError("the object cannot be shown");
  if (document.HasMember("metadata") && document["metadata"].IsObject()) {
    lines->Add(0, "Metadata:");
    AddMembers(1, document["metadata"], {"name", "namespace", "labels", "annotations", "managedFields"}, lines);
  }
  AddMembers(0, document, {"apiVersion", "kind", "metadata"}, lines);
  return absl::OkStatus();
}

}  // namespace kubelite::cli
