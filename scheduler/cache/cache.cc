#include "scheduler/cache/cache.h"

#include "k8s/core/v1.pb.h"

namespace kubelite::scheduler {

void Cache::SetNode(const NodePtr& node) {
  nodes_[node->metadata().name()] = node;
  changed_.insert(node->metadata().name());
}

void Cache::RemoveNode(const std::string& name) {
  nodes_.erase(name);
  changed_.insert(name);
}

void Cache::SetNamespace(const NamespacePtr& name_space) {
  snapshot_.namespaces[name_space->metadata().name()] = name_space;
}

void Cache::RemoveNamespace(const std::string& name) { snapshot_.namespaces.erase(name); }

void Cache::Place(const std::string& uid, Placed placed) {
  RemovePod(uid);
  pods_on_node_[placed.node].insert(uid);
  changed_.insert(placed.node);
  pods_[uid] = std::move(placed);
}

void Cache::SetPod(const PodPtr& pod) { Place(pod->metadata().uid(), {pod, pod->spec().nodename(), false}); }

void Cache::RemovePod(const std::string& uid) {
  const auto found = pods_.find(uid);
  if (found == pods_.end()) return;
  const std::string& node = found->second.node;
  changed_.insert(node);
  const auto on_node = pods_on_node_.find(node);
  on_node->second.erase(uid);
  if (on_node->second.empty()) pods_on_node_.erase(on_node);
  pods_.erase(found);
}

void Cache::Assume(const PodPtr& pod, const std::string& node) { Place(pod->metadata().uid(), {pod, node, true}); }

void Cache::Forget(const std::string& uid) {
  if (IsAssumed(uid)) RemovePod(uid);
}

bool Cache::IsAssumed(const std::string& uid) const {
  const auto found = pods_.find(uid);
  return found != pods_.end() && found->second.assumed;
}

const Snapshot& Cache::TakeSnapshot() {
  if (changed_.empty()) return snapshot_;
  for (const std::string& name : changed_) {
    const auto node = nodes_.find(name);
    if (node == nodes_.end()) {
      infos_.erase(name);
      continue;
    }
    auto info = std::make_shared<NodeInfo>(node->second);
    if (const auto pods = pods_on_node_.find(name); pods != pods_on_node_.end()) {
      for (const std::string& uid : pods->second) info->AddPod(pods_.at(uid).pod);
    }
    infos_[name] = std::move(info);
  }
  changed_.clear();
  snapshot_.nodes.clear();
  for (const auto& [name, info] : infos_) snapshot_.nodes.push_back(info);
  return snapshot_;
}

}  // namespace kubelite::scheduler
