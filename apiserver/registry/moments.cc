#include "apiserver/registry/moments.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/api/errors.h"
#include "common/api/time.h"

namespace kubelite::apiserver {
namespace {

using client::Moment;

absl::Status NoMoment(absl::string_view at) {
  return api::BadRequest(absl::StrCat("\"", at,
                                      "\" names no moment; write a revision (1234), an age (-10m) or a time "
                                      "(2026-01-02T15:04:05Z)"));
}

absl::Status InTheFuture(absl::string_view at, absl::Time now) {
  return api::BadRequest(
      absl::StrCat("\"", at, "\" is in the future: the server's clock says ", api::FormatRfc3339(now)));
}

absl::StatusOr<Moment> OfRevision(store::Store& store, store::Revision revision, absl::Time now) {
  const store::Revision current = store.CurrentRevision();
  if (revision <= 0 || revision > current) {
    return api::BadRequest(absl::StrCat("revision ", revision, " has not been written; the newest is ", current));
  }
  if (revision < store.CompactedRevision()) {
    return HistoryGone(store, absl::StrCat("revision ", revision, " is no longer kept"), now);
  }
  return Moment{revision, TimeOf(store, revision, now)};
}

absl::StatusOr<Moment> OfTime(store::Store& store, absl::string_view at, absl::Time time, absl::Time now) {
  if (time > now) return InTheFuture(at, now);
  const absl::StatusOr<store::Revision> revision = store.RevisionAt(time);
  if (revision.ok()) return Moment{*revision, time};
  if (!absl::IsOutOfRange(revision.status())) {
    return api::ServiceUnavailable(absl::StrCat("the store is not available: ", revision.status().message()));
  }
  return HistoryGone(store, absl::StrCat("nothing is kept of ", api::FormatRfc3339(time)), now);
}

}  // namespace

absl::Time TimeOf(store::Store& store, store::Revision revision, absl::Time now) {
  // The store tells the revision of a time, and later times have no lower ones: halve the time between until it is
  // that of the revision.
  int64_t before = -1;
  int64_t at = absl::ToUnixMicros(now);
  while (at - before > 1) {
    const int64_t middle = before + (at - before) / 2;
    const absl::StatusOr<store::Revision> reached = store.RevisionAt(absl::FromUnixMicros(middle));
    (reached.ok() && *reached >= revision ? at : before) = middle;
  }
  return absl::FromUnixMicros(at);
}

Moment OldestMoment(store::Store& store, absl::Time now) {
  const store::Revision oldest = std::max<store::Revision>(store.CompactedRevision(), 1);
  return {oldest, TimeOf(store, oldest, now)};
}

absl::StatusOr<Moment> ResolveMoment(store::Store& store, absl::string_view at, absl::Time now) {
  store::Revision revision = 0;
  if (absl::StartsWith(at, "-")) {
    const absl::StatusOr<absl::Duration> age = api::ParseGoDuration(at.substr(1));
    if (!age.ok() || *age < absl::ZeroDuration()) return NoMoment(at);
    return OfTime(store, at, now - *age, now);
  }
  if (absl::SimpleAtoi(at, &revision)) return OfRevision(store, revision, now);
  const absl::StatusOr<absl::Time> time = api::ParseRfc3339(at);
  return time.ok() ? OfTime(store, at, *time, now) : NoMoment(at);
}

absl::Status HistoryGone(store::Store& store, absl::string_view problem, absl::Time now) {
  const Moment oldest = OldestMoment(store, now);
  return api::Expired(absl::StrCat(problem, "; the oldest that can be read is revision ", oldest.revision, " of ",
                                   api::FormatRfc3339(oldest.time),
                                   " (--retention and --retention-bytes of kube-lite-apiserver say what is kept)"));
}

}  // namespace kubelite::apiserver
