#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace kubelite::cli {

// Replaces the tabs of a text by blanks so that cells line up: a column is a run of adjacent lines that have a
// tab-ended cell there, and is as wide as its widest cell plus two. The layout of `kubectl describe`.
std::string AlignTabs(absl::string_view text);

}  // namespace kubelite::cli
