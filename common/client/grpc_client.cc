#include "common/client/grpc_client.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/api/errors.h"
#include "common/api/time.h"
#include "common/base/status_macros.h"
#include "common/client/grpc_codec.h"
#include "common/client/grpc_connection.h"
#include "k8s/meta/v1.pb.h"
#include "kubelite/v1/table.pb.h"

namespace kubelite::client {
namespace {

using kubelite::v1::Api;
using kubelite::v1::ObjectResponse;

kubelite::v1::WriteOptions ToWire(const WriteOptions& options, const std::string& default_manager) {
  kubelite::v1::WriteOptions wire;
  const std::string& manager = options.field_manager.empty() ? default_manager : options.field_manager;
  if (!manager.empty()) wire.set_field_manager(manager);
  if (options.dry_run) wire.add_dry_run("All");
  if (!options.field_validation.empty()) wire.set_field_validation(options.field_validation);
  return wire;
}

k8s::meta::v1::DeleteOptions ToWire(const DeleteOptions& options) {
  k8s::meta::v1::DeleteOptions wire;
  if (options.grace_period_seconds >= 0) wire.set_graceperiodseconds(options.grace_period_seconds);
  const Preconditions& preconditions = options.preconditions;
  if (!preconditions.uid.empty()) wire.mutable_preconditions()->set_uid(preconditions.uid);
  if (!preconditions.resource_version.empty()) {
    wire.mutable_preconditions()->set_resourceversion(preconditions.resource_version);
  }
  if (!options.propagation_policy.empty()) wire.set_propagationpolicy(options.propagation_policy);
  if (options.dry_run) wire.add_dryrun("All");
  return wire;
}

kubelite::v1::ListRequest ToWire(const ResourceInfo& resource, const ListOptions& options) {
  kubelite::v1::ListRequest request;
  *request.mutable_target() = MakeTarget(resource, options.name_space, "");
  request.set_label_selector(options.label_selector);
  request.set_field_selector(options.field_selector);
  request.set_resource_version(options.resource_version);
  request.set_resource_version_match(options.resource_version_match);
  request.set_limit(options.limit);
  request.set_continue_token(options.continue_token);
  return request;
}

kubelite::v1::PatchRequest::Type ToWire(PatchType type) {
  switch (type) {
    case PatchType::kMerge:
      return kubelite::v1::PatchRequest::MERGE;
    case PatchType::kJson:
      return kubelite::v1::PatchRequest::JSON;
    case PatchType::kStrategic:
      return kubelite::v1::PatchRequest::STRATEGIC;
    case PatchType::kApply:
      return kubelite::v1::PatchRequest::APPLY;
  }
  return kubelite::v1::PatchRequest::UNKNOWN;
}

// The token knows the revision.
void ContinueAt(const std::string& token, kubelite::v1::ListRequest* request) {
  request->set_continue_token(token);
  request->clear_resource_version();
  request->clear_resource_version_match();
}

// gRPC ends its callback threads with the last channel that used them. A watch that was dropped may hold that channel
// until its OnDone, which runs on such a thread: joining itself, it would abort. So the first channel is kept as long
// as the process; `used`, or else the optimiser drops the pointer and leak checkers see no owner.
void KeepCallbackThreads(const std::shared_ptr<grpc::Channel>& channel) {
  [[gnu::used]] static const auto* const kept = new std::shared_ptr<grpc::Channel>(channel);
}

class GrpcClient : public Client {
 public:
  explicit GrpcClient(const GrpcClientOptions& options)
      : connection_(options), stub_(Api::NewStub(connection_.channel())) {}

