#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "tests/robustness/model.h"

namespace kubelite::robustness {

// A moment of a run: calls and returns take numbers from one counter, so what returned before another was called has
// the smaller one.
using Tick = int64_t;
inline constexpr Tick kNever = std::numeric_limits<Tick>::max();

// One call into a transaction's body: what was asked and what it answered.
struct BodyCall {
  enum class Kind { kGet, kList, kPut, kDelete };
  Kind kind = Kind::kGet;
  std::string key;
  std::string value;
  LeaseId lease = 0;
  KeyRange range;
  size_t limit = 0;

  absl::Status status;
  std::vector<KeyValue> items;  // kGet: one
  bool more = false;
};

// One call of a store and its outcome.
struct Operation {
  enum class Kind {
    kPut,
    kDelete,
    kTransaction,
    kRevokeLease,
    kGet,
    kList,
    kCount,
    kHistory,
    kRevisionAt,
    kGrantLease,
    kRenewLease,
    kGetLease,
    kLeaseKeys,
    kLeases,
    kExpireLeases,
    kCompact,
    kCurrentRevision,
    kCompactedRevision,
    kNewWatch,
    kPowerLoss,  // what was not synced may be gone; nobody calls it
  };
  Kind kind = Kind::kPut;
  std::string note;  // unique in the run; written as the origin of the step
  Tick call = 0;
  Tick returned = kNever;
  // The caller does not know whether it took effect. The outcome below means nothing then, except a revision that was
  // found in the store afterwards.
  bool lost = false;

  // Arguments.
  std::string key;
  std::string value;
  KeyRange range;
  size_t limit = 0;
  Revision expected = 0;
  Revision at = 0;       // also kCompact's revision and kNewWatch's `after`
  store::Lease lease;    // also GetLease's answer
  absl::Time time;       // kRevisionAt, kExpireLeases; kExpireLeases answers in lease.deadline
  bool abandon = false;  // kTransaction: the body ends with an error

  // Outcome.
  absl::Status status;
  Revision revision = 0;
  Revision body_revision = 0;  // Transaction::revision()
  std::vector<BodyCall> body;
  std::vector<KeyValue> items;
  bool more = false;
  int64_t count = 0;
  std::vector<store::Change> changes;
  std::vector<std::string> keys;
  std::vector<store::Lease> leases;

  // A step of its own in the log, acknowledged or found there.
  bool IsStep() const;
};
std::string ToText(const Operation& operation);

// The code with which a transaction's body gives up on purpose.
inline constexpr absl::StatusCode kAbandoned = absl::StatusCode::kCancelled;

}  // namespace kubelite::robustness
