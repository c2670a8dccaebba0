#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/client/moment.h"
#include "store/store.h"

namespace kubelite::apiserver {

// Between revisions and the times people think in. All block on the store.

// The oldest revision that can be read, and when it was written.
client::Moment OldestMoment(store::Store& store, absl::Time now);
// When a kept revision was written.
absl::Time TimeOf(store::Store& store, store::Revision revision, absl::Time now);
// "1234" (a revision), "-10m" (an age) or an RFC 3339 time. BadRequest for other texts and for what has not come yet;
// Expired, naming the oldest moment that can be read, for what is no longer kept.
absl::StatusOr<client::Moment> ResolveMoment(store::Store& store, absl::string_view at, absl::Time now);

// What a reader of a compacted revision gets: Expired, with `problem`, what can still be read, and the flags that say
// so.
absl::Status HistoryGone(store::Store& store, absl::string_view problem, absl::Time now);

}  // namespace kubelite::apiserver
