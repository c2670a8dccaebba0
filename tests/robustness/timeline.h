#pragma once

#include <map>
#include <vector>

#include "tests/robustness/linearizability.h"
#include "tests/robustness/model.h"

namespace kubelite::robustness {

// Where the store can have been at a moment, by the operations that had returned or had been called by then.
class Timeline {
 public:
  Timeline(const Model& truth, const std::vector<Session>& sessions);

  Revision AtLeast(Tick when) const { return LastBefore(reached_, when, 0); }
  Revision AtMost(Tick when) const;
  Revision CompactedAtMost(Tick when) const { return LastBefore(may_be_compacted_, when, 0); }

 private:
  // Value of the newest entry before `when`.
  static Revision LastBefore(const std::map<Tick, Revision>& entries, Tick when, Revision none);

  Revision last_ = 0;
  std::map<Tick, Revision> reached_;           // return of a step -> the highest revision returned by then
  std::map<Tick, Revision> may_be_compacted_;  // call of a compaction -> the highest revision asked for by then
  std::map<Tick, Revision> not_before_;        // call of a step -> the lowest revision called from then on
};

}  // namespace kubelite::robustness
