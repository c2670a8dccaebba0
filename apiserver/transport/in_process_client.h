#pragma once

#include <memory>

#include "apiserver/server.h"
#include "common/client/client.h"

namespace kubelite::apiserver {

// The Client over a Server in the same process, as one fixed user: the same filters and registry as a remote caller,
// but objects are shared instead of serialized and calls run on the caller's thread. What simulation and the
// integration tests use. Thread-safe; `server` outlives it. Streams of Connect block in Read, so a simulation reads
// them only when data is there.
std::unique_ptr<client::Client> NewInProcessClient(Server* server, User user);

}  // namespace kubelite::apiserver
