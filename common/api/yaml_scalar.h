#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace kubelite::api {

// What a plain (unquoted) YAML scalar means to upstream's reader, a YAML 1.1 dialect.
struct YamlScalar {
  enum class Kind { kNull, kBool, kInt, kFloat, kTimestamp, kMerge, kString };
  Kind kind = Kind::kString;
  // JSON text for null, booleans and numbers. Empty for a float that JSON cannot hold (.inf, .nan).
  std::string json;
};

YamlScalar ResolveYamlScalar(absl::string_view text);

}  // namespace kubelite::api
