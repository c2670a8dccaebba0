#pragma once

#include <memory>

#include "absl/time/time.h"
#include "common/base/executor.h"
#include "store/store.h"

namespace kubelite::etcd {

// Ends leases when their time is up, by the executor's clock. Thread-safe.
class LeaseTimer {
 public:
  // Both outlive this. Starts with the leases that the store has.
  LeaseTimer(store::Store* store, base::Executor* executor);
  ~LeaseTimer();

  // A lease was granted that ends at `deadline`. (One that was renewed is looked at when its old time is up.)
  void Expect(absl::Time deadline);

 private:
  struct State;
  const std::shared_ptr<State> state_;
};

}  // namespace kubelite::etcd
