#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace kubelite::api {

struct JsonPathTree;

// A JSONPath template in kubectl's dialect (k8s.io/client-go/util/jsonpath): text with actions in braces.
//   {.metadata.name}  {['metadata']['name']}  {.metadata.labels.app\.kubernetes\.io/name}  {@}  {"\n"}
//   {.items[0]}  {.items[-1]}  {.items[0:4:2]}  {.items[*].metadata.name}  {.items[0,2]}  {['kind','apiVersion']}
//   {..image}  {.items[?(@.status.phase=="Running")].metadata.name}  {.items[?(@.spec.nodeName)]}
//   {range .items[*]}{.metadata.name}{"\n"}{end}
// Filters know == != < <= > >=. `$` is the present object, as `@` is. A key in brackets and quotes is one key, dots and
// all. A missing key has no values; an index outside an array is an error. Immutable, cheap to copy.
class JsonPathTemplate {
 public:
  // InvalidArgument that says at which character: `unterminated array at position 8`.
  static absl::StatusOr<JsonPathTemplate> Parse(absl::string_view text);
  // One path, as flags such as --sort-by take it: x.y, .x.y, {x.y} or {.x.y}.
  static absl::StatusOr<JsonPathTemplate> ParsePath(absl::string_view text);

  // The template's text for a JSON document: values of one action are separated by blanks, objects and arrays are
  // compact JSON. InvalidArgument for a document that is no JSON and for what cannot be done to it, with the position
  // in the template.
  absl::StatusOr<std::string> Print(absl::string_view json) const;
  // What the actions find, each as text: strings and numbers as they are, objects as map[a:1 b:2], arrays as [1 2].
  absl::StatusOr<std::vector<std::string>> Values(absl::string_view json) const;

 private:
  explicit JsonPathTemplate(std::shared_ptr<const JsonPathTree> tree) : tree_(std::move(tree)) {}
  std::shared_ptr<const JsonPathTree> tree_;
};

}  // namespace kubelite::api
