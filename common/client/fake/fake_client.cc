#include "common/client/fake/fake_client.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/api/errors.h"
#include "common/api/json.h"
#include "common/api/patch.h"
#include "common/base/check.h"
#include "common/base/mutex.h"
#include "common/base/status_macros.h"
#include "common/client/fake/fake_objects.h"
#include "common/client/fake/fake_storage.h"
#include "k8s/core/v1.pb.h"
#include "k8s/meta/v1.pb.h"
#include "kubelite/v1/table.pb.h"

namespace kubelite::client {
namespace {

using Outcome = FakeStorage::Outcome;

class FakeClientImpl : public FakeClient {
 public:
  FakeClientImpl(base::Executor* executor, base::Random* random, std::shared_ptr<FakeStorage> storage)
      : executor_(executor), random_(random), storage_(std::move(storage)) {}

  absl::StatusOr<ObjectPtr> Get(const ResourceInfo& resource, const ObjectKey& key, const std::string&) override {
    RETURN_IF_ERROR(Enter({"get", resource.plural, "", key}));
    ObjectPtr object = storage_->Get(resource, key);
    if (object == nullptr) return api::NotFound(resource, key.name);
    return object;
  }
  absl::StatusOr<ListResult> List(const ResourceInfo& resource, const ListOptions& options) override;
  absl::StatusOr<std::unique_ptr<WatchStream>> Watch(const ResourceInfo& resource, const WatchOptions& options,
                                                     std::function<void()> on_ready) override;
  absl::StatusOr<ObjectPtr> Create(const ResourceInfo& resource, const Object& object,
                                   const WriteOptions& options) override;
  absl::StatusOr<ObjectPtr> CreateSubresource(const ResourceInfo& resource, const ObjectKey& key,
                                              const std::string& subresource, const Object& object) override;
  absl::StatusOr<ObjectPtr> Update(const ResourceInfo& resource, const Object& object, const std::string& subresource,
                                   const WriteOptions& options) override {
    RETURN_IF_ERROR(Enter({"update", resource.plural, subresource, api::KeyOf(object)}));
    return DoUpdate(resource, object, subresource, options);
  }
  absl::StatusOr<ObjectPtr> Patch(const ResourceInfo& resource, const ObjectKey& key, PatchType type,
                                  const std::string& patch, const std::string& subresource,
                                  const WriteOptions& options) override;
  absl::StatusOr<ObjectPtr> Delete(const ResourceInfo& resource, const ObjectKey& key,
                                   const DeleteOptions& options) override {
    RETURN_IF_ERROR(Enter({"delete", resource.plural, "", key}));
    return DoDelete(resource, key, options);
  }
  absl::Status DeleteCollection(const ResourceInfo& resource, const ListOptions& selection,
                                const DeleteOptions& options) override;
  absl::StatusOr<ObjectPtr> CreateJson(const ResourceInfo& resource, const std::string& name_space,
                                       const std::string& json, const WriteOptions& options) override;
  absl::StatusOr<ObjectPtr> UpdateJson(const ResourceInfo& resource, const ObjectKey& key, const std::string& json,
                                       const std::string& subresource, const WriteOptions& options) override;
  absl::StatusOr<kubelite::v1::Table> GetTable(const ResourceInfo& resource, const ObjectKey& key) override;
  absl::StatusOr<TableList> ListTable(const ResourceInfo& resource, const ListOptions& options) override;
  absl::StatusOr<std::unique_ptr<ByteStream>> Connect(const kubelite::v1::StreamOpen& open) override;

  void SetFault(std::function<absl::Status(const Call&)> fault) override {
    base::MutexLock lock(&mutex_);
    fault_ = std::move(fault);
  }
  void CutWatches() override { storage_->CutWatches(absl::UnavailableError("connection lost")); }
  void CompactHistory() override { storage_->CompactHistory(); }
  absl::StatusOr<std::shared_ptr<Client>> At(int64_t revision) override {
    ASSIGN_OR_RETURN(std::shared_ptr<FakeStorage> past, storage_->At(revision));
    return std::make_shared<FakeClientImpl>(executor_, random_, std::move(past));
  }
  void SetConnect(ConnectHandler connect) override {
    base::MutexLock lock(&mutex_);
    connect_ = std::move(connect);
  }
  std::vector<Call> calls() const override {
    base::MutexLock lock(&mutex_);
    return calls_;
  }
  ObjectPtr Seed(const Object& object) override;

