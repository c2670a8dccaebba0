#include "scheduler/app.h"

#include <string>
#include <utility>

#include "common/client/events.h"
#include "common/client/informer.h"
#include "common/control/reconciler.h"
#include "common/daemon/leadership.h"
#include "scheduler/scheduler.h"

namespace kubelite::scheduler {
// Destroyed in reverse order: the election and the loop end before what they use.
struct App::State {
  State(const daemon::Deps& deps, const Options& options, std::function<void()> on_lost)
      : informers(deps.client, deps.executor, deps.random),
        events(client::NewEventRecorder({.component = options.scheduler_name, .host = ""}, deps.client, deps.executor,
                                        deps.random)),
        scheduler({deps.client, &informers, events.get(), deps.executor, deps.random}, options.scheduler_name),
        leadership(
            options, kComponent, deps, [this] { scheduler.Start(); }, std::move(on_lost)) {}

  client::InformerFactory informers;
  std::unique_ptr<client::EventRecorder> events;
  Scheduler scheduler;
  daemon::Leadership leadership;
};

App::App(const daemon::Deps& deps, const Options& options, std::function<void()> on_lost)
    : state_(std::make_unique<State>(deps, options, std::move(on_lost))) {}

App::~App() { Stop(); }

void App::Start() {
  // Informers run while waiting for the lease, so that a new leader starts with a warm cache.
  state_->informers.Start();
  state_->leadership.Start();
}

void App::Stop() {
  state_->scheduler.Stop();
  state_->leadership.Stop();
  state_->informers.Stop();
}

bool App::idle() const { return state_->scheduler.idle(); }

}  // namespace kubelite::scheduler
