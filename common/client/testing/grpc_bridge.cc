#include "common/client/testing/grpc_bridge.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/api/errors.h"
#include "common/base/check.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/client/grpc_codec.h"
#include "k8s/meta/v1.pb.h"
#include "kubelite/v1/table.pb.h"

namespace kubelite::client::testing {
namespace {

using kubelite::v1::Api;
using kubelite::v1::ConnectFrame;
using kubelite::v1::ObjectResponse;

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()),
                      api::ToApiStatus(status).SerializeAsString());
}

const ResourceInfo* Find(const kubelite::v1::Target& target) {
  return api::Scheme::Builtin().FindResource(target.group(), target.version(), target.resource());
}
ObjectKey KeyOf(const kubelite::v1::Target& target) { return {target.namespace_(), target.name()}; }

WriteOptions FromWire(const kubelite::v1::WriteOptions& wire) {
  WriteOptions options;
  options.field_manager = wire.field_manager();
  options.dry_run = wire.dry_run_size() > 0;
  options.field_validation = wire.field_validation();
  return options;
}
DeleteOptions FromWire(const k8s::meta::v1::DeleteOptions& wire) {
  DeleteOptions options;
  if (wire.has_graceperiodseconds()) options.grace_period_seconds = wire.graceperiodseconds();
  options.preconditions = {wire.preconditions().uid(), wire.preconditions().resourceversion()};
  options.propagation_policy = wire.propagationpolicy();
  options.dry_run = wire.dryrun_size() > 0;
  return options;
}
ListOptions FromWire(const kubelite::v1::ListRequest& wire) {
  ListOptions options;
  options.name_space = wire.target().namespace_();
  options.label_selector = wire.label_selector();
  options.field_selector = wire.field_selector();
  options.resource_version = wire.resource_version();
  options.limit = wire.limit();
  options.continue_token = wire.continue_token();
  return options;
}

grpc::Status Answer(const absl::StatusOr<ObjectPtr>& object, ObjectResponse* response) {
  if (!object.ok()) return ToGrpc(object.status());
  response->mutable_object()->PackFrom(**object);
  return grpc::Status::OK;
}

// One watch call: writes event after event, one at a time.
class WatchWriter : public grpc::ServerWriteReactor<kubelite::v1::WatchEvent> {
 public:
  WatchWriter(Client* client, const kubelite::v1::WatchRequest& request) {
    WatchOptions options;
    options.name_space = request.target().namespace_();
    options.label_selector = request.label_selector();
    options.field_selector = request.field_selector();
    options.resource_version = request.resource_version();
    options.allow_bookmarks = request.allow_watch_bookmarks();
    options.as_table = request.as_table();
    options.timeout_seconds = request.timeout_seconds();
    const ResourceInfo* resource = Find(request.target());
    absl::StatusOr<std::unique_ptr<WatchStream>> stream =
        resource == nullptr ? api::UnknownResource() : client->Watch(*resource, options, [this] { Pump(); });
    if (!stream.ok()) {
      End(ToGrpc(stream.status()));
      return;
    }
    {
      base::MutexLock lock(&mutex_);
      stream_ = *std::move(stream);
      busy_ = false;
    }
    Pump();
  }

  void OnWriteDone(bool ok) override {
    if (!ok) return End(grpc::Status::CANCELLED);
    {
      base::MutexLock lock(&mutex_);
      busy_ = false;
    }
    Pump();
  }
  void OnCancel() override {
    {
      base::MutexLock lock(&mutex_);
      cancelled_ = true;
      if (std::exchange(busy_, true)) return;
    }
    End(grpc::Status::CANCELLED);
  }
  void OnDone() override { delete this; }

 private:
  void End(const grpc::Status& status) {
    {
      base::MutexLock lock(&mutex_);
      busy_ = true;
      if (std::exchange(ended_, true)) return;
    }
    Finish(status);
  }
  void Pump() {
    while (true) {
      {
        base::MutexLock lock(&mutex_);
        again_ = true;
        if (busy_) return;
        busy_ = true;
        again_ = false;
      }
      const absl::StatusOr<std::vector<WatchEvent>> events = stream_->Poll(1);
      if (!events.ok()) return End(ToGrpc(events.status()));
      if (!events->empty()) return Write(events->front());
      bool cancelled = false;
      {
        base::MutexLock lock(&mutex_);
        busy_ = false;
        cancelled = cancelled_;
        if (!cancelled && !again_) return;
      }
      if (cancelled) return End(grpc::Status::CANCELLED);
    }
  }
  void Write(const WatchEvent& event) {
    outgoing_.Clear();
    // The four kinds are numbered alike, from 0 here and from 1 on the wire.
    outgoing_.set_type(static_cast<kubelite::v1::WatchEvent::Type>(static_cast<int>(event.type) + 1));
    outgoing_.set_resource_version(event.resource_version);
    if (event.object != nullptr) outgoing_.mutable_object()->PackFrom(*event.object);
    if (event.table != nullptr) *outgoing_.mutable_table() = *event.table;
    StartWrite(&outgoing_);
  }

