#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace kubelite::apiserver {

// A request target, percent-decoded.
struct Url {
  std::string path;                                        // as sent, for messages and non-resource URLs
  std::vector<std::string> segments;                       // of the path; empty ones (as after a last "/") left out
  std::vector<std::pair<std::string, std::string>> query;  // in order

  // The first value; empty when absent.
  absl::string_view Query(absl::string_view name) const;
  bool IsTrue(absl::string_view name) const;
};

// BadRequest for broken escapes.
absl::StatusOr<Url> ParseUrl(absl::string_view target);

}  // namespace kubelite::apiserver
