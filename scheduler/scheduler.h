#pragma once

#include <memory>
#include <string>

#include "common/control/reconciler.h"

namespace kubelite::scheduler {

// Gives each pending pod a node. One cycle at a time on a strand: take the next pod, look at an immutable snapshot,
// pick, assume; bindings then run on the executor and a failed one is undone. Needs informers for pods and nodes, which
// it takes from deps.informers in its constructor.
class Scheduler {
 public:
  explicit Scheduler(const control::Deps& deps, const std::string& scheduler_name = "default-scheduler");
  ~Scheduler();  // Stop()
  // Begins once the informers are synced. Call before or after informers->Start().
  void Start();
  // Ends after the cycle that runs; bindings under way finish by themselves.
  void Stop();
  // No pod is ready or being bound.
  bool idle() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace kubelite::scheduler
