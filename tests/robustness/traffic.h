#pragma once

#include <atomic>
#include <map>
#include <string>
#include <vector>

#include "common/base/random.h"
#include "store/store.h"
#include "tests/robustness/client.h"

namespace kubelite::robustness {

// What all clients of a run share.
struct TrafficState {
  TickSource ticks;
  // Nothing above this is compacted: up to here the run knows what every step was.
  std::atomic<Revision> known = 0;
  // The next calls are useless: the power is off.
  std::atomic<bool> interrupted = false;
};

// A client that does random things to a store: mostly updates with what it believes to be the right revision. Few keys,
// so that clients meet.
class TrafficClient {
 public:
  TrafficClient(int id, uint64_t seed, TrafficState* shared);

  // Before each Run. `now` is the origin time of all that follows; leases granted from now on end later.
  void Attach(store::Store* store, absl::Time now);
  // Calls `before_each` and then does something, `operations` times or until interrupted.
  void Run(int operations, const std::function<void()>& before_each);
  // The last look at a quiet store: every revision, key and lease.
  void ReadEverything();

  Client& client() { return client_; }

 private:
  void DoSomething();
  void WriteSomething();
  void ReadSomething();
  void UseLeases();
  void Put();
  void Delete();
  void ApplyGroup();
  void Transact();
  void Compact();

  std::string AnyKey();
  KeyRange AnyRange();
  Revision AnyRevision();
  Revision AnyExpected(const std::string& key);
  LeaseId AnyLease();
  std::string NewValue();
  BodyCall AnyBodyCall();
  void Learn(const Operation& op);
  bool OneIn(uint64_t n) { return random_.Uniform(n) == 0; }

  TrafficState* const shared_;
  Client client_;
  base::Random random_;
  absl::Time now_;
  Revision newest_ = 0;                       // that it has seen
  std::map<std::string, Revision> believed_;  // where it believes keys to be
};

// The keys and leases that clients use.
const std::vector<std::string>& TrafficKeys();
inline constexpr LeaseId kTrafficLeases = 5;
// Steps of the runs' time; leases last some of them.
inline constexpr absl::Duration kTimeStep = absl::Seconds(1000);

}  // namespace kubelite::robustness
