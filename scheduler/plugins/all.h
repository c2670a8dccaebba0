#pragma once

#include "scheduler/framework/plugin.h"

namespace kubelite::scheduler {

// The plugins in the order they filter. One line each in all.cc; a new plugin is a file here and a line there.
PluginList AllPlugins();

std::unique_ptr<const Plugin> NewSchedulingGates();
std::unique_ptr<const Plugin> NewNodeUnschedulable();
std::unique_ptr<const Plugin> NewNodeName();
std::unique_ptr<const Plugin> NewTaintToleration();
std::unique_ptr<const Plugin> NewNodeAffinity();
std::unique_ptr<const Plugin> NewNodePorts();
std::unique_ptr<const Plugin> NewNodeResourcesFit();
std::unique_ptr<const Plugin> NewNodeResourcesBalancedAllocation();
std::unique_ptr<const Plugin> NewPodTopologySpread();
std::unique_ptr<const Plugin> NewInterPodAffinity();

}  // namespace kubelite::scheduler
