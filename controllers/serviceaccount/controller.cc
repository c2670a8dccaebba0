#include "controllers/serviceaccount/controller.h"

#include "common/api/errors.h"

namespace kubelite::controllers {
namespace {

using api::ObjectKey;
using api::ObjectPtr;
using k8s::core::v1::Namespace;
using k8s::core::v1::ServiceAccount;

constexpr char kDefault[] = "default";

class ServiceAccountReconciler : public control::Reconciler {
 public:
  explicit ServiceAccountReconciler(const control::Deps& deps)
      : deps_(deps), namespaces_(deps.informers->For<Namespace>()), accounts_(deps.informers->For<ServiceAccount>()) {}

  // The rule is trivial, so it is written here instead of in a plan. `key` is a namespace.
  absl::StatusOr<control::Result> Reconcile(const ObjectKey& key) override {
    const ObjectPtr name_space = namespaces_->Get(key);
    if (name_space == nullptr || api::IsBeingDeleted(*name_space)) return control::Result{};
    if (accounts_->Get({key.name, kDefault}) != nullptr) return control::Result{};
    ServiceAccount account;
    account.mutable_metadata()->set_namespace_(key.name);
    account.mutable_metadata()->set_name(kDefault);
    const absl::Status created = client::Create(*deps_.client, account).status();
    const bool fine = created.ok() || api::IsAlreadyExists(created) || api::IsNotFound(created) ||
                      api::IsNamespaceTerminating(created);
    if (!fine) return created;
    return control::Result{};
  }

 private:
  const control::Deps deps_;
  client::Informer* const namespaces_;
  client::Informer* const accounts_;
};

control::WatchSource WatchDeletedDefaults() {
  control::WatchSource source;
  source.resource = &api::ResourceOf<ServiceAccount>();
  source.keys = [](const ObjectPtr& old_account, const ObjectPtr& new_account) -> std::vector<ObjectKey> {
    if (new_account != nullptr || api::Meta(*old_account).name() != kDefault) return {};
    return {{"", api::Meta(*old_account).namespace_()}};
  };
  return source;
}

}  // namespace

control::ControllerDef ServiceAccountController(int workers) {
  control::ControllerDef def;
  def.name = "serviceaccount-controller";
  def.workers = workers;
  def.watches = {control::WatchSelf(api::ResourceOf<Namespace>()), WatchDeletedDefaults()};
  def.make = [](const control::Deps& deps) { return std::make_unique<ServiceAccountReconciler>(deps); };
  return def;
}

}  // namespace kubelite::controllers
