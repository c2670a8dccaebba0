#include "scheduler/app.h"

#include <string>
#include <utility>

#include "common/client/events.h"
#include "common/client/informer.h"
#include "common/client/leader_election.h"
#include "common/control/reconciler.h"
#include "scheduler/scheduler.h"

namespace kubelite::scheduler {
namespace {

client::LeaderElectionOptions ElectionOptions(const Options& options) {
  client::LeaderElectionOptions election;
  election.name = "kube-scheduler";
  election.identity = options.leader_elect_identity;
  election.lease_duration = options.leader_elect_lease_duration;
  election.renew_deadline = options.leader_elect_renew_deadline;
  election.retry_period = options.leader_elect_retry_period;
  return election;
}

}  // namespace

// Destroyed in reverse order: the election and the loop end before what they use.
struct App::State {
  State(const AppDeps& deps, const Options& options, std::function<void()> on_lost)
      : informers(deps.client, deps.executor, deps.random),
        events(client::NewEventRecorder({.component = options.scheduler_name, .host = ""}, deps.client, deps.executor,
                                        deps.random)),
        scheduler({deps.client, &informers, events.get(), deps.executor, deps.random}, options.scheduler_name) {
    if (!options.leader_elect) return;
    elector = std::make_unique<client::LeaderElector>(
        ElectionOptions(options), deps.client, deps.executor, deps.random, [this] { scheduler.Start(); },
        std::move(on_lost));
  }

  client::InformerFactory informers;
  std::unique_ptr<client::EventRecorder> events;
  Scheduler scheduler;
  std::unique_ptr<client::LeaderElector> elector;
};

App::App(const AppDeps& deps, const Options& options, std::function<void()> on_lost)
    : state_(std::make_unique<State>(deps, options, std::move(on_lost))) {}

App::~App() { Stop(); }

void App::Start() {
  // Informers run while waiting for the lease, so that a new leader starts with a warm cache.
  state_->informers.Start();
  if (state_->elector == nullptr)
    state_->scheduler.Start();
  else
    state_->elector->Start();
}

void App::Stop() {
  state_->scheduler.Stop();
  if (state_->elector != nullptr) state_->elector->Stop();
  state_->informers.Stop();
}

bool App::idle() const { return state_->scheduler.idle(); }

}  // namespace kubelite::scheduler