  absl::StatusOr<ObjectPtr> Get(const ResourceInfo& resource, const ObjectKey& key,
                                const std::string& resource_version) override {
    kubelite::v1::GetRequest request;
    *request.mutable_target() = MakeTarget(resource, key.name_space, key.name);
    request.set_resource_version(resource_version);
    ShowMoment(&request);
    ObjectResponse response;
    RETURN_IF_ERROR(Call(&Api::Stub::Get, request, &response));
    return FromAny(response.object());
  }
  absl::StatusOr<ListResult> List(const ResourceInfo& resource, const ListOptions& options) override;
  absl::StatusOr<std::unique_ptr<WatchStream>> Watch(const ResourceInfo& resource, const WatchOptions& options,
                                                     std::function<void()> on_ready) override;
  absl::StatusOr<ObjectPtr> Create(const ResourceInfo& resource, const Object& object,
                                   const WriteOptions& options) override {
    kubelite::v1::CreateRequest request;
    *request.mutable_target() = MakeTarget(resource, api::Meta(object).namespace_(), api::Meta(object).name());
    request.mutable_body()->mutable_object()->PackFrom(object);
    *request.mutable_options() = ToWire(options, field_manager());
    return WriteBody(&Api::Stub::Create, request, options.warnings);
  }
  absl::StatusOr<ObjectPtr> CreateSubresource(const ResourceInfo& resource, const ObjectKey& key,
                                              const std::string& subresource, const Object& object) override {
    kubelite::v1::CreateRequest request;
    *request.mutable_target() = MakeTarget(resource, key.name_space, key.name, subresource);
    request.mutable_body()->mutable_object()->PackFrom(object);
    *request.mutable_options() = ToWire(WriteOptions(), field_manager());
    return WriteBody(&Api::Stub::Create, request);
  }
  absl::StatusOr<ObjectPtr> Update(const ResourceInfo& resource, const Object& object, const std::string& subresource,
                                   const WriteOptions& options) override {
    kubelite::v1::UpdateRequest request;
    const ObjectKey key = api::KeyOf(object);
    *request.mutable_target() = MakeTarget(resource, key.name_space, key.name, subresource);
    request.mutable_body()->mutable_object()->PackFrom(object);
    *request.mutable_options() = ToWire(options, field_manager());
    return WriteBody(&Api::Stub::Update, request, options.warnings);
  }
  absl::StatusOr<ObjectPtr> Patch(const ResourceInfo& resource, const ObjectKey& key, PatchType type,
                                  const std::string& patch, const std::string& subresource,
                                  const WriteOptions& options) override {
    kubelite::v1::PatchRequest request;
    *request.mutable_target() = MakeTarget(resource, key.name_space, key.name, subresource);
    request.set_type(ToWire(type));
    request.set_patch(patch);
    *request.mutable_options() = ToWire(options, field_manager());
    RETURN_IF_ERROR(api::CheckRequestSize(patch.size()));
    return Write(&Api::Stub::Patch, request, options.warnings);
  }
  absl::StatusOr<ObjectPtr> Delete(const ResourceInfo& resource, const ObjectKey& key,
                                   const DeleteOptions& options) override {
    kubelite::v1::DeleteRequest request;
    *request.mutable_target() = MakeTarget(resource, key.name_space, key.name);
    *request.mutable_options() = ToWire(options);
    return Write(&Api::Stub::Delete, request);
  }
  absl::Status DeleteCollection(const ResourceInfo& resource, const ListOptions& selection,
                                const DeleteOptions& options) override {
    kubelite::v1::DeleteCollectionRequest request;
    *request.mutable_target() = MakeTarget(resource, selection.name_space, "");
    request.set_label_selector(selection.label_selector);
    request.set_field_selector(selection.field_selector);
    *request.mutable_options() = ToWire(options);
    RETURN_IF_ERROR(CheckPresent());
    kubelite::v1::DeleteCollectionResponse response;
    return Call(&Api::Stub::DeleteCollection, request, &response);
  }
  absl::StatusOr<ObjectPtr> CreateJson(const ResourceInfo& resource, const std::string& name_space,
                                       const std::string& json, const WriteOptions& options) override {
    kubelite::v1::CreateRequest request;
    *request.mutable_target() = MakeTarget(resource, name_space, "");
    request.mutable_body()->set_json(json);
    *request.mutable_options() = ToWire(options, field_manager());
    return WriteBody(&Api::Stub::Create, request, options.warnings);
  }
  absl::StatusOr<ObjectPtr> UpdateJson(const ResourceInfo& resource, const ObjectKey& key, const std::string& json,
                                       const std::string& subresource, const WriteOptions& options) override {
    kubelite::v1::UpdateRequest request;
    *request.mutable_target() = MakeTarget(resource, key.name_space, key.name, subresource);
    request.mutable_body()->set_json(json);
    *request.mutable_options() = ToWire(options, field_manager());
    return WriteBody(&Api::Stub::Update, request, options.warnings);
  }
  absl::StatusOr<kubelite::v1::Table> GetTable(const ResourceInfo& resource, const ObjectKey& key) override {
    kubelite::v1::GetRequest request;
    *request.mutable_target() = MakeTarget(resource, key.name_space, key.name);
    request.set_as_table(true);
    ShowMoment(&request);
    ObjectResponse response;
    RETURN_IF_ERROR(Call(&Api::Stub::Get, request, &response));
    return std::move(*response.mutable_table());
  }
  absl::StatusOr<TableList> ListTable(const ResourceInfo& resource, const ListOptions& options) override;
  absl::StatusOr<std::unique_ptr<ByteStream>> Connect(const kubelite::v1::StreamOpen& open) override {
    RETURN_IF_ERROR(CheckPresent());
    RETURN_IF_ERROR(connection_.CheckIdentity());
    return StartGrpcConnect(stub_.get(), open, connection_.options().wait_for_ready, connection_.Explainer());
  }

