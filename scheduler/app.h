#pragma once

#include <functional>
#include <memory>

#include "common/daemon/run.h"
#include "scheduler/options.h"

namespace kubelite::scheduler {

// Names the lease.
inline constexpr char kComponent[] = "kube-scheduler";

// The scheduler with everything around it: informers, event recorder, leader election. Used by main.cc and by
// simulations.
class App : public daemon::App {
 public:
  // `on_lost` as in daemon::Leadership.
  App(const daemon::Deps& deps, const Options& options, std::function<void()> on_lost);
  ~App() override;  // Stop()
  App(const App&) = delete;

  void Start() override;
  void Stop() override;
  // Nothing to schedule and no binding under way.
  bool idle() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kubelite::scheduler
