#include <utility>

#include "absl/strings/str_cat.h"
#include "apiserver/store_admin/store_admin.h"
#include "apiserver/transport/grpc_calls.h"
#include "apiserver/transport/grpc_codec.h"
#include "apiserver/transport/grpc_service.h"
#include "common/base/status_macros.h"
#include "kubelite/v1/store.grpc.pb.h"

namespace kubelite::apiserver {
namespace {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

Request PathRequest(const std::string& verb, const std::string& path) {
  Request request;
  request.verb = verb;
  request.path = path;
  return request;
}

void ToWire(const Registry::ObjectChange& change, kubelite::v1::ObjectChange* wire) {
  wire->set_revision(change.revision);
  api::ToProto(change.time, wire->mutable_time());
  *wire->mutable_by() = change.by;
  if (change.created) wire->set_created(true);
  if (change.object != nullptr) PackObject(*change.object, wire->mutable_object());
}

class HistoryService : public kubelite::v1::History::CallbackService {
 public:
  explicit HistoryService(CallContext* calls) : calls_(calls) {}

  ServerUnaryReactor* ResolveMoment(CallbackServerContext* context, const kubelite::v1::ResolveMomentRequest* wire,
                                    kubelite::v1::Moment* response) override {
    return RunUnary(calls_, context, PathRequest("get", "/revisions"),
                    [this, wire, response](Request* request) -> absl::Status {
                      ASSIGN_OR_RETURN(const client::Moment moment, calls_->server->ResolveMoment(request, wire->at()));
                      response->set_revision(moment.revision);
                      api::ToProto(moment.time, response->mutable_time());
                      return absl::OkStatus();
                    });
  }

  ServerUnaryReactor* GetHistory(CallbackServerContext* context, const kubelite::v1::HistoryRequest* wire,
                                 kubelite::v1::HistoryResponse* response) override {
    Request request = ToRequest("get", wire->target());
    request.limit = wire->limit();
    if (wire->revision() != 0) request.resource_version = absl::StrCat(wire->revision());
    return RunUnary(calls_, context, std::move(request), [this, response](Request* request) -> absl::Status {
      ASSIGN_OR_RETURN(const Registry::History history, calls_->server->GetHistory(request));
      for (const Registry::ObjectChange& change : history.changes) ToWire(change, response->add_changes());
      if (!history.changes.empty() && history.changes.back().previous != nullptr) {
        PackObject(*history.changes.back().previous,
                   response->mutable_changes(response->changes_size() - 1)->mutable_previous());
      }
      response->set_more(history.more);
      return absl::OkStatus();
    });
  }

 private:
  CallContext* const calls_;
};

class StoreAdminService : public kubelite::v1::StoreAdmin::CallbackService {
 public:
  explicit StoreAdminService(CallContext* calls) : calls_(calls) {}

  ServerUnaryReactor* ListKeys(CallbackServerContext* context, const kubelite::v1::ListKeysRequest* wire,
                               kubelite::v1::ListKeysResponse* response) override {
    return Run("list", "/debug/store/keys", context, response,
               [wire](StoreAdmin& store) { return store.ListKeys(*wire); });
  }
  ServerUnaryReactor* GetKey(CallbackServerContext* context, const kubelite::v1::GetKeyRequest* wire,
                             kubelite::v1::StoredValue* response) override {
    return Run("get", "/debug/store/keys", context, response,
               [wire](StoreAdmin& store) { return store.GetKey(*wire); });
  }
  ServerUnaryReactor* GetStats(CallbackServerContext* context, const kubelite::v1::GetStatsRequest*,
                               kubelite::v1::StoreStats* response) override {
    return Run("get", "/debug/store/stats", context, response, [](StoreAdmin& store) { return store.GetStats(); });
  }
  ServerUnaryReactor* SaveSnapshot(CallbackServerContext* context, const kubelite::v1::SaveSnapshotRequest* wire,
                                   kubelite::v1::Snapshot* response) override {
    return Run("create", "/debug/store/snapshots", context, response,
               [wire](StoreAdmin& store) { return store.SaveSnapshot(*wire); });
  }

 private:
  template <typename Response, typename Act>
  ServerUnaryReactor* Run(const char* verb, const char* path, CallbackServerContext* context, Response* response,
                          Act act) {
    return RunUnary(calls_, context, PathRequest(verb, path), [this, response, act](Request* request) {
      return calls_->server->Administer(request, [&](StoreAdmin& store) -> absl::Status {
        ASSIGN_OR_RETURN(*response, act(store));
        return absl::OkStatus();
      });
    });
  }

  CallContext* const calls_;
};

}  // namespace

std::unique_ptr<grpc::Service> NewHistoryService(CallContext* calls) { return std::make_unique<HistoryService>(calls); }
std::unique_ptr<grpc::Service> NewStoreAdminService(CallContext* calls) {
  return std::make_unique<StoreAdminService>(calls);
}

}  // namespace kubelite::apiserver
