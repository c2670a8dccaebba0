#include "store/etcd/errors.h"

#include "absl/strings/str_cat.h"

namespace kubelite::etcd {

absl::Status EmptyKeyError() { return absl::InvalidArgumentError("etcdserver: key is not provided"); }
absl::Status KeyNotFoundError() { return absl::InvalidArgumentError("etcdserver: key not found"); }
absl::Status ValueProvidedError() { return absl::InvalidArgumentError("etcdserver: value is provided"); }
absl::Status LeaseProvidedError() { return absl::InvalidArgumentError("etcdserver: lease is provided"); }
absl::Status TooManyOpsError() { return absl::InvalidArgumentError("etcdserver: too many operations in txn request"); }
absl::Status DuplicateKeyError() {
  return absl::InvalidArgumentError("etcdserver: duplicate key given in txn request");
}
absl::Status CompactedError() {
  return absl::OutOfRangeError("etcdserver: mvcc: required revision has been compacted");
}
absl::Status FutureRevisionError() {
  return absl::OutOfRangeError("etcdserver: mvcc: required revision is a future revision");
}
absl::Status NoSpaceError() { return absl::ResourceExhaustedError("etcdserver: mvcc: database space exceeded"); }
absl::Status LeaseNotFoundError() { return absl::NotFoundError("etcdserver: requested lease not found"); }
absl::Status LeaseExistsError() { return absl::FailedPreconditionError("etcdserver: lease already exists"); }
absl::Status LeaseTtlTooLargeError() { return absl::OutOfRangeError("etcdserver: too large lease TTL"); }
absl::Status RequestTooLargeError() { return absl::InvalidArgumentError("etcdserver: request is too large"); }
absl::Status TooManyRequestsError() { return absl::ResourceExhaustedError("etcdserver: too many requests"); }
absl::Status StoppedError() { return absl::UnavailableError("etcdserver: server stopped"); }
absl::Status MemberNotFoundError() { return absl::NotFoundError("etcdserver: member not found"); }
absl::Status BadLeaderTransfereeError() { return absl::FailedPreconditionError("etcdserver: bad leader transferee"); }
absl::Status AuthNotEnabledError() {
  return absl::FailedPreconditionError("etcdserver: authentication is not enabled");
}
absl::Status SingleMemberError() {
  return absl::UnimplementedError("etcdserver: kube-lite-store is a single member; its membership cannot change");
}

absl::Status FromStore(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return status;
    case absl::StatusCode::kOutOfRange:
      return CompactedError();
    case absl::StatusCode::kFailedPrecondition:
      return FutureRevisionError();
    case absl::StatusCode::kResourceExhausted:
      return NoSpaceError();
    default:
      return absl::Status(status.code(), absl::StrCat("etcdserver: ", status.message()));
  }
}

}  // namespace kubelite::etcd
