#include "common/daemon/leadership.h"

#include <utility>

namespace kubelite::daemon {
namespace {

std::unique_ptr<client::LeaderElector> NewElector(const Options& options, const std::string& component,
                                                  const Deps& deps, const std::function<void()>& on_started,
                                                  std::function<void()> on_lost) {
  if (!options.leader_elect) return nullptr;
  client::LeaderElectionOptions election;
  election.name = component;
  election.identity = options.leader_elect_identity.empty() ? deps.random->Uuid() : options.leader_elect_identity;
  election.lease_duration = options.leader_elect_lease_duration;
  election.renew_deadline = options.leader_elect_renew_deadline;
  election.retry_period = options.leader_elect_retry_period;
  return std::make_unique<client::LeaderElector>(election, deps.client, deps.executor, deps.random, on_started,
                                                 std::move(on_lost));
}

}  // namespace

Leadership::Leadership(const Options& options, const std::string& component, const Deps& deps,
                       std::function<void()> on_started, std::function<void()> on_lost)
    : on_started_(std::move(on_started)),
      elector_(NewElector(options, component, deps, on_started_, std::move(on_lost))) {}

void Leadership::Start() {
  if (elector_ == nullptr) {
    on_started_();
  } else {
    elector_->Start();
  }
}

void Leadership::Stop() {
  if (elector_ != nullptr) elector_->Stop();
}

bool Leadership::leading() const { return elector_ == nullptr || elector_->IsLeader(); }

}  // namespace kubelite::daemon
