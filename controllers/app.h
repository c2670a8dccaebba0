#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "common/base/executor.h"
#include "common/base/mutex.h"
#include "common/base/random.h"
#include "common/client/client.h"
#include "common/client/leader_election.h"
#include "controllers/options.h"

namespace kubelite::controllers {

// What the process (or a simulated cluster) provides. All outlive the app.
struct AppDeps {
  client::Client* client = nullptr;
  base::Executor* executor = nullptr;
  base::Random* random = nullptr;
};

// The object graph of the controllers: leader election, informers, event recorders, all loops. Thread-safe.
class App {
 public:
  // `on_lost` is called once, on the executor, when leadership was lost: the process should end, as another one leads.
  App(const AppDeps& deps, const Options& options, std::function<void()> on_lost);
  ~App();  // Stop()
  App(const App&) = delete;

  // Competes for the lease; works once it has it (or at once without leader election).
  void Start();
  // Stops all loops, then gives the lease up. Blocks for running reconciles and one write.
  void Stop();
  bool leading() const;
  // Leading, and the caches of all control loops are filled.
  bool synced() const;

 private:
  struct Loops;
  void StartLoops();

  const AppDeps deps_;
  const Options options_;
  mutable base::Mutex mutex_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::shared_ptr<Loops> loops_ ABSL_GUARDED_BY(mutex_);  // null until it leads
  std::unique_ptr<client::LeaderElector> elector_;
};

}  // namespace kubelite::controllers
