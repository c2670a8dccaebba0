#include "apiserver/snapshots/adopt.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "apiserver/registry/keys.h"
#include "apiserver/registry/write_note.h"
#include "common/api/stored.h"
#include "common/base/status_macros.h"
#include "k8s/coordination/v1.pb.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::core::v1::Pod;

constexpr char kMirror[] = "kubernetes.io/config.mirror";

absl::Status DeleteAll(store::Transaction& step, const std::string& prefix) {
  ASSIGN_OR_RETURN(const store::ListResult found, step.List(store::KeyRange::Prefix(prefix), 0));
  for (const store::KeyValue& kv : found.items) RETURN_IF_ERROR(step.Delete(kv.key));
  return absl::OkStatus();
}

absl::Status DeleteForeignNodes(store::Transaction& step, const std::set<std::string>& nodes) {
  const std::string prefix = ResourcePrefix(api::ResourceOf<k8s::core::v1::Node>());
  ASSIGN_OR_RETURN(const store::ListResult found, step.List(store::KeyRange::Prefix(prefix), 0));
  for (const store::KeyValue& kv : found.items) {
    if (nodes.count(kv.key.substr(prefix.size())) == 0) RETURN_IF_ERROR(step.Delete(kv.key));
  }
  return absl::OkStatus();
}

bool IsFinished(const Pod& pod) { return pod.status().phase() == "Succeeded" || pod.status().phase() == "Failed"; }

bool BelongsToItsNode(const Pod& pod) {
  const auto* owner = api::ControllerOf(pod);
  return pod.metadata().annotations().contains(kMirror) || (owner != nullptr && owner->kind() == "DaemonSet");
}

// As the scheduler finds a pod that nobody has placed yet.
void Unbind(Pod* pod) {
  const std::string qos = pod->status().qosclass();
  pod->mutable_spec()->clear_nodename();
  pod->mutable_status()->Clear();
  pod->mutable_status()->set_phase("Pending");
  if (!qos.empty()) pod->mutable_status()->set_qosclass(qos);
}

absl::Status FreePods(store::Transaction& step, const std::set<std::string>& nodes) {
  const std::string prefix = ResourcePrefix(api::ResourceOf<Pod>());
  ASSIGN_OR_RETURN(const store::ListResult found, step.List(store::KeyRange::Prefix(prefix), 0));
  for (const store::KeyValue& kv : found.items) {
    ASSIGN_OR_RETURN(const std::unique_ptr<api::Object> object, api::DecodeStored(kv.value));
    if (object->GetDescriptor() != Pod::descriptor()) {
      return absl::DataLossError(absl::StrCat("stored object ", kv.key, " is no pod; take another snapshot"));
    }
    auto* pod = static_cast<Pod*>(object.get());
    const std::string& node = pod->spec().nodename();
    if (node.empty() || nodes.count(node) != 0 || IsFinished(*pod)) continue;
    if (BelongsToItsNode(*pod) || api::IsBeingDeleted(*pod)) {
      RETURN_IF_ERROR(step.Delete(kv.key));
      continue;
    }
    Unbind(pod);
    RETURN_IF_ERROR(step.Put(kv.key, api::EncodeStored(*pod), kv.lease));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status AdoptStore(store::Store& store, const std::vector<std::string>& nodes, absl::Time now) {
  const std::set<std::string> own(nodes.begin(), nodes.end());
  const api::ResourceInfo& leases = api::ResourceOf<k8s::coordination::v1::Lease>();
  Request by;
  by.user.name = "system:snapshot";
  by.verb = "update";
  const auto body = [&](store::Transaction& step) -> absl::Status {
    RETURN_IF_ERROR(DeleteForeignNodes(step, own));
    RETURN_IF_ERROR(DeleteAll(step, CollectionPrefix(leases, "kube-node-lease")));
    RETURN_IF_ERROR(DeleteAll(step, CollectionPrefix(leases, "kube-system")));
    return FreePods(step, own);
  };
  return store.Transact(body, {.time = now, .note = EncodeWriteNote(by)}).status();
}

}  // namespace kubelite::apiserver
