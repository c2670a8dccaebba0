#pragma once

#include <functional>
#include <memory>

#include "common/base/executor.h"
#include "common/base/random.h"
#include "common/client/client.h"
#include "scheduler/options.h"

namespace kubelite::scheduler {

// What the process (or a simulated cluster) provides. All outlive the app.
struct AppDeps {
  client::Client* client = nullptr;
  base::Executor* executor = nullptr;
  base::Random* random = nullptr;
};

// The scheduler with everything around it: informers, event recorder, leader election. Used by main.cc and by
// simulations.
class App {
 public:
  // `on_lost` is called once, on the executor, when leadership was lost: the process should end, as another one leads.
  App(const AppDeps& deps, const Options& options, std::function<void()> on_lost);
  ~App();  // Stop()
  App(const App&) = delete;

  // Competes for the lease; schedules once it has it (or at once without leader election).
  void Start();
  // Stops scheduling, then gives the lease up.
  void Stop();
  // Nothing to schedule and no binding under way.
  bool idle() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kubelite::scheduler
