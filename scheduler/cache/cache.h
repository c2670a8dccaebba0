#pragma once

#include <map>
#include <set>
#include <string>

#include "scheduler/framework/node_info.h"

namespace kubelite::scheduler {

// Nodes and the pods on them, including those whose binding is under way (assumed); namespaces. Belongs to one strand.
// Snapshots share the infos of nodes that did not change, so taking one costs no more than what changed since the last.
class Cache {
 public:
  void SetNode(const NodePtr& node);
  void RemoveNode(const std::string& name);
  void SetNamespace(const NamespacePtr& name_space);
  void RemoveNamespace(const std::string& name);
  // A pod with spec.nodeName; replaces an earlier or assumed state of the same pod.
  void SetPod(const PodPtr& pod);
  void RemovePod(const std::string& uid);
  // Counts the pod on `node` before its binding is confirmed by SetPod, or taken back by Forget.
  void Assume(const PodPtr& pod, const std::string& node);
  // Takes back an assumption; nothing when the pod was confirmed meanwhile.
  void Forget(const std::string& uid);
  bool IsAssumed(const std::string& uid) const;

  const Snapshot& TakeSnapshot();

 private:
  struct Placed {
    PodPtr pod;
    std::string node;
    bool assumed = false;
  };
  void Place(const std::string& uid, Placed placed);

  std::map<std::string, NodePtr> nodes_;
  std::map<std::string, Placed> pods_;                         // by uid
  std::map<std::string, std::set<std::string>> pods_on_node_;  // node name to uids
  std::map<std::string, NodeInfoPtr> infos_;
  std::set<std::string> changed_;
  Snapshot snapshot_;
};

}  // namespace kubelite::scheduler
