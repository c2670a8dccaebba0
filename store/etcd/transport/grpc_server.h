#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/net/server.h"
#include "store/etcd/transport/call.h"

namespace kubelite::etcd {

using net::ListenOptions;

struct GrpcServerOptions {
  std::vector<ListenOptions> listen;
  Methods methods;
  size_t max_message_bytes = 4 << 20;
  int loops = 2;  // threads that move bytes and run handlers
  // Told the chosen ports, in the order of `listen`, before the first call comes.
  std::function<void(const std::vector<int>& ports)> on_bound;
};

// gRPC over HTTP/2 on nghttp2: at a fraction of the cost per call of gRPC's own server (see README.md). Handlers see
// Calls.
class GrpcServer {
 public:
  // Errors name the address.
  static absl::StatusOr<std::unique_ptr<GrpcServer>> Start(GrpcServerOptions options);
  ~GrpcServer();  // Shutdown()

  // Takes no more connections and calls, ends streams with `status`, and waits for calls under way, at most `grace`.
  // Blocks; must not be called from a handler.
  void Shutdown(const absl::Status& status, absl::Duration grace);

 private:
  struct State;
  explicit GrpcServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace kubelite::etcd
