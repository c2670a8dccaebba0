#include "controllers/namespace/controller.h"

#include "controllers/namespace/reconciler.h"

namespace kubelite::controllers {
namespace {

// The last pod's end lets the deletion go on at once.
control::WatchSource WatchPodEnds() {
  control::WatchSource source;
  source.resource = &api::ResourceOf<k8s::core::v1::Pod>();
  source.keys = [](const api::ObjectPtr& old_pod, const api::ObjectPtr& new_pod) -> std::vector<api::ObjectKey> {
    if (new_pod != nullptr) return {};
    return {{"", api::Meta(*old_pod).namespace_()}};
  };
  return source;
}

}  // namespace

control::ControllerDef NamespaceController(int workers) {
  control::ControllerDef def;
  def.name = "namespace-controller";
  def.workers = workers;
  def.watches = {control::WatchSelf(api::ResourceOf<k8s::core::v1::Namespace>()), WatchPodEnds()};
  def.make = NewNamespaceReconciler;
  return def;
}

}  // namespace kubelite::controllers
