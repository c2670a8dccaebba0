#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/random.h"
#include "store/store.h"

namespace kubelite::robustness {

// Where a run's store lives, and the trouble it is in. Thread-safe.
class World {
 public:
  virtual ~World() = default;

  // The store as a restart finds it. At most one is open.
  virtual absl::StatusOr<std::unique_ptr<store::Store>> Open() = 0;
  // Whether what was written is there after opening again.
  virtual bool Persists() const = 0;
  // Whether a restart finds only what was synced.
  virtual bool LosesPower() const = 0;

  // Plans what goes wrong during the next `operations`; `interrupt` is called when the power goes.
  virtual void PlanTrouble(int operations, bool power_may_go, std::function<void()> interrupt) = 0;
  // Called before each operation.
  virtual void BeforeOperation() = 0;
  // No trouble from now on.
  virtual void Calm() = 0;
};

// "Memory", "FaultDisk" or "RocksDb".
std::unique_ptr<World> MakeWorld(const std::string& name, uint64_t seed);
const std::vector<std::string>& WorldNames();

}  // namespace kubelite::robustness
