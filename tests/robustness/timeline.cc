#include "tests/robustness/timeline.h"

#include <algorithm>
#include <iterator>

namespace kubelite::robustness {
namespace {

// Makes each value the highest up to its tick.
void Accumulate(std::map<Tick, Revision>* entries) {
  Revision highest = 0;
  for (auto& [tick, revision] : *entries) revision = highest = std::max(highest, revision);
}

}  // namespace

Timeline::Timeline(const Model& truth, const std::vector<Session>& sessions) : last_(truth.current()) {
  for (const Session& session : sessions) {
    for (const Operation& op : session) {
      if (op.kind == Operation::Kind::kCompact && (op.lost || op.status.ok())) {
        Revision& asked = may_be_compacted_[op.call];
        asked = std::max(asked, op.at);
      }
      if (!op.IsStep()) continue;
      if (op.returned != kNever) {
        Revision& reached = reached_[op.returned];
        reached = std::max(reached, op.revision);
      }
      // A step that changed nothing tells a revision that was there before.
      if (op.revision <= last_ && truth.origin(op.revision).note == op.note) {
        Revision& lowest = not_before_.emplace(op.call, op.revision).first->second;
        lowest = std::min(lowest, op.revision);
      }
    }
  }
  Accumulate(&reached_);
  Accumulate(&may_be_compacted_);
  Revision lowest = last_ + 1;
  for (auto it = not_before_.rbegin(); it != not_before_.rend(); ++it)
    it->second = lowest = std::min(lowest, it->second);
}

Revision Timeline::LastBefore(const std::map<Tick, Revision>& entries, Tick when, Revision none) {
  const auto later = entries.lower_bound(when);
  return later == entries.begin() ? none : std::prev(later)->second;
}

Revision Timeline::AtMost(Tick when) const {
  const auto later = not_before_.upper_bound(when);
  return later == not_before_.end() ? last_ : later->second - 1;
}

}  // namespace kubelite::robustness
