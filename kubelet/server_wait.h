#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/base/executor.h"
#include "kubelet/probe/prober.h"

namespace kubelite::kubelet {

// Calls `done` once, on the executor, when something listens at `address` ("127.0.0.1:6444"), or at once when the
// address is not one that can be tried. A kubelet that starts its own API server as a static pod would otherwise meet
// it a second late: after the first refused connection gRPC waits longer and longer. Asks every 10 ms, after ten
// seconds every 100 ms.
class ServerWait {
 public:
  ServerWait(const std::string& address, Prober* prober, base::Executor* executor, std::function<void()> done);
  ~ServerWait();  // `done` is not called afterwards; waits for a call under way

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace kubelite::kubelet
