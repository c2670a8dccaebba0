#pragma once

#include <map>
#include <string>
#include <vector>

#include "store/store.h"
#include "tests/robustness/follower.h"
#include "tests/robustness/traffic.h"

namespace kubelite::robustness {

// Follows all keys from the first revision on and asks for the origin of each step: what the run is judged by. Tells
// the clients how far it has come, so that they do not compact what it has not seen.
class Journal {
 public:
  Journal(int id, uint64_t seed, TrafficState* shared);

  // Before each Follow of follower().
  void Attach(store::Store* store);
  Follower& follower() { return follower_; }

  const std::map<Revision, Origin>& origins() const { return origins_; }
  const std::vector<std::string>& failures() const { return failures_; }

 private:
  void Resolve(const PollRecord& poll);

  TrafficState* const shared_;
  store::Store* store_ = nullptr;
  std::vector<store::EventPtr> unresolved_;  // one of each revision
  std::map<Revision, Origin> origins_;
  std::vector<std::string> failures_;
  Follower follower_;
};

}  // namespace kubelite::robustness
