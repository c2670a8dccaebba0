#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"

namespace kubelite::api {

// JSON merge patch (RFC 7386) over JSON texts. InvalidArgument when either is not JSON, or the patch is not an object.
absl::StatusOr<std::string> ApplyMergePatch(absl::string_view document, absl::string_view patch);

// JSON patch (RFC 6902). InvalidArgument when it is no list of operations; FailedPrecondition when one is unknown or
// not complete, has no target, or a test fails.
absl::StatusOr<std::string> ApplyJsonPatch(absl::string_view document, absl::string_view patch);

// Strategic merge patch: lists with a merge key in `schema` are merged by it; directives $patch (replace, merge,
// delete), $retainKeys, $deleteFromPrimitiveList and $setElementOrder. InvalidArgument for a patch that is not
// well-formed.
absl::StatusOr<std::string> ApplyStrategicMergePatch(absl::string_view document, absl::string_view patch,
                                                     const google::protobuf::Descriptor* schema);

// The merge patch that turns `from` into `to`; "{}" when they are equal. apply(diff(a, b), a) == b for documents
// without nulls.
absl::StatusOr<std::string> CreateMergePatch(absl::string_view from, absl::string_view to);

// kubectl apply's three-way patch: deletes what `original` (last applied) had and `modified` has not; adds and changes
// what differs between `current` and `modified`. An empty `original` deletes nothing.
absl::StatusOr<std::string> CreateThreeWayMergePatch(absl::string_view original, absl::string_view modified,
                                                     absl::string_view current);

}  // namespace kubelite::api
