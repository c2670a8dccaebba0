#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace kubelite::cli {

// The lines that differ in unified form: "--- <from>", "+++ <to>", hunks with three lines around. Empty when nothing
// differs. Texts that differ in very many lines are shown as replaced where they do.
std::string UnifiedDiff(absl::string_view before, absl::string_view after, absl::string_view from,
                        absl::string_view to);

}  // namespace kubelite::cli
