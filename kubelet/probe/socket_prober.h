#pragma once

#include <memory>

#include "common/base/executor.h"
#include "kubelet/probe/prober.h"
#include "kubelet/transport/event_loop.h"

namespace kubelite::kubelet {

// Probes over sockets on the event loop; a probe in flight costs a descriptor and no thread. Hosts are IPv4 addresses
// or "localhost". An HTTP probe succeeds with status 200 to 399; redirects are not followed.
class SocketProber : public Prober {
 public:
  // Both outlive the prober; probes in flight at its end are dropped.
  SocketProber(EventLoop* loop, base::Executor* executor);
  ~SocketProber() override;
  void HttpGet(const HttpProbe& probe, absl::Duration timeout, Done done) override;
  void TcpConnect(const std::string& host, int port, absl::Duration timeout, Done done) override;

 private:
  class Attempt;
  struct State;
  struct Target {
    std::string host;
    int port;
    std::string request;  // empty: only connect
    std::string prefix;   // of error texts
  };
  void Begin(const Target& target, absl::Duration timeout, Done done);
  std::shared_ptr<State> state_;
};

}  // namespace kubelite::kubelet
