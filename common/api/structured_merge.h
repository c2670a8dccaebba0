#pragma once

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/api/json_plan.h"
#include "common/api/json_tree.h"
#include "common/api/managed_fields.h"

namespace kubelite::api {

// One server-side apply. Trees are sorted (see SortMembers).
struct StructuredApply {
  const JsonTree& live;
  const JsonTree& applied;
  const MessagePlan& plan;
  FieldManager manager;  // its operation is Apply
  absl::Time now;
  bool force = false;
  // Which members of the root count; of others nobody becomes the owner.
  absl::FunctionRef<bool(absl::string_view)> wanted;
};

// Fields that another manager owns with another value.
struct ApplyConflict {
  FieldManager manager;
  FieldSet fields;
};

struct StructuredResult {
  JsonTree object;
  std::vector<ApplyConflict> conflicts;  // by manager; if there are any, nothing else was done
};

// Merges `applied` over `live`, takes out what the manager applied before and does not list any more unless another one
// owns it, and gives the manager what it lists. InvalidArgument for a value that does not fit the schema.
absl::StatusOr<StructuredResult> ApplyStructured(const StructuredApply& apply, ManagedFields* managed);

// What client-side apply has written: the fields of its last configuration that are still so. A first server-side apply
// may take them without a conflict.
FieldSet LastAppliedFields(const JsonTree& last_applied, const JsonTree& live, const MessagePlan& plan);

// The conflicts without these fields.
std::vector<ApplyConflict> WithoutFields(const std::vector<ApplyConflict>& conflicts, const FieldSet& fields);

// 409 Conflict with a FieldManagerConflict cause for each path, in upstream's words.
absl::Status ConflictStatus(const std::vector<ApplyConflict>& conflicts);

}  // namespace kubelite::api