  std::unique_ptr<WatchStream> stream_;
  kubelite::v1::WatchEvent outgoing_;
  base::Mutex mutex_;
  bool busy_ ABSL_GUARDED_BY(mutex_) = true;  // polling, writing, or over
  bool again_ ABSL_GUARDED_BY(mutex_) = false;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

class BridgeService : public Api::WithCallbackMethod_Watch<Api::Service> {
 public:
  explicit BridgeService(Client* client) : client_(client) {}

  grpc::Status Get(grpc::ServerContext*, const kubelite::v1::GetRequest* request, ObjectResponse* response) override {
    const ResourceInfo* resource = Find(request->target());
    if (resource == nullptr) return ToGrpc(api::UnknownResource());
    if (!request->as_table()) {
      return Answer(client_->Get(*resource, KeyOf(request->target()), request->resource_version()), response);
    }
    absl::StatusOr<kubelite::v1::Table> table = client_->GetTable(*resource, KeyOf(request->target()));
    if (table.ok()) *response->mutable_table() = *std::move(table);
    return ToGrpc(table.status());
  }
  // Two items per chunk, so that a list of a few has several.
  grpc::Status List(grpc::ServerContext*, const kubelite::v1::ListRequest* request,
                    grpc::ServerWriter<kubelite::v1::ListChunk>* writer) override {
    const ResourceInfo* resource = Find(request->target());
    if (resource == nullptr) return ToGrpc(api::UnknownResource());
    kubelite::v1::ListChunk chunk;
    if (request->as_table()) {
      absl::StatusOr<Client::TableList> list = client_->ListTable(*resource, FromWire(*request));
      if (!list.ok()) return ToGrpc(list.status());
      *chunk.mutable_table() = *list->table;
      chunk.set_resource_version(list->resource_version);
      writer->Write(chunk);
      return grpc::Status::OK;
    }
    const absl::StatusOr<ListResult> list = client_->List(*resource, FromWire(*request));
    if (!list.ok()) return ToGrpc(list.status());
    chunk.set_resource_version(list->resource_version);
    for (const ObjectPtr& item : list->items) {
      chunk.add_items()->PackFrom(*item);
      if (chunk.items_size() < 2) continue;
      writer->Write(chunk);
      chunk.Clear();
    }
    chunk.set_continue_token(list->continue_token);
    chunk.set_remaining_item_count(list->remaining_item_count);
    writer->Write(chunk);
    return grpc::Status::OK;
  }
  grpc::ServerWriteReactor<kubelite::v1::WatchEvent>* Watch(grpc::CallbackServerContext*,
                                                            const kubelite::v1::WatchRequest* request) override {
    return new WatchWriter(client_, *request);
  }
  grpc::Status Create(grpc::ServerContext*, const kubelite::v1::CreateRequest* request,
                      ObjectResponse* response) override {
    const kubelite::v1::Target& target = request->target();
    const ResourceInfo* resource = Find(target);
    if (resource == nullptr) return ToGrpc(api::UnknownResource());
    const WriteOptions options = FromWire(request->options());
    if (request->body().has_json()) {
      return Answer(client_->CreateJson(*resource, target.namespace_(), request->body().json(), options), response);
    }
    const absl::StatusOr<ObjectPtr> object = FromAny(request->body().object());
    if (!object.ok()) return ToGrpc(object.status());
    if (target.subresource().empty()) return Answer(client_->Create(*resource, **object, options), response);
    return Answer(client_->CreateSubresource(*resource, KeyOf(target), target.subresource(), **object), response);
  }
  grpc::Status Update(grpc::ServerContext*, const kubelite::v1::UpdateRequest* request,
                      ObjectResponse* response) override {
    const kubelite::v1::Target& target = request->target();
    const ResourceInfo* resource = Find(target);
    if (resource == nullptr) return ToGrpc(api::UnknownResource());
    const WriteOptions options = FromWire(request->options());
    if (request->body().has_json()) {
      return Answer(
          client_->UpdateJson(*resource, KeyOf(target), request->body().json(), target.subresource(), options),
          response);
    }
    const absl::StatusOr<ObjectPtr> object = FromAny(request->body().object());
    if (!object.ok()) return ToGrpc(object.status());
    return Answer(client_->Update(*resource, **object, target.subresource(), options), response);
  }
  grpc::Status Patch(grpc::ServerContext*, const kubelite::v1::PatchRequest* request,
                     ObjectResponse* response) override {
    const kubelite::v1::Target& target = request->target();
    const ResourceInfo* resource = Find(target);
    if (resource == nullptr) return ToGrpc(api::UnknownResource());
    const auto type = static_cast<PatchType>(static_cast<int>(request->type()) - 1);
    return Answer(client_->Patch(*resource, KeyOf(target), type, request->patch(), target.subresource(),
                                 FromWire(request->options())),
                  response);
  }
  grpc::Status Delete(grpc::ServerContext*, const kubelite::v1::DeleteRequest* request,
                      ObjectResponse* response) override {
    const ResourceInfo* resource = Find(request->target());
    if (resource == nullptr) return ToGrpc(api::UnknownResource());
    return Answer(client_->Delete(*resource, KeyOf(request->target()), FromWire(request->options())), response);
  }
  grpc::Status DeleteCollection(grpc::ServerContext*, const kubelite::v1::DeleteCollectionRequest* request,
                                kubelite::v1::DeleteCollectionResponse*) override {
    const ResourceInfo* resource = Find(request->target());
    if (resource == nullptr) return ToGrpc(api::UnknownResource());
    ListOptions selection;
    selection.name_space = request->target().namespace_();
    selection.label_selector = request->label_selector();
    selection.field_selector = request->field_selector();
    return ToGrpc(client_->DeleteCollection(*resource, selection, FromWire(request->options())));
  }
  grpc::Status Connect(grpc::ServerContext*, grpc::ServerReaderWriter<ConnectFrame, ConnectFrame>* stream) override {
    ConnectFrame frame;
    if (!stream->Read(&frame) || !frame.has_open()) return ToGrpc(api::BadRequest("the first frame must open"));
    const absl::StatusOr<std::unique_ptr<ByteStream>> bytes = client_->Connect(frame.open());
    if (!bytes.ok()) return ToGrpc(bytes.status());
    while (true) {
      absl::StatusOr<ByteStream::Chunk> chunk = (*bytes)->Read();
      ConnectFrame out;
      if (!chunk.ok()) {
        *out.mutable_closed() =
            api::ToApiStatus(absl::IsOutOfRange(chunk.status()) ? absl::OkStatus() : chunk.status());
        stream->Write(out);
        return grpc::Status::OK;
      }
      out.mutable_data()->set_channel(chunk->channel);
      out.mutable_data()->set_data(chunk->data);
      if (chunk->end) out.mutable_data()->set_end(true);
      if (!stream->Write(out)) return grpc::Status::CANCELLED;
    }
  }

