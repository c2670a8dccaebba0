#pragma once

#include <memory>
#include <string>

#include "apiserver/node_session/node_sessions.h"
#include "apiserver/server.h"
#include "apiserver/store_admin/store_admin.h"
#include "apiserver/transport/in_process_client.h"
#include "common/base/executor.h"
#include "common/base/random.h"

namespace kubelite::apiserver {

// A whole API server in this process for tests: all kinds, admission and filters over a memory store, on a given
// executor (usually simulated). Bootstrapped. Clients die before it.
class TestServer {
 public:
  struct Config {
    absl::Duration retention = absl::ZeroDuration();  // keep all history
    int64_t retention_bytes = 0;
    std::string snapshot_dir = "";
    bool bootstrap = true;
  };
  TestServer(base::Executor* executor, base::Random* random) : TestServer(executor, random, Config()) {}
  TestServer(base::Executor* executor, base::Random* random, const Config& config);
  ~TestServer();

  Server& server() { return *server_; }
  Registry& registry() { return *registry_; }
  NodeSessions& sessions() { return sessions_; }
  store::Store& store() { return *store_; }
  StoreAdmin& store_admin() { return *store_admin_; }
  // As a member of system:masters.
  std::unique_ptr<InProcessClient> AdminClient();
  std::unique_ptr<InProcessClient> ClientFor(const std::string& user, std::vector<std::string> groups = {});

 private:
  NodeSessions sessions_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<StoreAdmin> store_admin_;
  std::unique_ptr<Registry> registry_;
  std::unique_ptr<Server> server_;
};

}  // namespace kubelite::apiserver
