#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/client/store_client.h"
#include "kubectl-lite/print/changes.h"

namespace kubelite::cli {

// One change of an object, with what it made of what.
struct ObjectState {
  enum class Kind { kCreated, kChanged, kDeleted, kUnknown };  // unknown: the state before is no longer kept
  Kind kind = Kind::kChanged;
  int64_t revision = 0;
  absl::Time time;
  kubelite::v1::WriteNote by;
  api::ObjectPtr before;             // null: created, or unknown
  api::ObjectPtr after;              // null: deleted
  std::vector<FieldChange> changed;  // of kChanged; values of secrets are hidden
};
struct ObjectHistory {
  std::vector<ObjectState> states;  // oldest first
  bool more = false;                // older changes are kept but were not read
};

// At most the latest `limit` changes (0: all that are kept).
absl::StatusOr<ObjectHistory> ReadHistory(client::StoreClient& store, const api::ResourceInfo& resource,
                                          const api::ObjectKey& key, int64_t limit);

}  // namespace kubelite::cli
