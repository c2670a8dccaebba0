#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "common/base/mutex.h"
#include "common/daemon/run.h"
#include "controllers/options.h"

namespace kubelite::controllers {

// Names the lease.
inline constexpr char kComponent[] = "kube-controller-manager";

// The object graph of the controllers: leader election, informers, event recorders, all loops. Thread-safe.
class App : public daemon::App {
 public:
  // `on_lost` as in daemon::Leadership.
  App(const daemon::Deps& deps, const Options& options, std::function<void()> on_lost);
  ~App() override;  // Stop()
  App(const App&) = delete;

  void Start() override;
  // Blocks for running reconciles and one write.
  void Stop() override;
  bool leading() const;
  // Leading, and the caches of all control loops are filled.
  bool synced() const;

 private:
  struct Loops;
  void StartLoops();

  const daemon::Deps deps_;
  const Options options_;
  mutable base::Mutex mutex_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::shared_ptr<Loops> loops_ ABSL_GUARDED_BY(mutex_);  // null until it leads
  daemon::Leadership leadership_;
};

}  // namespace kubelite::controllers
