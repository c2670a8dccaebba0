#include "apiserver/transport/grpc_service.h"

#include <utility>

#include "apiserver/transport/grpc_calls.h"
#include "apiserver/transport/grpc_codec.h"
#include "apiserver/version.h"
#include "common/base/status_macros.h"
#include "kubelite/v1/api.grpc.pb.h"

namespace kubelite::apiserver {
namespace {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;
using kubelite::v1::ObjectResponse;

// A unary call that answers with an object.
absl::Status AnswerObject(CallContext* calls, Request* request, ObjectResponse* response) {
  std::vector<std::string> warnings;
  absl::StatusOr<api::ObjectPtr> object = calls->server->Unary(request, &warnings);
  if (!object.ok()) return object.status();
  for (std::string& warning : warnings) response->add_warnings(std::move(warning));
  PackObject(**object, response->mutable_object());
  return absl::OkStatus();
}

class ApiService : public kubelite::v1::Api::CallbackService {
 public:
  explicit ApiService(CallContext* calls) : calls_(calls) {}

  ServerUnaryReactor* Get(CallbackServerContext* context, const kubelite::v1::GetRequest* wire,
                          ObjectResponse* response) override {
    Request request = ToRequest("get", wire->target());
    request.resource_version = wire->resource_version();
    request.resource_version_match = wire->resource_version_match();
    return RunUnary(calls_, context, std::move(request), [this, wire, response](Request* request) -> absl::Status {
      if (!wire->as_table()) return AnswerObject(calls_, request, response);
      ASSIGN_OR_RETURN(const api::ObjectPtr object, calls_->server->Unary(request, nullptr));
      calls_->server->registry().Print(*request->info, {object}, response->mutable_table(), PrintTime(*wire));
      return absl::OkStatus();
    });
  }
  grpc::ServerWriteReactor<kubelite::v1::ListChunk>* List(CallbackServerContext* context,
                                                          const kubelite::v1::ListRequest* wire) override {
    return StartList(calls_, context, wire);
  }
  grpc::ServerWriteReactor<kubelite::v1::WatchEvent>* Watch(CallbackServerContext* context,
                                                            const kubelite::v1::WatchRequest* wire) override {
    return StartWatch(calls_, context, wire);
  }
  ServerUnaryReactor* Create(CallbackServerContext* context, const kubelite::v1::CreateRequest* wire,
                             ObjectResponse* response) override {
    return Write("create", context, wire, response);
  }
  ServerUnaryReactor* Update(CallbackServerContext* context, const kubelite::v1::UpdateRequest* wire,
                             ObjectResponse* response) override {
    return Write("update", context, wire, response);
  }
  ServerUnaryReactor* Patch(CallbackServerContext* context, const kubelite::v1::PatchRequest* wire,
                            ObjectResponse* response) override {
    return RunUnary(calls_, context, ToRequest("patch", wire->target()), [this, wire, response](Request* request) {
      RETURN_IF_ERROR(ReadPatch(*wire, request));
      RETURN_IF_ERROR(ReadOptions(wire->options(), request));
      return AnswerObject(calls_, request, response);
    });
  }
  ServerUnaryReactor* Delete(CallbackServerContext* context, const kubelite::v1::DeleteRequest* wire,
                             ObjectResponse* response) override {
    return RunUnary(calls_, context, ToRequest("delete", wire->target()), [this, wire, response](Request* request) {
      RETURN_IF_ERROR(ReadOptions(wire->options(), request));
      return AnswerObject(calls_, request, response);
    });
  }
  ServerUnaryReactor* DeleteCollection(CallbackServerContext* context,
                                       const kubelite::v1::DeleteCollectionRequest* wire,
                                       kubelite::v1::DeleteCollectionResponse* response) override {
    Request request = ToRequest("deletecollection", wire->target());
    request.label_selector = wire->label_selector();
    request.field_selector = wire->field_selector();
    return RunUnary(calls_, context, std::move(request), [this, wire, response](Request* request) -> absl::Status {
      RETURN_IF_ERROR(ReadOptions(wire->options(), request));
      ASSIGN_OR_RETURN(const int64_t deleted, calls_->server->DeleteCollection(request));
      response->set_deleted(deleted);
      return absl::OkStatus();
    });
  }
  grpc::ServerBidiReactor<kubelite::v1::ConnectFrame, kubelite::v1::ConnectFrame>* Connect(
      CallbackServerContext* context) override {
    return StartConnect(calls_, context);
  }
  ServerUnaryReactor* GetVersion(CallbackServerContext* context, const kubelite::v1::GetVersionRequest*,
                                 kubelite::v1::VersionInfo* response) override {
    *response = ServerVersion();
    ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

 private:
  template <typename Wire>
  ServerUnaryReactor* Write(const char* verb, CallbackServerContext* context, const Wire* wire,
                            ObjectResponse* response) {
    return RunUnary(calls_, context, ToRequest(verb, wire->target()), [this, wire, response](Request* request) {
      RETURN_IF_ERROR(ReadBody(wire->body(), request));
      RETURN_IF_ERROR(ReadOptions(wire->options(), request));
      return AnswerObject(calls_, request, response);
    });
  }

  CallContext* const calls_;
};

class NodeSessionService : public kubelite::v1::NodeSession::CallbackService {
 public:
  explicit NodeSessionService(CallContext* calls) : calls_(calls) {}
  grpc::ServerBidiReactor<kubelite::v1::NodeMessage, kubelite::v1::ServerMessage>* Session(
      CallbackServerContext* context) override {
    return StartNodeSession(calls_, context);
  }

 private:
  CallContext* const calls_;
};

}  // namespace

std::unique_ptr<grpc::Service> NewApiService(CallContext* calls) { return std::make_unique<ApiService>(calls); }
std::unique_ptr<grpc::Service> NewNodeSessionService(CallContext* calls) {
  return std::make_unique<NodeSessionService>(calls);
}

}  // namespace kubelite::apiserver
