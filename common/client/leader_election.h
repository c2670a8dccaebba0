#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/base/executor.h"
#include "common/base/random.h"
#include "common/client/client.h"

namespace kubelite::client {

// Leader election over a coordination.k8s.io Lease, with upstream's flags and rules (client-go tools/leaderelection): a
// candidate takes the lease when it is free or was not renewed for lease_duration by the candidate's own clock.
struct LeaderElectionOptions {
  std::string name_space = "kube-system";
  std::string name;      // "kube-scheduler"
  std::string identity;  // unique per process
  absl::Duration lease_duration = absl::Seconds(15);
  absl::Duration renew_deadline = absl::Seconds(10);
  absl::Duration retry_period = absl::Seconds(2);
  bool release_on_stop = true;
};

class LeaderElector {
 public:
  // `on_started` runs once on gaining the lease; `on_lost` once when it could not be renewed in time. Both on the
  // executor.
  LeaderElector(LeaderElectionOptions options, Client* client, base::Executor* executor, base::Random* random,
                std::function<void()> on_started, std::function<void()> on_lost);
  ~LeaderElector();  // Stop()
  void Start();
  // Stops renewing and, when told so, gives the lease up. Blocks for that one write.
  void Stop();
  bool IsLeader() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace kubelite::client
