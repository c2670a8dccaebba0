#pragma once

#include <memory>

#include "apiserver/server.h"
#include "common/client/client.h"

namespace kubelite::apiserver {

// The Client over a Server in the same process, as one fixed user: the same filters and registry as a remote caller,
// but objects are shared instead of serialized and calls run on the caller's thread. What simulation and the
// integration tests use. Thread-safe; `server` outlives it. Streams of Connect block in Read, so a simulation reads
// them only when data is there.
class InProcessClient : public client::Client {
 public:
  // Ends all open watches with Unavailable, as a lost connection does.
  virtual void CutWatches() = 0;
};
std::unique_ptr<InProcessClient> NewInProcessClient(Server* server, User user);

}  // namespace kubelite::apiserver
