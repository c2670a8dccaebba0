#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/client/client.h"
#include "common/client/grpc_client.h"
#include "common/client/moment.h"
#include "kubelite/v1/store.pb.h"

namespace kubelite::client {

// The services History and StoreAdmin (kubelite/v1/store.proto): what the API server's store remembers. Errors as
// Client's; IsExpired for what is no longer kept. Thread-safe. Calls block.
class StoreClient {
 public:
  virtual ~StoreClient() = default;

  // "1234" (a revision), "-10m" (an age) or an RFC 3339 time, by the server's clock.
  virtual absl::StatusOr<Moment> ResolveMoment(const std::string& at) = 0;
  // Retained changes of the object, newest first, at most `limit` (0: all); of a deleted object too. NotFound when
  // nothing is known of it.
  virtual absl::StatusOr<kubelite::v1::HistoryResponse> GetHistory(const ResourceInfo& resource, const ObjectKey& key,
                                                                   int64_t limit) = 0;

  // Administrators only.
  virtual absl::StatusOr<kubelite::v1::ListKeysResponse> ListKeys(const kubelite::v1::ListKeysRequest& request) = 0;
  virtual absl::StatusOr<kubelite::v1::StoredValue> GetKey(const std::string& key, int64_t revision) = 0;
  virtual absl::StatusOr<kubelite::v1::StoreStats> GetStats() = 0;
  virtual absl::StatusOr<kubelite::v1::Snapshot> SaveSnapshot(const std::string& name) = 0;
};

std::unique_ptr<StoreClient> NewGrpcStoreClient(const GrpcClientOptions& options);

}  // namespace kubelite::client
