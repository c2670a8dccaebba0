#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/api/object.h"

namespace kubelite::cli {

// What -o asks for. Table formats are printed by TablePrinter, the others from objects.
enum class OutputFormat { kTable, kWide, kYaml, kJson, kName };
// InvalidArgument that lists the formats for an unknown one. "" is kTable.
absl::StatusOr<OutputFormat> ParseOutputFormat(const std::string& text);

// One object as it is; several, or `as_list`, as a v1 List.
absl::Status PrintObjects(const std::vector<api::ObjectPtr>& objects, OutputFormat format, bool as_list,
                          std::ostream& out);

// A path to one field, such as .metadata.creationTimestamp, {.status.podIP} or .spec.containers[0].image.
class FieldPath {
 public:
  // InvalidArgument with an example for a path that cannot be read; `flag` is named in it.
  static absl::StatusOr<FieldPath> Parse(absl::string_view flag, const std::string& path);
  // The value at the path; empty when absent or no single value.
  std::string Text(const api::Object& object) const;
  // The same in a form whose order as text is that of the values.
  std::string SortText(const api::Object& object) const;

 private:
  struct Step {
    std::string field;
    int index = -1;
  };
  std::vector<Step> steps_;
};

}  // namespace kubelite::cli
