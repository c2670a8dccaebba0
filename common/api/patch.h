#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace kubelite::api {

// JSON merge patch (RFC 7386) over JSON texts. InvalidArgument when either is not JSON, or the patch is not an object.
absl::StatusOr<std::string> ApplyMergePatch(absl::string_view document, absl::string_view patch);

// The merge patch that turns `from` into `to`; "{}" when they are equal. apply(diff(a, b), a) == b for documents
// without nulls.
absl::StatusOr<std::string> CreateMergePatch(absl::string_view from, absl::string_view to);

// kubectl apply's three-way patch: deletes what `original` (last applied) had and `modified` has not; adds and changes
// what differs between `current` and `modified`. An empty `original` deletes nothing.
absl::StatusOr<std::string> CreateThreeWayMergePatch(absl::string_view original, absl::string_view modified,
                                                     absl::string_view current);

}  // namespace kubelite::api
