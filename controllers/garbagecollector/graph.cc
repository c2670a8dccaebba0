#include "controllers/garbagecollector/graph.h"

namespace kubelite::controllers {

std::vector<std::string> OwnerGraph::Put(const api::ResourceInfo& resource, const api::Object& object) {
  const auto& meta = api::Meta(object);
  GraphNode node{&resource, api::KeyOf(object), meta.uid(), {}, {}};
  for (const auto& reference : meta.ownerreferences()) {
    node.owners.insert(reference.uid());
    if (reference.blockownerdeletion()) node.blocked_owners.insert(reference.uid());
  }
  const bool is_relevant = !node.owners.empty() || (meta.has_deletiontimestamp() && !meta.finalizers().empty());
  std::vector<std::string> freed;
  base::MutexLock lock(&mutex_);
  auto present = nodes_.find(node.uid);
  if (present != nodes_.end()) {
    for (const std::string& owner : present->second.blocked_owners) {
      if (node.blocked_owners.count(owner) == 0) freed.push_back(owner);
    }
    Unlink(present->second);
    nodes_.erase(present);
  }
  if (!is_relevant) return freed;
  for (const std::string& owner : node.owners) dependents_[owner].insert(node.uid);
  const std::string uid = node.uid;
  nodes_.emplace(uid, std::move(node));
  return freed;
}

std::vector<std::string> OwnerGraph::Remove(const std::string& uid) {
  base::MutexLock lock(&mutex_);
  auto present = nodes_.find(uid);
  if (present == nodes_.end()) return {};
  std::vector<std::string> owners(present->second.owners.begin(), present->second.owners.end());
  Unlink(present->second);
  nodes_.erase(present);
  return owners;
}

void OwnerGraph::Unlink(const GraphNode& node) {
  for (const std::string& owner : node.owners) {
    auto found = dependents_.find(owner);
    if (found == dependents_.end()) continue;
    found->second.erase(node.uid);
    if (found->second.empty()) dependents_.erase(found);
  }
}

std::optional<GraphNode> OwnerGraph::Find(const std::string& uid) const {
  base::MutexLock lock(&mutex_);
  auto found = nodes_.find(uid);
  if (found == nodes_.end()) return std::nullopt;
  return found->second;
}

std::vector<GraphNode> OwnerGraph::Dependents(const std::string& owner_uid) const {
  std::vector<GraphNode> nodes;
  base::MutexLock lock(&mutex_);
  auto found = dependents_.find(owner_uid);
  if (found == dependents_.end()) return nodes;
  for (const std::string& uid : found->second) nodes.push_back(nodes_.at(uid));
  return nodes;
}

size_t OwnerGraph::size() const {
  base::MutexLock lock(&mutex_);
  return nodes_.size();
}

}  // namespace kubelite::controllers
