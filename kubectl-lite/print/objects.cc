#include "kubectl-lite/print/objects.h"

#include <ostream>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/api/json.h"
#include "common/api/scheme.h"
#include "common/api/yaml.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "k8s/meta/v1.pb.h"
#include "kubectl-lite/print/names.h"
#include "kubectl-lite/print/table.h"

namespace kubelite::cli {
namespace {

// One object, or a list of them.
std::string ToJson(const std::vector<api::ObjectPtr>& objects, bool as_list, bool managed_fields) {
  const auto encode = [managed_fields](const api::Object& object) {
    return managed_fields ? api::EncodeJson(object) : PlainJson(object);
  };
  if (objects.size() == 1 && !as_list) return encode(*objects[0]);
  std::string json = R"({"apiVersion":"v1","items":[)";
  for (size_t i = 0; i < objects.size(); ++i) absl::StrAppend(&json, i == 0 ? "" : ",", encode(*objects[i]));
  return json + R"(],"kind":"List","metadata":{"resourceVersion":""}})";
}

absl::Status NothingGiven(absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat(what, ": no template is given; write for example ", what, "='{.metadata.name}'"));
}

}  // namespace

absl::StatusOr<Output> Output::Parse(const std::string& text, bool headers) {
  static constexpr std::pair<absl::string_view, OutputFormat> kPlain[] = {{"", OutputFormat::kTable},
                                                                          {"wide", OutputFormat::kWide},
                                                                          {"yaml", OutputFormat::kYaml},
                                                                          {"json", OutputFormat::kJson},
                                                                          {"name", OutputFormat::kName}};
  Output output;
  for (const auto& [name, format] : kPlain) {
    if (text != name) continue;
    output.format_ = format;
    return output;
  }
  const std::pair<std::string, std::string> parts = absl::StrSplit(text, absl::MaxSplits('=', 1));
  const auto& [name, value] = parts;
  if (name == "jsonpath") {
    if (value.empty()) return NothingGiven("-o jsonpath");
    RETURN_IF_ERROR(output.ParseTemplate(value));
  } else if (name == "jsonpath-file") {
    if (value.empty()) return absl::InvalidArgumentError("-o jsonpath-file: no file is given");
    const absl::StatusOr<std::string> file = base::ReadFile(value);
    if (!file.ok()) return base::Annotate(file.status(), "-o jsonpath-file");
    RETURN_IF_ERROR(base::Annotate(output.ParseTemplate(*file), value));
  } else if (name == "custom-columns") {
    RETURN_IF_ERROR(output.ParseColumns(value));
    output.headers_due_ = headers;
  } else {
    return absl::InvalidArgumentError(
        absl::StrCat("unable to match a printer suitable for the output format \"", text,
                     "\", allowed formats are: custom-columns,json,jsonpath,jsonpath-file,name,wide,yaml"));
  }
  return output;
}

absl::Status Output::ParseTemplate(const std::string& text) {
  absl::StatusOr<api::JsonPathTemplate> parsed = api::JsonPathTemplate::Parse(text);
  if (!parsed.ok()) return base::Annotate(parsed.status(), absl::StrCat("error parsing jsonpath ", text));
  format_ = OutputFormat::kJsonPath;
  template_text_ = text;
  template_ = *std::move(parsed);
  return absl::OkStatus();
}

absl::Status Output::ParseColumns(const std::string& text) {
  if (text.empty()) {
    return absl::InvalidArgumentError(
        "custom-columns format specified but no custom columns given; write for example "
        "-o custom-columns=NAME:.metadata.name,IMAGE:.spec.containers[*].image");
  }
  format_ = OutputFormat::kColumns;
  for (absl::string_view column : absl::StrSplit(text, ',')) {
    const std::vector<std::string> parts = absl::StrSplit(column, absl::MaxSplits(':', 1));
    if (parts.size() != 2) {
      return absl::InvalidArgumentError(
          absl::StrCat("unexpected custom-columns spec: ", column, ", expected <header>:<json-path-expr>"));
    }
    absl::StatusOr<api::JsonPathTemplate> path = api::JsonPathTemplate::ParsePath(parts[1]);
    if (!path.ok()) return base::Annotate(path.status(), absl::StrCat("custom column ", column));
    columns_.push_back({parts[0], *std::move(path)});
  }
  return absl::OkStatus();
}

