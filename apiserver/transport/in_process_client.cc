#include "apiserver/transport/in_process_client.h"

#include <utility>

#include "apiserver/transport/in_process_stream.h"
#include "common/api/errors.h"
#include "common/base/mutex.h"
#include "common/base/status_macros.h"
#include "kubelite/v1/api.pb.h"

namespace kubelite::apiserver {
namespace {

using client::DeleteOptions;
using client::ListOptions;
using client::ListResult;
using client::ObjectKey;
using client::ObjectPtr;
using client::PatchType;
using client::ResourceInfo;
using client::WatchEvent;
using client::WatchOptions;
using client::WriteOptions;

// Prints a watch's objects as rows; the columns come with the first event only.
class TableWatch : public client::WatchStream {
 public:
  TableWatch(Registry* registry, const ResourceInfo& resource, std::unique_ptr<client::WatchStream> source)
      : registry_(registry), resource_(resource), source_(std::move(source)) {}

  absl::StatusOr<std::vector<WatchEvent>> Poll(size_t max) override {
    ASSIGN_OR_RETURN(std::vector<WatchEvent> events, source_->Poll(max));
    for (WatchEvent& event : events) {
      if (event.object == nullptr) continue;
      auto table = std::make_shared<kubelite::v1::Table>();
      registry_->Print(resource_, {event.object}, table.get());
      if (std::exchange(columns_sent_, true)) table->clear_columns();
      event.table = std::move(table);
      event.object = nullptr;
    }
    return events;
  }

 private:
  Registry* const registry_;
  const ResourceInfo& resource_;
  const std::unique_ptr<client::WatchStream> source_;
  bool columns_sent_ = false;
};

// What a client and its watches share.
struct Connection {
  // Watches from before the cut are over.
  int64_t Epoch() {
    base::MutexLock lock(&mutex);
    return epoch;
  }

  base::Mutex mutex;
  int64_t epoch ABSL_GUARDED_BY(mutex) = 0;
  std::map<const void*, std::function<void()>> on_cut ABSL_GUARDED_BY(mutex);
};

class ConnectedWatch : public client::WatchStream {
 public:
  ConnectedWatch(std::shared_ptr<Connection> connection, std::function<void()> on_ready,
                 std::unique_ptr<client::WatchStream> source)
      : connection_(std::move(connection)), source_(std::move(source)) {
    base::MutexLock lock(&connection_->mutex);
    epoch_ = connection_->epoch;
    connection_->on_cut.emplace(this, std::move(on_ready));
  }
  ~ConnectedWatch() override {
    base::MutexLock lock(&connection_->mutex);
    connection_->on_cut.erase(this);
  }

  absl::StatusOr<std::vector<WatchEvent>> Poll(size_t max) override {
    if (connection_->Epoch() != epoch_) return api::ServiceUnavailable("the connection to the API server was lost");
    return source_->Poll(max);
  }

 private:
  const std::shared_ptr<Connection> connection_;
  const std::unique_ptr<client::WatchStream> source_;
  int64_t epoch_ = 0;
};

class ServerClient : public InProcessClient {
 public:
  ServerClient(Server* server, User user) : server_(server), user_(std::move(user)) {}

  absl::StatusOr<ObjectPtr> Get(const ResourceInfo& resource, const ObjectKey& key,
                                const std::string& resource_version) override {
    Request request = NewRequest("get", resource, key);
    request.resource_version = resource_version;
    return server_->Unary(&request, nullptr);
  }

  absl::StatusOr<ListResult> List(const ResourceInfo& resource, const ListOptions& options) override {
    Request request = ListRequest("list", resource, options);
    ASSIGN_OR_RETURN(Registry::List list, server_->List(&request));
    return ListResult{std::move(list.items), std::move(list.resource_version), std::move(list.continue_token),
                      list.remaining_item_count};
  }

  absl::StatusOr<std::unique_ptr<client::WatchStream>> Watch(const ResourceInfo& resource, const WatchOptions& options,
                                                             std::function<void()> on_ready) override {
    Request request = NewRequest("watch", resource, {options.name_space, ""});
    request.label_selector = options.label_selector;
    request.field_selector = options.field_selector;
    request.resource_version = options.resource_version;
    request.allow_bookmarks = options.allow_bookmarks;
    request.timeout_seconds = options.timeout_seconds;
    ASSIGN_OR_RETURN(std::unique_ptr<client::WatchStream> watch, server_->Watch(&request, on_ready));
    watch = std::make_unique<ConnectedWatch>(connection_, std::move(on_ready), std::move(watch));
    if (!options.as_table) return watch;
    return std::make_unique<TableWatch>(&server_->registry(), resource, std::move(watch));
  }

  void CutWatches() override {
    base::MutexLock lock(&connection_->mutex);
    ++connection_->epoch;
    // With the lock, so that no watch is told after it was destroyed.
    for (const auto& [watch, on_ready] : connection_->on_cut) on_ready();
  }

  absl::StatusOr<ObjectPtr> Create(const ResourceInfo& resource, const api::Object& object,
                                   const WriteOptions& options) override {
    Request request = WriteRequest("create", resource, {api::Meta(object).namespace_(), ""}, options);
    request.object = api::Clone(object);
    return server_->Unary(&request, options.warnings);
  }

