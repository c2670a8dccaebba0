#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "store/store.h"
#include "tests/robustness/model.h"

namespace kubelite::robustness {

// One acknowledgement that store_writer printed.
struct Acknowledgement {
  int writer = 0;
  int64_t n = 0;
  Revision revision = 0;
};

// What a store must hold after all rounds of store_writer so far.
class Ledger {
 public:
  // Checks a store that was opened after `round` was killed, and takes over what the round has left there:
  //  - everything from earlier rounds is there unchanged;
  //  - each acknowledged step is there under its revision, each other step wholly or not at all;
  //  - of each writer there is at most one step beyond the acknowledged ones;
  //  - revisions have no holes; leases are there or gone as acknowledged.
  absl::Status Adopt(store::Store* store, int64_t round, const std::vector<Acknowledgement>& acknowledged);

  // The store holds what the ledger knows up to `revision`, and nothing else.
  absl::Status Compare(store::Store* store, Revision revision) const;

  const Model& truth() const { return truth_; }

 private:
  absl::Status ReadNewSteps(store::Store* store, int64_t round);
  absl::Status CheckWhole(Revision revision, int64_t round);
  absl::Status CheckAcknowledged(int64_t round, const std::vector<Acknowledgement>& acknowledged) const;
  absl::Status CheckLeases(store::Store* store, int64_t round, const std::vector<Acknowledgement>& acknowledged);

  Model truth_;
  std::map<std::string, Revision> notes_;
  std::map<int, int64_t> last_found_;  // of each writer of the round
  std::set<LeaseId> leases_;           // exist for certain
  std::set<LeaseId> may_exist_;        // a grant or a revocation was cut short
};

}  // namespace kubelite::robustness