 private:
  using ChunkHandler = absl::FunctionRef<absl::Status(kubelite::v1::ListChunk*)>;

  template <typename Request, typename Response>
  absl::Status Call(grpc::Status (Api::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response* response) const {
    return connection_.Call(stub_.get(), method, request, response);
  }
  // The past is for reading.
  absl::Status CheckPresent() const {
    if (!connection_.options().at.has_value()) return absl::OkStatus();
    return absl::FailedPreconditionError(
        absl::StrCat("a client that shows revision ", connection_.options().at->revision, " only reads"));
  }
  const std::string& field_manager() const { return connection_.options().field_manager; }
  template <typename Request>
  absl::StatusOr<ObjectPtr> Write(grpc::Status (Api::Stub::*method)(grpc::ClientContext*, const Request&,
                                                                    ObjectResponse*),
                                  const Request& request, std::vector<std::string>* warnings = nullptr) const {
    RETURN_IF_ERROR(CheckPresent());
    ObjectResponse response;
    RETURN_IF_ERROR(Call(method, request, &response));
    if (warnings != nullptr) warnings->insert(warnings->end(), response.warnings().begin(), response.warnings().end());
    return FromAny(response.object());
  }
  // As the server would refuse it, before gRPC does in its own words.
  template <typename Request>
  absl::StatusOr<ObjectPtr> WriteBody(grpc::Status (Api::Stub::*method)(grpc::ClientContext*, const Request&,
                                                                        ObjectResponse*),
                                      const Request& request, std::vector<std::string>* warnings = nullptr) const {
    const kubelite::v1::Body& body = request.body();
    RETURN_IF_ERROR(api::CheckRequestSize(body.has_json() ? body.json().size() : body.object().value().size()));
    return Write(method, request, warnings);
  }
  // Makes a Get or List one of the past, if this client is for that.
  template <typename Request>
  void ShowMoment(Request* request) const {
    const std::optional<Moment>& at = connection_.options().at;
    if (!at.has_value()) return;
    request->set_resource_version(absl::StrCat(at->revision));
    request->set_resource_version_match("Exact");
    if (request->as_table()) api::ToProto(at->time, request->mutable_print_time());
  }
  // Reads all chunks of one list call.
  absl::Status ReadChunks(const kubelite::v1::ListRequest& request, ChunkHandler handle) const;

  const GrpcConnection connection_;
  const std::unique_ptr<Api::Stub> stub_;
};

absl::Status GrpcClient::ReadChunks(const kubelite::v1::ListRequest& request, ChunkHandler handle) const {
  RETURN_IF_ERROR(connection_.CheckIdentity());
  grpc::ClientContext context;
  connection_.SetDeadline(&context);
  const std::unique_ptr<grpc::ClientReader<kubelite::v1::ListChunk>> reader = stub_->List(&context, request);
  kubelite::v1::ListChunk chunk;
  absl::Status handled;
  while (reader->Read(&chunk)) {
    if (!handled.ok()) continue;
    handled = handle(&chunk);
    if (!handled.ok()) context.TryCancel();
  }
  const grpc::Status status = reader->Finish();
  if (!handled.ok()) return handled;
  return status.ok() ? absl::OkStatus() : connection_.Explainer()(status);
}

absl::StatusOr<ListResult> GrpcClient::List(const ResourceInfo& resource, const ListOptions& options) {
  kubelite::v1::ListRequest request = ToWire(resource, options);
  if (options.continue_token.empty()) ShowMoment(&request);
  ListResult result;
  do {
    result.continue_token.clear();
    RETURN_IF_ERROR(ReadChunks(request, [&result](kubelite::v1::ListChunk* chunk) -> absl::Status {
      for (const google::protobuf::Any& item : chunk->items()) {
        ASSIGN_OR_RETURN(ObjectPtr object, FromAny(item));
        result.items.push_back(std::move(object));
      }
      if (result.resource_version.empty()) result.resource_version = chunk->resource_version();
      if (!chunk->continue_token().empty()) result.continue_token = chunk->continue_token();
      if (chunk->has_remaining_item_count()) result.remaining_item_count = chunk->remaining_item_count();
      return absl::OkStatus();
    }));
    ContinueAt(result.continue_token, &request);
  } while (options.limit == 0 && !result.continue_token.empty());
  return result;
}

absl::StatusOr<Client::TableList> GrpcClient::ListTable(const ResourceInfo& resource, const ListOptions& options) {
  kubelite::v1::ListRequest request = ToWire(resource, options);
  request.set_as_table(true);
  if (options.continue_token.empty()) ShowMoment(&request);
  TableList result;
  result.table = std::make_unique<kubelite::v1::Table>();
  std::string token;
  do {
    token.clear();
    RETURN_IF_ERROR(ReadChunks(request, [&result, &token](kubelite::v1::ListChunk* chunk) {
      kubelite::v1::Table* part = chunk->mutable_table();
      if (result.table->columns().empty()) result.table->mutable_columns()->Swap(part->mutable_columns());
      for (kubelite::v1::Table::Row& row : *part->mutable_rows()) result.table->add_rows()->Swap(&row);
      if (result.resource_version.empty()) result.resource_version = chunk->resource_version();
      if (!chunk->continue_token().empty()) token = chunk->continue_token();
      return absl::OkStatus();
    }));
    ContinueAt(token, &request);
  } while (options.limit == 0 && !token.empty());
  return result;
}

absl::StatusOr<std::unique_ptr<WatchStream>> GrpcClient::Watch(const ResourceInfo& resource,
                                                               const WatchOptions& options,
                                                               std::function<void()> on_ready) {
  RETURN_IF_ERROR(CheckPresent());
  RETURN_IF_ERROR(connection_.CheckIdentity());
  kubelite::v1::WatchRequest request;
  *request.mutable_target() = MakeTarget(resource, options.name_space, "");
  request.set_label_selector(options.label_selector);
  request.set_field_selector(options.field_selector);
  request.set_resource_version(options.resource_version);
  request.set_allow_watch_bookmarks(options.allow_bookmarks);
  request.set_as_table(options.as_table);
  if (options.timeout_seconds > 0) request.set_timeout_seconds(options.timeout_seconds);
  KeepCallbackThreads(connection_.channel());
  return StartGrpcWatch(stub_.get(), std::move(request), connection_.options().wait_for_ready, connection_.Explainer(),
                        std::move(on_ready));
}

}  // namespace

std::unique_ptr<Client> NewGrpcClient(const GrpcClientOptions& options) {
  return std::make_unique<GrpcClient>(options);
}

}  // namespace kubelite::client
