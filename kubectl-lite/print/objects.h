#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/api/jsonpath.h"
#include "common/api/object.h"

namespace kubelite::cli {

enum class OutputFormat { kTable, kWide, kYaml, kJson, kName, kJsonPath, kColumns };

// What -o asks for. Tables are printed by TablePrinter, the other formats here.
class Output {
 public:
  Output() = default;  // kTable
  // "", wide, yaml, json, name, jsonpath=TEMPLATE, jsonpath-file=FILE or custom-columns=HEADER:PATH,... InvalidArgument
  // that lists the formats for an unknown one, and that names the position in a template that cannot be read. `headers`
  // false leaves out the header line of custom columns. Blocks on the file.
  static absl::StatusOr<Output> Parse(const std::string& text, bool headers = true);

  // YAML and JSON leave out metadata.managedFields unless this is set.
  void set_show_managed_fields(bool show) { show_managed_fields_ = show; }
  OutputFormat format() const { return format_; }
  bool is_table() const { return format_ == OutputFormat::kTable || format_ == OutputFormat::kWide; }
  // One object as it is; several, or `as_list`, as a v1 List. Custom columns have their headers once, and keep their
  // widths from call to call. A template that does not fit the objects is InvalidArgument.
  absl::Status Print(const std::vector<api::ObjectPtr>& objects, bool as_list, std::ostream& out);

 private:
  struct Column {
    std::string header;
    api::JsonPathTemplate path;
  };
  absl::Status ParseTemplate(const std::string& text);
  absl::Status ParseColumns(const std::string& text);
  absl::Status PrintColumns(const std::vector<api::ObjectPtr>& objects, std::ostream& out);

  OutputFormat format_ = OutputFormat::kTable;
  std::string template_text_;
  std::optional<api::JsonPathTemplate> template_;
  std::vector<Column> columns_;
  bool headers_due_ = false;
  bool show_managed_fields_ = false;
  std::vector<size_t> widths_;
};

// The JSON form without metadata.managedFields, which is noise to people.
std::string PlainJson(const api::Object& object);

// A path to one field, such as .metadata.creationTimestamp, {.status.podIP} or .spec.containers[0].image.
class FieldPath {
 public:
  // InvalidArgument with an example for a path that cannot be read; `flag` is named in it.
  static absl::StatusOr<FieldPath> Parse(absl::string_view flag, const std::string& path);
  // The value at the path, the first of several; empty when absent.
  std::string Text(const api::Object& object) const;
  // The same in a form whose order as text is that of the values.
  std::string SortText(const api::Object& object) const;

 private:
  std::optional<api::JsonPathTemplate> path_;
};

}  // namespace kubelite::cli
