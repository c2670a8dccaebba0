#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "apiserver/options.h"
#include "common/base/executor.h"
#include "common/base/random.h"

namespace kubelite::apiserver {

class Server;

// The whole API server as one object: store, registry, filters, node sessions and both front ends. What main.cc and
// the integration tests start.
class App {
 public:
  // Opens the store, writes what every cluster has, and serves. `executor` and `random` outlive the App. Errors name
  // the flag or file.
  static absl::StatusOr<std::unique_ptr<App>> Start(const Options& options, base::Executor* executor,
                                                    base::Random* random);
  ~App();  // Stop()

  int grpc_port() const;
  int secure_port() const;
  std::string grpc_address() const;
  Server& server();
  // Not ready, no new calls, streams ended, calls in flight finished, store closed. Blocks.
  void Stop();

 private:
  struct State;
  explicit App(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace kubelite::apiserver
