#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/base/executor.h"
#include "common/base/random.h"
#include "common/client/client.h"
#include "common/client/leader_election.h"
#include "common/daemon/options.h"

namespace kubelite::daemon {

// What the process (or a simulated cluster) provides. All outlive what is made of it.
struct Deps {
  client::Client* client = nullptr;
  base::Executor* executor = nullptr;
  base::Random* random = nullptr;
};

// Work that one process of several does: the one that holds the lease kube-system/<component>, or every one when there
// is no leader election. Thread-safe.
class Leadership {
 public:
  // `on_started` is called once when the work is this process's; `on_lost` once, on the executor, when the lease could
  // not be renewed in time: the process should end, as another one leads.
  Leadership(const Options& options, const std::string& component, const Deps& deps, std::function<void()> on_started,
             std::function<void()> on_lost);

  // Competes for the lease; without leader election it starts the work before it returns.
  void Start();
  // Gives the lease up. Blocks for one write.
  void Stop();
  bool leading() const;

 private:
  const std::function<void()> on_started_;
  const std::unique_ptr<client::LeaderElector> elector_;  // null: no leader election
};

}  // namespace kubelite::daemon
