#pragma once

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace kubelite::cli {

// The text of a description as it grows: lines, two blanks deeper per level, cells ended by tabs (see AlignTabs).
class Lines {
 public:
  // One line, made of the pieces.
  template <typename... Pieces>
  void Add(int level, const Pieces&... pieces) {
    absl::StrAppend(&text_, std::string(static_cast<size_t>(2 * level), ' '), pieces..., "\n");
  }
  // "Name:<tab>value", with <none> for an empty value.
  void Field(int level, absl::string_view name, absl::string_view value) {
    Add(level, name, ":\t", value.empty() ? "<none>" : value);
  }
  // The same, but nothing at all for an empty value.
  void OptionalField(int level, absl::string_view name, absl::string_view value) {
    if (!value.empty()) Add(level, name, ":\t", value);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace kubelite::cli
