#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "common/daemon/leadership.h"
#include "common/daemon/options.h"

namespace kubelite::daemon {

// A daemon's object graph.
class App {
 public:
  virtual ~App() = default;
  // Competes for the lease; works once it has it (or at once without leader election).
  virtual void Start() = 0;
  // Ends the work, then gives the lease up.
  virtual void Stop() = 0;
};

struct Program {
  std::string name;       // "kube-lite-scheduler": begins error lines
  std::string component;  // "kube-scheduler": field manager
  int threads = 8;        // work blocks on the API server, one thread each
};

// `on_lost` as in Leadership.
using MakeApp = std::function<std::unique_ptr<App>(const Deps& deps, std::function<void()> on_lost)>;

// Runs a daemon from parsed flags to its end by a signal or a lost lease: connects by the kubeconfig, claims an
// identity for the lease into `options`, makes the app, starts and stops it. `valid` is what the daemon's own
// validation said. Returns the exit code; an error is one line on standard error.
int Run(const Program& program, const absl::Status& valid, Options* options, const MakeApp& make);

}  // namespace kubelite::daemon
