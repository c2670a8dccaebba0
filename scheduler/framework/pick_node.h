#pragma once

#include <map>
#include <set>
#include <string>

#include "common/base/random.h"
#include "scheduler/framework/plugin.h"

namespace kubelite::scheduler {

// The outcome of one cycle for one pod.
struct Decision {
  std::string node;  // empty: rejected
  int nodes_total = 0;
  std::map<std::string, int> reasons;  // rejection reason to number of nodes
  std::set<std::string> rejecting_plugins;
  // "0/3 nodes are available: 1 Insufficient memory, 2 node(s) had untolerated taint(s)."
  std::string Message() const;
};

// Filters, scores and picks; pure but for `random`, which breaks ties among the best. A node that one plugin rejects is
// not shown to the plugins after it.
Decision PickNode(const k8s::core::v1::Pod& pod, const Snapshot& snapshot, const PluginList& plugins,
                  base::Random* random);

}  // namespace kubelite::scheduler
