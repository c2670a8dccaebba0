#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "store/store.h"
#include "tests/robustness/operation.h"

namespace kubelite::robustness {

// The program that is killed and the test that kills it agree on what each writer does: its n-th operation is a pure
// function of round, writer and n, so the test knows what an operation that was cut short would have done.
inline constexpr int kWriters = 4;

// Puts, deletes and transactions on the writer's own and on shared keys, which all succeed whatever is there (a
// deletion of an absent key changes nothing). The first of 16 grants a lease that puts use, the last revokes it.
Operation PlannedOperation(int64_t round, int writer, int64_t n);

// Calls the store. The step's revision; 0 for what has none.
absl::StatusOr<Revision> Execute(const Operation& op, store::Store* store);
// The same for puts, deletes and transactions in one Apply. As many as there were before the first that failed.
std::vector<Revision> ExecuteTogether(const std::vector<Operation>& operations, store::Store* store);

}  // namespace kubelite::robustness
