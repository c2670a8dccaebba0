#pragma once

#include "absl/status/status.h"

namespace kubelite::etcd {

// The errors of etcd's API. Client libraries compare the texts, so they are upstream's to the letter.
absl::Status EmptyKeyError();
absl::Status KeyNotFoundError();
absl::Status ValueProvidedError();
absl::Status LeaseProvidedError();
absl::Status TooManyOpsError();
absl::Status DuplicateKeyError();
absl::Status CompactedError();
absl::Status FutureRevisionError();
absl::Status NoSpaceError();
absl::Status LeaseNotFoundError();
absl::Status LeaseExistsError();
absl::Status LeaseTtlTooLargeError();
absl::Status RequestTooLargeError();
absl::Status TooManyRequestsError();
absl::Status StoppedError();
absl::Status MemberNotFoundError();
absl::Status BadLeaderTransfereeError();
absl::Status AuthNotEnabledError();
// For what needs more than one member.
absl::Status SingleMemberError();

// What a read, write or compaction of the store answers. A NotFound of the store is the caller's to explain.
absl::Status FromStore(const absl::Status& status);

}  // namespace kubelite::etcd
