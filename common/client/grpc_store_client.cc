#include <utility>

#include "common/api/time.h"
#include "common/base/status_macros.h"
#include "common/client/grpc_connection.h"
#include "common/client/store_client.h"
#include "k8s/meta/v1.pb.h"
#include "kubelite/v1/store.grpc.pb.h"

namespace kubelite::client {
namespace {

using kubelite::v1::History;
using kubelite::v1::StoreAdmin;

class GrpcStoreClient : public StoreClient {
 public:
  explicit GrpcStoreClient(const GrpcClientOptions& options)
      : connection_(options),
        history_(History::NewStub(connection_.channel())),
        admin_(StoreAdmin::NewStub(connection_.channel())) {}

  absl::StatusOr<Moment> ResolveMoment(const std::string& at) override {
    kubelite::v1::ResolveMomentRequest request;
    request.set_at(at);
    kubelite::v1::Moment response;
    RETURN_IF_ERROR(connection_.Call(history_.get(), &History::Stub::ResolveMoment, request, &response));
    return Moment{response.revision(), api::FromProto(response.time())};
  }

  absl::StatusOr<kubelite::v1::HistoryResponse> GetHistory(const ResourceInfo& resource, const ObjectKey& key,
                                                           int64_t limit) override {
    kubelite::v1::HistoryRequest request;
    *request.mutable_target() = MakeTarget(resource, key.name_space, key.name);
    kubelite::v1::HistoryResponse all;
    do {
      request.set_limit(limit == 0 ? 0 : limit - all.changes_size());
      kubelite::v1::HistoryResponse part;
      RETURN_IF_ERROR(connection_.Call(history_.get(), &History::Stub::GetHistory, request, &part));
      all.set_more(part.more());
      if (part.changes().empty()) break;
      request.set_revision(part.changes(part.changes_size() - 1).revision() - 1);
      for (kubelite::v1::ObjectChange& change : *part.mutable_changes()) all.add_changes()->Swap(&change);
    } while (all.more() && (limit == 0 || all.changes_size() < limit));
    return all;
  }

  absl::StatusOr<kubelite::v1::ListKeysResponse> ListKeys(const kubelite::v1::ListKeysRequest& request) override {
    return Admin(&StoreAdmin::Stub::ListKeys, request);
  }
  absl::StatusOr<kubelite::v1::StoredValue> GetKey(const std::string& key, int64_t revision) override {
    kubelite::v1::GetKeyRequest request;
    request.set_key(key);
    request.set_revision(revision);
    return Admin(&StoreAdmin::Stub::GetKey, request);
  }
  absl::StatusOr<kubelite::v1::StoreStats> GetStats() override {
    return Admin(&StoreAdmin::Stub::GetStats, kubelite::v1::GetStatsRequest());
  }
  absl::StatusOr<kubelite::v1::Snapshot> SaveSnapshot(const std::string& name) override {
    kubelite::v1::SaveSnapshotRequest request;
    request.set_name(name);
    return Admin(&StoreAdmin::Stub::SaveSnapshot, request);
  }

 private:
  template <typename Request, typename Response>
  absl::StatusOr<Response> Admin(grpc::Status (StoreAdmin::Stub::*method)(grpc::ClientContext*, const Request&,
                                                                          Response*),
                                 const Request& request) const {
    Response response;
    RETURN_IF_ERROR(connection_.Call(admin_.get(), method, request, &response));
    return response;
  }

  const GrpcConnection connection_;
  const std::unique_ptr<History::Stub> history_;
  const std::unique_ptr<StoreAdmin::Stub> admin_;
};

}  // namespace

std::unique_ptr<StoreClient> NewGrpcStoreClient(const GrpcClientOptions& options) {
  return std::make_unique<GrpcStoreClient>(options);
}

}  // namespace kubelite::client
