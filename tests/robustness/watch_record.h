#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tests/robustness/model.h"
#include "tests/robustness/operation.h"

namespace kubelite::robustness {

struct PollRecord {
  Tick call = 0;
  Tick returned = 0;
  size_t max = 0;
  bool unasked = false;  // called although on_ready was not, after nothing more could happen
  absl::Status status;
  std::vector<store::EventPtr> events;
  Revision progress = 0;
};

// One watch, from NewWatch to its end.
struct WatchRecord {
  KeyRange range;
  Revision after = 0;  // as given to NewWatch: 0 from now on
  Tick call = 0;
  Tick returned = 0;
  absl::Status opened;
  std::vector<PollRecord> polls;
  std::vector<Tick> wakeups;  // calls of on_ready
};

// Watches of which each goes on at the progress of the one before.
struct Subscription {
  std::string name;
  std::vector<WatchRecord> watches;
};

}  // namespace kubelite::robustness
