#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"

namespace kubelite::api {

// Levenshtein distance without regard to case; for "did you mean" hints on error paths.
inline size_t EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substitution = diagonal + (absl::ascii_tolower(a[i - 1]) == absl::ascii_tolower(b[j - 1]) ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitution});
    }
  }
  return row[b.size()];
}

// Whether `candidate` is close enough to `typed` to be offered instead of it.
inline bool LooksLike(absl::string_view typed, absl::string_view candidate) {
  if (typed.size() > 64 || candidate.size() > 64) return false;
  return EditDistance(typed, candidate) <= (std::min(typed.size(), candidate.size()) >= 5 ? 2U : 1U);
}

}  // namespace kubelite::api
