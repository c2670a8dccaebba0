#pragma once

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace kubelite::api {

// Where the decoder stands, as a chain of frames on its call stack; rendered only for messages.
struct JsonPath {
  const JsonPath* parent = nullptr;
  absl::string_view key;
  int index = -1;  // of an array element; then `key` is unused

  JsonPath Child(absl::string_view child) const { return {this, child, -1}; }
  JsonPath Element(int at) const { return {this, "", at}; }

  // spec.containers[0].image
  std::string ToString() const {
    if (parent == nullptr) return "";
    const std::string prefix = parent->ToString();
    if (index >= 0) return absl::StrCat(prefix, "[", index, "]");
    return absl::StrCat(prefix, prefix.empty() ? "" : ".", key);
  }
};

}  // namespace kubelite::api