 private:
  Client* const client_;
};

}  // namespace

struct GrpcBridge::State {
  explicit State(Client* client) : service(client) {}
  BridgeService service;
  int port = 0;
  std::unique_ptr<grpc::Server> server;
};

GrpcBridge::GrpcBridge(Client* client, const base::KeyPair& ca, int port) : state_(std::make_unique<State>(client)) {
  base::CertificateRequest request;
  request.common_name = "bridge";
  request.dns_names = {"localhost"};
  request.ip_addresses = {"127.0.0.1"};
  request.server = true;
  const absl::StatusOr<base::KeyPair> identity = base::IssueCertificate(ca, request, base::SystemClock());
  CHECK_OK(identity.status());
  grpc::SslServerCredentialsOptions tls(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  tls.pem_root_certs = ca.certificate_pem;
  tls.pem_key_cert_pairs.push_back({identity->private_key_pem, identity->certificate_pem});
  grpc::ServerBuilder builder;
  builder.AddListeningPort(absl::StrCat("127.0.0.1:", port), grpc::SslServerCredentials(tls), &state_->port);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5'000);
  builder.RegisterService(&state_->service);
  state_->server = builder.BuildAndStart();
  CHECK(state_->server != nullptr);
}

GrpcBridge::~GrpcBridge() {
  state_->server->Shutdown(absl::ToChronoTime(base::SystemClock().Now()));
  state_->server->Wait();
}

int GrpcBridge::port() const { return state_->port; }
std::string GrpcBridge::address() const { return absl::StrCat("127.0.0.1:", port()); }

base::KeyPair NewTestAuthority() {
  const absl::StatusOr<base::KeyPair> ca = base::CreateCertificateAuthority("test", base::SystemClock());
  CHECK_OK(ca.status());
  return *ca;
}

GrpcClientOptions OptionsFor(const std::string& address, const base::KeyPair& ca) {
  base::CertificateRequest request;
  request.common_name = "tester";
  const absl::StatusOr<base::KeyPair> identity = base::IssueCertificate(ca, request, base::SystemClock());
  CHECK_OK(identity.status());
  GrpcClientOptions options;
  options.address = address;
  options.ca_pem = ca.certificate_pem;
  options.identity = *identity;
  return options;
}

}  // namespace kubelite::client::testing
