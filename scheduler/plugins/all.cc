#include "scheduler/plugins/all.h"

#include <set>

#include "common/base/check.h"

namespace kubelite::scheduler {

PluginList AllPlugins() {
  PluginList plugins;
  plugins.push_back(NewSchedulingGates());
  plugins.push_back(NewNodeUnschedulable());
  plugins.push_back(NewNodeName());
  plugins.push_back(NewTaintToleration());
  plugins.push_back(NewNodeAffinity());
  plugins.push_back(NewNodePorts());
  plugins.push_back(NewNodeResourcesFit());
  plugins.push_back(NewPodTopologySpread());
  plugins.push_back(NewInterPodAffinity());
  plugins.push_back(NewNodeResourcesBalancedAllocation());
  std::set<std::string> names;
  for (const auto& plugin : plugins) CHECK(names.insert(plugin->name()).second);
  return plugins;
}

}  // namespace kubelite::scheduler