absl::Status Output::Print(const std::vector<api::ObjectPtr>& objects, bool as_list, std::ostream& out) {
  if (format_ == OutputFormat::kColumns) return PrintColumns(objects, out);
  if (format_ == OutputFormat::kName) {
    for (const api::ObjectPtr& object : objects) {
      const api::ResourceInfo* resource = api::Scheme::Builtin().FindDescriptor(object->GetDescriptor());
      if (resource != nullptr) out << ObjectName(*resource, api::Meta(*object).name()) << "\n";
    }
    return absl::OkStatus();
  }
  const std::string json = ToJson(objects, as_list, show_managed_fields_ || format_ == OutputFormat::kJsonPath);
  if (format_ == OutputFormat::kJsonPath) {
    const absl::StatusOr<std::string> text = template_->Print(json);
    if (!text.ok()) {
      return base::Annotate(text.status(), absl::StrCat("error executing jsonpath \"", template_text_, "\""));
    }
    out << *text;
  } else if (format_ == OutputFormat::kYaml) {
    ASSIGN_OR_RETURN(const std::string yaml, api::JsonToYaml(json));
    out << yaml;
  } else {
    ASSIGN_OR_RETURN(const std::string pretty, api::PrettyJson(json));
    out << pretty << "\n";
  }
  return absl::OkStatus();
}

absl::Status Output::PrintColumns(const std::vector<api::ObjectPtr>& objects, std::ostream& out) {
  std::vector<std::vector<std::string>> rows;
  if (std::exchange(headers_due_, false)) {
    rows.emplace_back();
    for (const Column& column : columns_) rows.back().push_back(column.header);
  }
  for (const api::ObjectPtr& object : objects) {
    rows.emplace_back();
    const std::string json = api::EncodeJson(*object);
    for (const Column& column : columns_) {
      const absl::StatusOr<std::vector<std::string>> values = column.path.Values(json);
      if (!values.ok()) return base::Annotate(values.status(), absl::StrCat("custom column ", column.header));
      rows.back().push_back(values->empty() ? "<none>" : absl::StrJoin(*values, ","));
    }
  }
  PrintAligned(rows, &widths_, out);
  return absl::OkStatus();
}

std::string PlainJson(const api::Object& object) {
  if (!api::HasMetadata(object.GetDescriptor()) || api::Meta(object).managedfields().empty()) {
    return api::EncodeJson(object);
  }
  const std::unique_ptr<api::Object> plain = api::Clone(object);
  api::MutableMeta(plain.get())->clear_managedfields();
  return api::EncodeJson(*plain);
}

absl::StatusOr<FieldPath> FieldPath::Parse(absl::string_view flag, const std::string& path) {
  absl::StatusOr<api::JsonPathTemplate> parsed = api::JsonPathTemplate::ParsePath(path);
  if (!parsed.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(flag, ": \"", path, "\": ", parsed.status().message(),
                                                   "; write for example ", flag, "=.metadata.creationTimestamp"));
  }
  FieldPath result;
  result.path_ = *std::move(parsed);
  return result;
}

std::string FieldPath::Text(const api::Object& object) const {
  const absl::StatusOr<std::vector<std::string>> values = path_->Values(api::EncodeJson(object));
  return !values.ok() || values->empty() ? "" : values->front();
}

std::string FieldPath::SortText(const api::Object& object) const {
  const std::string text = Text(object);
  double number = 0;
  return absl::SimpleAtod(text, &number) ? absl::StrFormat("%030.6f", number) : text;
}

}  // namespace kubelite::cli
