#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "apiserver/registry/registry.h"

namespace kubelite::apiserver {

class NodeSessions;

// One step of the request path before the registry: trace, authenticate, limit, audit, authorize. An error ends the request.
struct Filter {
  std::string name;
  std::function<absl::Status(Request* request)> check;
  // Called when the request is finished, in reverse order.
  std::function<void(const Request& request, const absl::Status& result)> done;
};

// The request path both front ends share: filters in order, then the registry's verb. Thread-safe; calls block.
class Server {
 public:
  Server(Registry* registry, NodeSessions* sessions, std::vector<Filter> filters);

  absl::StatusOr<api::ObjectPtr> Unary(Request* request, std::vector<std::string>* warnings);  // get create update patch delete
  absl::StatusOr<Registry::List> List(Request* request);
  absl::StatusOr<int64_t> DeleteCollection(Request* request);
  absl::StatusOr<std::unique_ptr<client::WatchStream>> Watch(Request* request, std::function<void()> on_ready);
  // Authorizes a streaming subresource (log) and opens it on the pod's node.
  absl::StatusOr<std::unique_ptr<client::ByteStream>> Connect(Request* request, const kubelite::v1::StreamOpen& open);
  Registry& registry() { return *registry_; }

 private:
  absl::Status Begin(Request* request);
  void Finish(const Request& request, const absl::Status& result);

  Registry* const registry_;
  NodeSessions* const sessions_;
  const std::vector<Filter> filters_;
};

}  // namespace kubelite::apiserver
