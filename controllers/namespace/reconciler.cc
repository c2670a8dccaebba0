#include "controllers/namespace/reconciler.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "common/api/errors.h"
#include "common/api/time.h"
#include "common/base/status_macros.h"
#include "controllers/namespace/plan.h"

namespace kubelite::controllers {
namespace {

using api::ObjectKey;
using api::ObjectPtr;
using api::ResourceInfo;
using k8s::core::v1::Namespace;
using k8s::core::v1::Pod;

constexpr char kFinalizer[] = "kubernetes";

// Every namespaced resource whose objects can be deleted, once per group (the versions share their objects).
std::vector<const ResourceInfo*> DeletableResources() {
  std::vector<const ResourceInfo*> resources;
  std::set<std::string> seen;
  for (const ResourceInfo* resource : api::Scheme::Builtin().resources()) {
    if (!resource->namespaced || !resource->HasVerb("list") || !resource->HasVerb("delete")) continue;
    if (resource->plural == "pods" && resource->gvk.group.empty()) continue;  // these go first
    if (seen.insert(resource->GroupResource()).second) resources.push_back(resource);
  }
  return resources;
}

// The server does not serve this resource: it has no content.
bool IsNotServed(const absl::Status& status) { return api::IsNotFound(status) || absl::IsUnimplemented(status); }

absl::Duration GraceLeft(const api::Object& object, absl::Time now) {
  const auto& meta = api::Meta(object);
  if (!meta.has_deletiontimestamp()) return absl::ZeroDuration();
  return std::max(absl::ZeroDuration(), api::FromProto(meta.deletiontimestamp()) - now);
}

class NamespaceReconciler : public control::Reconciler {
 public:
  explicit NamespaceReconciler(const control::Deps& deps)
      : deps_(deps), namespaces_(deps.informers->For<Namespace>()), resources_(DeletableResources()) {}

  absl::StatusOr<control::Result> Reconcile(const ObjectKey& key) override {
    const ObjectPtr object = namespaces_->Get(key);
    if (object == nullptr || !api::IsBeingDeleted(*object)) return control::Result{};
    const auto name_space = api::As<Namespace>(object);
    const auto& finalizers = name_space->spec().finalizers();
    if (std::find(finalizers.begin(), finalizers.end(), kFinalizer) == finalizers.end()) return control::Result{};

    NamespaceSnapshot snapshot{*name_space, {}, {}, absl::ZeroDuration(), deps_.clock().Now()};
    Empty(api::ResourceOf<Pod>(), key.name, &snapshot);
    // While pods run, what they use stays.
    if (snapshot.remaining.empty() && snapshot.errors.empty()) {
      for (const ResourceInfo* resource : resources_) Empty(*resource, key.name, &snapshot);
    }
    return Execute(*name_space, PlanNamespace(snapshot));
  }

 private:
  // Deletes all objects of one resource and notes what is left.
  void Empty(const ResourceInfo& resource, const std::string& name_space, NamespaceSnapshot* snapshot) {
    absl::Status status = TryEmpty(resource, name_space, snapshot);
    if (status.ok() || IsNotServed(status)) return;
    snapshot->errors.push_back(absl::StrCat(resource.GroupResource(), ": ", std::string(status.message())));
  }

  absl::Status TryEmpty(const ResourceInfo& resource, const std::string& name_space, NamespaceSnapshot* snapshot) {
    client::ListOptions all;
    all.name_space = name_space;
    ASSIGN_OR_RETURN(client::ListResult list, deps_.client->List(resource, all));
    if (list.items.empty()) return absl::OkStatus();
    RETURN_IF_ERROR(DeleteAll(resource, all, list));
    ASSIGN_OR_RETURN(list, deps_.client->List(resource, all));
    if (list.items.empty()) return absl::OkStatus();
    RemainingContent content;
    content.resource = absl::StrCat(resource.plural, ".", resource.gvk.group);
    content.instances = static_cast<int>(list.items.size());
    for (const ObjectPtr& item : list.items) {
      for (const std::string& finalizer : api::Meta(*item).finalizers()) ++content.finalizers[finalizer];
      snapshot->pod_grace = std::max(snapshot->pod_grace, GraceLeft(*item, snapshot->now));
    }
    snapshot->remaining.push_back(std::move(content));
    return absl::OkStatus();
  }

  absl::Status DeleteAll(const ResourceInfo& resource, const client::ListOptions& all, const client::ListResult& list) {
    client::DeleteOptions options;
    options.propagation_policy = "Background";
    if (resource.HasVerb("deletecollection")) return deps_.client->DeleteCollection(resource, all, options);
    for (const ObjectPtr& item : list.items) {
      absl::Status deleted = deps_.client->Delete(resource, api::KeyOf(*item), options).status();
      if (!deleted.ok() && !api::IsNotFound(deleted)) return deleted;
    }
    return absl::OkStatus();
  }

  absl::StatusOr<control::Result> Execute(const Namespace& name_space, const NamespacePlan& plan) {
    if (plan.finalize) {
      Namespace copy = name_space;
      auto* finalizers = copy.mutable_spec()->mutable_finalizers();
      finalizers->erase(std::remove(finalizers->begin(), finalizers->end(), kFinalizer), finalizers->end());
      absl::Status finalized = client::Update(*deps_.client, copy, "finalize").status();
      if (!finalized.ok() && !api::IsNotFound(finalized)) return finalized;
      return control::Result{};
    }
    if (plan.with_conditions != nullptr) {
      absl::Status written = client::Update(*deps_.client, *plan.with_conditions, "status").status();
      if (!written.ok() && !api::IsNotFound(written)) return written;
    }
    return control::Result{plan.requeue_after};
  }

  const control::Deps deps_;
  client::Informer* const namespaces_;
  const std::vector<const ResourceInfo*> resources_;
};

}  // namespace

std::unique_ptr<control::Reconciler> NewNamespaceReconciler(const control::Deps& deps) {
  return std::make_unique<NamespaceReconciler>(deps);
}

}  // namespace kubelite::controllers
