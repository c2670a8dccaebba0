#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace kubelite::api {

// One document of a manifest as JSON, with the line it starts on.
struct ManifestDocument {
  std::string json;
  int line = 1;
};

// Splits and converts a manifest: YAML with `---` separators, or JSON. Empty documents are skipped; a `List` kind is
// expanded into its items. Scalars resolve as upstream's YAML reader does (yes/no/on/off are booleans only unquoted,
// octal 0644 is a number). Errors: InvalidArgument `<source>: line N: <problem>` for syntax, duplicate keys, too deep
// nesting or too many aliases.
absl::StatusOr<std::vector<ManifestDocument>> ReadManifest(absl::string_view text, absl::string_view source);

// Any JSON text as YAML in kubectl's style (keys in the given order, block style, strings quoted only when needed).
absl::StatusOr<std::string> JsonToYaml(absl::string_view json);

}  // namespace kubelite::api