 private:
  // Notes the call and applies the injected fault.
  absl::Status Enter(Call call);
  absl::Time Now() const { return executor_->clock().Now(); }
  absl::StatusOr<ObjectPtr> DoCreate(const ResourceInfo& resource, const Object& object, const WriteOptions& options);
  absl::StatusOr<ObjectPtr> DoUpdate(const ResourceInfo& resource, const Object& object, const std::string& subresource,
                                     const WriteOptions& options);
  absl::StatusOr<ObjectPtr> DoDelete(const ResourceInfo& resource, const ObjectKey& key, const DeleteOptions& options);
  absl::StatusOr<Outcome> Updated(const ResourceInfo& resource, const ObjectPtr& current,
                                  const std::string& subresource, std::shared_ptr<Object> updated,
                                  const WriteOptions& options) const;

  base::Executor* const executor_;
  base::Random* const random_;
  const std::shared_ptr<FakeStorage> storage_;

  mutable base::Mutex mutex_;
  std::function<absl::Status(const Call&)> fault_ ABSL_GUARDED_BY(mutex_);
  ConnectHandler connect_ ABSL_GUARDED_BY(mutex_);
  std::vector<Call> calls_ ABSL_GUARDED_BY(mutex_);
};

absl::Status FakeClientImpl::Enter(Call call) {
  std::function<absl::Status(const Call&)> fault;
  {
    base::MutexLock lock(&mutex_);
    calls_.push_back(call);
    fault = fault_;
  }
  return fault ? fault(call) : absl::OkStatus();
}

absl::StatusOr<ListResult> FakeClientImpl::List(const ResourceInfo& resource, const ListOptions& options) {
  RETURN_IF_ERROR(Enter({"list", resource.plural, "", {options.name_space, ""}}));
  ASSIGN_OR_RETURN(const FakeSelection selection,
                   FakeSelection::Parse(resource, options.name_space, options.label_selector, options.field_selector));
  ListResult result;
  int64_t revision = 0;
  result.items = storage_->List(resource, selection, &revision);
  result.resource_version = absl::StrCat(revision);
  if (!options.continue_token.empty()) {
    std::string after;
    if (!absl::WebSafeBase64Unescape(options.continue_token, &after))
      return api::BadRequest("continue key is not valid");
    const ObjectKey last = ObjectKey::Parse(after);
    std::erase_if(result.items, [&last](const ObjectPtr& item) { return api::KeyOf(*item) <= last; });
  }
  if (options.limit > 0 && result.items.size() > static_cast<size_t>(options.limit)) {
    result.remaining_item_count = static_cast<int64_t>(result.items.size()) - options.limit;
    result.items.resize(options.limit);
    result.continue_token = absl::WebSafeBase64Escape(api::KeyOf(*result.items.back()).ToString());
  }
  return result;
}

absl::StatusOr<std::unique_ptr<WatchStream>> FakeClientImpl::Watch(const ResourceInfo& resource,
                                                                   const WatchOptions& options,
                                                                   std::function<void()> on_ready) {
  RETURN_IF_ERROR(Enter({"watch", resource.plural, "", {options.name_space, ""}}));
  ASSIGN_OR_RETURN(FakeSelection selection,
                   FakeSelection::Parse(resource, options.name_space, options.label_selector, options.field_selector));
  return storage_->Watch(resource, std::move(selection), options, std::move(on_ready));
}

absl::StatusOr<ObjectPtr> FakeClientImpl::DoCreate(const ResourceInfo& resource, const Object& object,
                                                   const WriteOptions& options) {
  return storage_->Write(resource, api::KeyOf(object), [&](const ObjectPtr& current) -> absl::StatusOr<Outcome> {
    if (current != nullptr) return api::AlreadyExists(resource, api::Meta(object).name());
    std::shared_ptr<Object> created = api::Clone(object);
    RETURN_IF_ERROR(PrepareCreate(resource, created.get(), Now(), random_));
    return Outcome{.object = std::move(created), .dry_run = options.dry_run};
  });
}

absl::StatusOr<ObjectPtr> FakeClientImpl::Create(const ResourceInfo& resource, const Object& object,
                                                 const WriteOptions& options) {
  RETURN_IF_ERROR(Enter({"create", resource.plural, "", api::KeyOf(object)}));
  return DoCreate(resource, object, options);
}

absl::StatusOr<ObjectPtr> FakeClientImpl::CreateSubresource(const ResourceInfo& resource, const ObjectKey& key,
                                                            const std::string& subresource, const Object& object) {
  RETURN_IF_ERROR(Enter({"create", resource.plural, subresource, key}));
  if (subresource == "eviction") {
    RETURN_IF_ERROR(DoDelete(resource, key, {}).status());
    return ObjectPtr(api::Clone(object));
  }
  if (subresource != "binding" || object.GetDescriptor() != k8s::core::v1::Binding::descriptor()) {
    return api::MethodNotSupported(resource, "create");
  }
  const auto& binding = static_cast<const k8s::core::v1::Binding&>(object);
  const absl::StatusOr<ObjectPtr> bound =
      storage_->Write(resource, key, [&](const ObjectPtr& current) -> absl::StatusOr<Outcome> {
        if (current == nullptr) return api::NotFound(resource, key.name);
        std::shared_ptr<Object> pod = api::Clone(*current);
        RETURN_IF_ERROR(Bind(resource, binding.target().name(), Now(), pod.get()));
        return Outcome{.object = std::move(pod)};
      });
  RETURN_IF_ERROR(bound.status());
  return ObjectPtr(api::Clone(object));
}

absl::StatusOr<Outcome> FakeClientImpl::Updated(const ResourceInfo& resource, const ObjectPtr& current,
                                                const std::string& subresource, std::shared_ptr<Object> updated,
                                                const WriteOptions& options) const {
  RETURN_IF_ERROR(PrepareUpdate(resource, *current, subresource, updated.get()));
  const bool gone = MayGo(*updated);
  return Outcome{.object = std::move(updated), .gone = gone, .dry_run = options.dry_run};
}

absl::StatusOr<ObjectPtr> FakeClientImpl::DoUpdate(const ResourceInfo& resource, const Object& object,
                                                   const std::string& subresource, const WriteOptions& options) {
  const ObjectKey key = api::KeyOf(object);
  return storage_->Write(resource, key, [&](const ObjectPtr& current) -> absl::StatusOr<Outcome> {
    std::shared_ptr<Object> updated = api::Clone(object);
    if (current != nullptr) return Updated(resource, current, subresource, std::move(updated), options);
    if (!resource.create_on_put || !subresource.empty() || !api::Meta(object).resourceversion().empty()) {
      return api::NotFound(resource, key.name);
    }
    RETURN_IF_ERROR(PrepareCreate(resource, updated.get(), Now(), random_));
    return Outcome{.object = std::move(updated), .dry_run = options.dry_run};
  });
}

absl::StatusOr<ObjectPtr> FakeClientImpl::Patch(const ResourceInfo& resource, const ObjectKey& key, PatchType type,
                                                const std::string& patch, const std::string& subresource,
                                                const WriteOptions& options) {
  RETURN_IF_ERROR(Enter({"patch", resource.plural, subresource, key}));
  if (type != PatchType::kMerge) return api::BadRequest("the fake client applies merge patches only");
  return storage_->Write(resource, key, [&](const ObjectPtr& current) -> absl::StatusOr<Outcome> {
    if (current == nullptr) return api::NotFound(resource, key.name);
    const absl::StatusOr<std::string> merged = api::ApplyMergePatch(api::EncodeJson(*current), patch);
    if (!merged.ok()) return api::BadRequest(merged.status().message());
    const absl::StatusOr<std::unique_ptr<Object>> decoded = api::DecodeJson(*merged);
    if (!decoded.ok()) return api::BadRequest(decoded.status().message());
    return Updated(resource, current, subresource, api::Clone(**decoded), options);
  });
}

absl::StatusOr<ObjectPtr> FakeClientImpl::DoDelete(const ResourceInfo& resource, const ObjectKey& key,
                                                   const DeleteOptions& options) {
  return storage_->Write(resource, key, [&](const ObjectPtr& current) -> absl::StatusOr<Outcome> {
    if (current == nullptr) return api::NotFound(resource, key.name);
    std::shared_ptr<Object> object = api::Clone(*current);
    ASSIGN_OR_RETURN(const bool gone, PrepareDelete(resource, object.get(), options, Now()));
    return Outcome{.object = std::move(object), .gone = gone, .dry_run = options.dry_run};
  });
}

absl::Status FakeClientImpl::DeleteCollection(const ResourceInfo& resource, const ListOptions& selection,
                                              const DeleteOptions& options) {
  RETURN_IF_ERROR(Enter({"deletecollection", resource.plural, "", {selection.name_space, ""}}));
  ASSIGN_OR_RETURN(
      const FakeSelection selected,
      FakeSelection::Parse(resource, selection.name_space, selection.label_selector, selection.field_selector));
  int64_t revision = 0;
  for (const ObjectPtr& object : storage_->List(resource, selected, &revision)) {
    const absl::Status deleted = DoDelete(resource, api::KeyOf(*object), options).status();
    if (!deleted.ok() && !api::IsNotFound(deleted)) return deleted;
  }
  return absl::OkStatus();
}

absl::StatusOr<ObjectPtr> FakeClientImpl::CreateJson(const ResourceInfo& resource, const std::string& name_space,
                                                     const std::string& json, const WriteOptions& options) {
  const absl::StatusOr<std::unique_ptr<Object>> object = api::DecodeJson(json);
  if (!object.ok()) return api::BadRequest(object.status().message());
  k8s::meta::v1::ObjectMeta* meta = api::MutableMeta(object->get());
  if (resource.namespaced && meta->namespace_().empty()) meta->set_namespace_(name_space);
  return Create(resource, **object, options);
}

absl::StatusOr<ObjectPtr> FakeClientImpl::UpdateJson(const ResourceInfo& resource, const ObjectKey& key,
                                                     const std::string& json, const std::string& subresource,
                                                     const WriteOptions& options) {
  const absl::StatusOr<std::unique_ptr<Object>> object = api::DecodeJson(json);
  if (!object.ok()) return api::BadRequest(object.status().message());
  k8s::meta::v1::ObjectMeta* meta = api::MutableMeta(object->get());
  if (resource.namespaced && meta->namespace_().empty()) meta->set_namespace_(key.name_space);
  if (api::KeyOf(**object) != key) {
    return api::BadRequest(absl::StrCat("the name of the object (", api::KeyOf(**object).ToString(),
                                        ") does not match the name on the URL (", key.ToString(), ")"));
  }
  return Update(resource, **object, subresource, options);
}

absl::StatusOr<kubelite::v1::Table> FakeClientImpl::GetTable(const ResourceInfo& resource, const ObjectKey& key) {
  ASSIGN_OR_RETURN(const ObjectPtr object, Get(resource, key, ""));
  kubelite::v1::Table table;
  FakeTableColumns(&table);
  FakeTableRow(*object, &table);
  return table;
}

absl::StatusOr<Client::TableList> FakeClientImpl::ListTable(const ResourceInfo& resource, const ListOptions& options) {
  ASSIGN_OR_RETURN(const ListResult list, List(resource, options));
  TableList result;
  result.table = std::make_unique<kubelite::v1::Table>();
  result.resource_version = list.resource_version;
  FakeTableColumns(result.table.get());
  for (const ObjectPtr& item : list.items) FakeTableRow(*item, result.table.get());
  return result;
}

absl::StatusOr<std::unique_ptr<ByteStream>> FakeClientImpl::Connect(const kubelite::v1::StreamOpen& open) {
  RETURN_IF_ERROR(Enter({"connect", "pods", "", {}}));
  ConnectHandler connect;
  {
    base::MutexLock lock(&mutex_);
    connect = connect_;
  }
  if (!connect) return api::ServiceUnavailable("the fake client connects to nothing");
  return connect(open);
}

ObjectPtr FakeClientImpl::Seed(const Object& object) {
  const ResourceInfo* resource = api::Scheme::Builtin().FindDescriptor(object.GetDescriptor());
  CHECK(resource != nullptr);
  const absl::StatusOr<ObjectPtr> seeded =
      storage_->Write(*resource, api::KeyOf(object), [&](const ObjectPtr&) -> absl::StatusOr<Outcome> {
        std::shared_ptr<Object> copy = api::Clone(object);
        k8s::meta::v1::ObjectMeta* meta = api::MutableMeta(copy.get());
        if (meta->uid().empty()) meta->set_uid(random_->Uuid());
        const int64_t revision = api::ResourceVersion(object);
        return Outcome{.object = std::move(copy), .min_revision = revision};
      });
  CHECK_OK(seeded.status());
  return *seeded;
}

}  // namespace

std::unique_ptr<FakeClient> FakeClient::New(base::Executor* executor, base::Random* random) {
  return std::make_unique<FakeClientImpl>(executor, random, std::make_shared<FakeStorage>(executor));
}

}  // namespace kubelite::client
