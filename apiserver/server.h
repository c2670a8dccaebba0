#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "apiserver/registry/registry.h"

namespace kubelite::apiserver {

class NodeSessions;
class NodeStream;
class StoreAdmin;

// One step of the request path before the registry: authenticate, audit, metrics, authorize, restrict. An error ends
// the request.
struct Filter {
  std::string name;
  std::function<absl::Status(Request* request)> check;  // nullable
  // Called when the request is finished, in reverse order, for each filter whose check passed and for the one that
  // refused. A watch or stream is finished once it is open. Nullable.
  std::function<void(const Request& request, const absl::Status& result)> done;
};

// The request path both front ends share: filters in order, then the registry's verb. Thread-safe; calls block on the
// store.
class Server {
 public:
  // `sessions` may be null: then streaming subresources are not available. All outlive the server.
  Server(Registry* registry, NodeSessions* sessions, StoreAdmin* store_admin, std::vector<Filter> filters);

  // Each request that runs or waits, of either front end, enters before and leaves after: over the bound it is refused
  // with TooManyRequests, and must still leave. A watch or stream leaves once it is open.
  absl::Status Enter();
  void Leave() { in_flight_.fetch_sub(1); }

  // get create update patch delete. `warnings` may be null.
  absl::StatusOr<api::ObjectPtr> Unary(Request* request, std::vector<std::string>* warnings);
  absl::StatusOr<Registry::List> List(Request* request);
  absl::StatusOr<int64_t> DeleteCollection(Request* request);
  absl::StatusOr<std::unique_ptr<client::WatchStream>> Watch(Request* request, std::function<void()> on_ready);
  // Authorizes a streaming subresource (log) and opens it on the pod's node. Never waits for the node; see NodeStream
  // for `on_ready`.
  absl::StatusOr<std::unique_ptr<NodeStream>> Connect(Request* request, const kubelite::v1::StreamOpen& open,
                                                      std::function<void()> on_ready);
  // Whether the pod that the request names may be connected to by its streaming subresource, and has a node.
  absl::Status MayConnect(Request* request);
  // Which revision and time `at` means; the request is for the path /revisions.
  absl::StatusOr<client::Moment> ResolveMoment(Request* request, absl::string_view at);
  // A get of the object's past.
  absl::StatusOr<Registry::History> GetHistory(Request* request);
  // Runs `act` if the request (for a path, a non-resource URL) passes the filters.
  absl::Status ServePath(Request* request, const std::function<absl::Status()>& act);
  // The same for the store's administration.
  absl::Status Administer(Request* request, const std::function<absl::Status(StoreAdmin& store)>& act);
  Registry& registry() { return *registry_; }
  NodeSessions* sessions() { return sessions_; }

 private:
  template <typename Act>
  auto Run(Request* request, Act act) -> decltype(act());
  // Index of the filter that refused, or the number of filters.
  absl::Status Begin(Request* request, size_t* passed);
  void Finish(const Request& request, size_t passed, const absl::Status& result);

  Registry* const registry_;
  NodeSessions* const sessions_;
  StoreAdmin* const store_admin_;
  const std::vector<Filter> filters_;
  std::atomic<int> in_flight_{0};
};

}  // namespace kubelite::apiserver
