#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace kubelite::kubelet {

struct ProbeOutcome {
  enum class Kind {
    kSuccess,
    kFailure,
    kRefused,  // a failure: nothing listens (yet)
    kError,    // the probe could not be made: it says nothing about the container
  };
  Kind kind = Kind::kSuccess;
  std::string output;  // for the event
};

struct HttpProbe {
  std::string host;
  int port = 0;
  std::string path = "/";
  std::vector<std::pair<std::string, std::string>> headers;
};

// The network side of probes. Thread-safe; never blocks. `done` is called once, from any thread, after at most
// `timeout`.
class Prober {
 public:
  virtual ~Prober() = default;
  using Done = std::function<void(ProbeOutcome)>;
  virtual void HttpGet(const HttpProbe& probe, absl::Duration timeout, Done done) = 0;
  virtual void TcpConnect(const std::string& host, int port, absl::Duration timeout, Done done) = 0;
};

}  // namespace kubelite::kubelet
