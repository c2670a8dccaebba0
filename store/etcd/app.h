#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/executor.h"
#include "common/base/random.h"
#include "store/etcd/options.h"
#include "store/store.h"

namespace kubelite::etcd {

// The whole daemon as one object: the store, the services over it, and the server. What main.cc and tests start.
class App {
 public:
  // Opens the store of options.data_dir and serves. `executor` and `random` outlive the App. Errors name the flag or
  // file.
  static absl::StatusOr<std::unique_ptr<App>> Start(const Options& options, base::Executor* executor,
                                                    base::Random* random);
  // The same over a store that is there.
  static absl::StatusOr<std::unique_ptr<App>> Start(const Options& options, std::unique_ptr<store::Store> store,
                                                    base::Executor* executor, base::Random* random);
  ~App();  // Stop()

  // With the chosen ports, in the order of the flag.
  const std::vector<std::string>& urls() const;
  store::Store& store();
  // No new calls, streams ended, calls in flight finished, store closed. Blocks.
  void Stop();

 private:
  struct State;
  explicit App(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Puts the store of the snapshot options.restore_from into options.data_dir (see store::RestoreCheckpoint).
absl::Status Restore(const Options& options);

}  // namespace kubelite::etcd