  absl::StatusOr<ObjectPtr> CreateSubresource(const ResourceInfo& resource, const ObjectKey& key,
                                              const std::string& subresource, const api::Object& object) override {
    Request request = WriteRequest("create", resource, key, {});
    request.subresource = subresource;
    request.object = api::Clone(object);
    return server_->Unary(&request, nullptr);
  }

  absl::StatusOr<ObjectPtr> Update(const ResourceInfo& resource, const api::Object& object,
                                   const std::string& subresource, const WriteOptions& options) override {
    Request request = WriteRequest("update", resource, api::KeyOf(object), options);
    request.subresource = subresource;
    request.object = api::Clone(object);
    return server_->Unary(&request, options.warnings);
  }

  absl::StatusOr<ObjectPtr> Patch(const ResourceInfo& resource, const ObjectKey& key, PatchType type,
                                  const std::string& patch, const std::string& subresource,
                                  const WriteOptions& options) override {
    Request request = WriteRequest("patch", resource, key, options);
    request.patch_type = type;
    request.body_json = patch;
    request.subresource = subresource;
    return server_->Unary(&request, options.warnings);
  }

  absl::StatusOr<ObjectPtr> Delete(const ResourceInfo& resource, const ObjectKey& key,
                                   const DeleteOptions& options) override {
    Request request = NewRequest("delete", resource, key);
    request.delete_options = options;
    request.dry_run = options.dry_run;
    return server_->Unary(&request, nullptr);
  }

  absl::Status DeleteCollection(const ResourceInfo& resource, const ListOptions& selection,
                                const DeleteOptions& options) override {
    Request request = ListRequest("deletecollection", resource, selection);
    request.delete_options = options;
    request.dry_run = options.dry_run;
    return server_->DeleteCollection(&request).status();
  }

  absl::StatusOr<ObjectPtr> CreateJson(const ResourceInfo& resource, const std::string& name_space,
                                       const std::string& json, const WriteOptions& options) override {
    Request request = WriteRequest("create", resource, {name_space, ""}, options);
    request.body_json = json;
    return server_->Unary(&request, options.warnings);
  }

  absl::StatusOr<ObjectPtr> UpdateJson(const ResourceInfo& resource, const ObjectKey& key, const std::string& json,
                                       const std::string& subresource, const WriteOptions& options) override {
    Request request = WriteRequest("update", resource, key, options);
    request.subresource = subresource;
    request.body_json = json;
    return server_->Unary(&request, options.warnings);
  }

  absl::StatusOr<kubelite::v1::Table> GetTable(const ResourceInfo& resource, const ObjectKey& key) override {
    ASSIGN_OR_RETURN(const ObjectPtr object, Get(resource, key, ""));
    kubelite::v1::Table table;
    server_->registry().Print(resource, {object}, &table);
    return table;
  }

  absl::StatusOr<TableList> ListTable(const ResourceInfo& resource, const ListOptions& options) override {
    ASSIGN_OR_RETURN(const ListResult list, List(resource, options));
    TableList result;
    result.table = std::make_unique<kubelite::v1::Table>();
    result.resource_version = list.resource_version;
    server_->registry().Print(resource, list.items, result.table.get());
    return result;
  }

  absl::StatusOr<std::unique_ptr<client::ByteStream>> Connect(const kubelite::v1::StreamOpen& open) override {
    const ResourceInfo* pods = api::Scheme::Builtin().FindResource("", "v1", "pods");
    Request request = NewRequest("get", *pods, {open.namespace_(), open.pod()});
    return OpenInProcessStream(server_, &request, open);
  }

 private:
  Request NewRequest(const std::string& verb, const ResourceInfo& resource, const ObjectKey& key) const {
    Request request;
    request.user = user_;
    request.verb = verb;
    request.group = resource.gvk.group;
    request.version = resource.gvk.version;
    request.resource = resource.plural;
    if (resource.namespaced) request.name_space = key.name_space;
    request.name = key.name;
    return request;
  }

  Request ListRequest(const std::string& verb, const ResourceInfo& resource, const ListOptions& options) const {
    Request request = NewRequest(verb, resource, {options.name_space, ""});
    request.label_selector = options.label_selector;
    request.field_selector = options.field_selector;
    request.resource_version = options.resource_version;
    request.resource_version_match = options.resource_version_match;
    request.limit = options.limit;
    request.continue_token = options.continue_token;
    return request;
  }

  Request WriteRequest(const std::string& verb, const ResourceInfo& resource, const ObjectKey& key,
                       const WriteOptions& options) const {
    Request request = NewRequest(verb, resource, key);
    request.dry_run = options.dry_run;
    request.field_manager = options.field_manager;
    request.field_validation = options.field_validation;
    return request;
  }

  Server* const server_;
  const User user_;
  const std::shared_ptr<Connection> connection_ = std::make_shared<Connection>();
};

}  // namespace

std::unique_ptr<InProcessClient> NewInProcessClient(Server* server, User user) {
  return std::make_unique<ServerClient>(server, std::move(user));
}

}  // namespace kubelite::apiserver
