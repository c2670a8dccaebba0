#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace kubelite::image {

// An image name as users write it: [domain/]path[:tag][@digest]. Value type.
struct Reference {
  std::string domain;  // "docker.io" when none is written
  std::string path;    // "library/nginx"
  std::string tag;     // "latest" when neither tag nor digest is written
  std::string digest;  // "sha256:..." or empty

  // The short form: docker.io and library/ are left out. Equal references have equal short forms.
  std::string ToString() const;
  bool operator==(const Reference&) const = default;
};

// InvalidArgument in upstream's words, e.g. `invalid reference format: repository name must be lowercase`.
absl::StatusOr<Reference> ParseReference(absl::string_view text);

}  // namespace kubelite::image
