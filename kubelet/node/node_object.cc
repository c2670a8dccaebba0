#include "kubelet/node/node_object.h"

#include "absl/strings/str_cat.h"
#include "common/api/time.h"

namespace kubelite::kubelet {

using k8s::coordination::v1::Lease;
using k8s::core::v1::Node;
using k8s::core::v1::NodeCondition;
using k8s::core::v1::NodeStatus;

namespace {

constexpr char kVersion[] = "v1.36.0-kube-lite.0.1.0";
constexpr int kLeaseSeconds = 40;
constexpr int kMaxImages = 50;

struct Fact {
  const char* type;
  bool holds;
  const char* reason;
  const char* message;
};

// The kubelet's conditions, in upstream's order.
constexpr Fact kFacts[] = {
    {"MemoryPressure", false, "KubeletHasSufficientMemory", "kubelet has sufficient memory available"},
    {"DiskPressure", false, "KubeletHasNoDiskPressure", "kubelet has no disk pressure"},
    {"PIDPressure", false, "KubeletHasSufficientPID", "kubelet has sufficient PID available"},
    {"Ready", true, "KubeletReady", "kubelet is posting ready status"},
};

void AddCondition(const Fact& fact, const NodeStatus& before, absl::Time now, NodeStatus* status) {
  NodeCondition* condition = status->add_conditions();
  condition->set_type(fact.type);
  condition->set_status(fact.holds ? "True" : "False");
  condition->set_reason(fact.reason);
  condition->set_message(fact.message);
  api::ToProto(now, condition->mutable_lastheartbeattime());
  api::ToProto(now, condition->mutable_lasttransitiontime());
  for (const NodeCondition& old : before.conditions()) {
    if (old.type() == fact.type && old.status() == condition->status() && old.has_lasttransitiontime()) {
      *condition->mutable_lasttransitiontime() = old.lasttransitiontime();
    }
  }
}

void AddAddress(const char* type, const std::string& address, NodeStatus* status) {
  auto* entry = status->add_addresses();
  entry->set_type(type);
  entry->set_address(address);
}

std::map<std::string, std::string> Labels(const NodeSettings& settings) {
  std::map<std::string, std::string> labels = settings.labels;
  labels["kubernetes.io/hostname"] = settings.name;
  labels["kubernetes.io/os"] = "linux";
  labels["kubernetes.io/arch"] = settings.machine.architecture;
  return labels;
}

}  // namespace

std::map<std::string, std::string> NodeCapacity(const NodeSettings& settings) {
  return {{"cpu", absl::StrCat(settings.machine.cpus)},
          {"memory", absl::StrCat(settings.machine.memory_bytes / 1024, "Ki")},
          {"pods", absl::StrCat(settings.max_pods)}};
}

bool UpdateNodeMetadata(const NodeSettings& settings, Node* node) {
  bool changed = false;
  const auto set = [&changed](auto* map, const std::string& key, const std::string& value) {
    if (const auto found = map->find(key); found != map->end() && found->second == value) return;
    (*map)[key] = value;
    changed = true;
  };
  for (const auto& [key, value] : Labels(settings)) set(node->mutable_metadata()->mutable_labels(), key, value);
  set(node->mutable_metadata()->mutable_annotations(), "volumes.kubernetes.io/controller-managed-attach-detach",
      "true");
  return changed;
}

void FillNodeStatus(const NodeSettings& settings, const std::vector<Image>& images, absl::Time now,
                    NodeStatus* status) {
  const NodeStatus before = *status;
  for (const auto& [resource, amount] : NodeCapacity(settings)) {
    (*status->mutable_capacity())[resource].set_string(amount);
    (*status->mutable_allocatable())[resource].set_string(amount);
  }
  status->clear_addresses();
  AddAddress("InternalIP", settings.ip, status);
  AddAddress("Hostname", settings.name, status);
  auto* info = status->mutable_nodeinfo();
  info->set_machineid(settings.machine.machine_id);
  info->set_systemuuid(settings.machine.system_uuid);
  info->set_bootid(settings.machine.boot_id);
  info->set_kernelversion(settings.machine.kernel_version);
  info->set_osimage(settings.machine.os_image);
  info->set_containerruntimeversion(absl::StrCat(settings.runtime.name, "://", settings.runtime.version));
  info->set_kubeletversion(kVersion);
  info->set_operatingsystem("linux");
  info->set_architecture(settings.machine.architecture);
  status->clear_images();
  for (int i = 0; i < std::min<int>(kMaxImages, images.size()); ++i) {
    auto* image = status->add_images();
    image->add_names(images[i].reference);
    image->set_sizebytes(images[i].size);
  }
  status->clear_conditions();
  for (const Fact& fact : kFacts) AddCondition(fact, before, now, status);
  // Conditions of others stay.
  for (const NodeCondition& old : before.conditions()) {
    bool ours = false;
    for (const NodeCondition& condition : status->conditions()) ours = ours || condition.type() == old.type();
    if (!ours) *status->add_conditions() = old;
  }
}

Node MakeNode(const NodeSettings& settings, absl::Time now) {
  Node node;
  node.mutable_metadata()->set_name(settings.name);
  UpdateNodeMetadata(settings, &node);
  for (const auto& taint : settings.taints) *node.mutable_spec()->add_taints() = taint;
  FillNodeStatus(settings, {}, now, node.mutable_status());
  return node;
}

bool SameNodeStatus(const NodeStatus& a, const NodeStatus& b) {
  NodeStatus x = a;
  NodeStatus y = b;
  for (NodeStatus* status : {&x, &y}) {
    for (NodeCondition& condition : *status->mutable_conditions()) condition.clear_lastheartbeattime();
  }
  // Maps make the serialized forms incomparable.
  if (x.capacity_size() != y.capacity_size()) return false;
  for (const auto& [resource, amount] : x.capacity()) {
    const auto other = y.capacity().find(resource);
    if (other == y.capacity().end() || other->second.string() != amount.string()) return false;
  }
  for (NodeStatus* status : {&x, &y}) {
    status->clear_capacity();
    status->clear_allocatable();
  }
  return x.SerializePartialAsString() == y.SerializePartialAsString();
}

Lease MakeLease(const std::string& node, const std::string& node_uid, absl::Time now) {
  Lease lease;
  lease.mutable_metadata()->set_name(node);
  lease.mutable_metadata()->set_namespace_("kube-node-lease");
  if (!node_uid.empty()) {
    auto* owner = lease.mutable_metadata()->add_ownerreferences();
    owner->set_apiversion("v1");
    owner->set_kind("Node");
    owner->set_name(node);
    owner->set_uid(node_uid);
  }
  lease.mutable_spec()->set_holderidentity(node);
  lease.mutable_spec()->set_leasedurationseconds(kLeaseSeconds);
  api::ToProto(now, lease.mutable_spec()->mutable_renewtime());
  return lease;
}

}  // namespace kubelite::kubelet
