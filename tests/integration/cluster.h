#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "common/client/client.h"

namespace kubelite::testing {

enum class Component { kApiServer, kScheduler, kControllers, kKubelet };

// A whole cluster under test. The same test bodies run on a simulated one (every component in this process, virtual
// time, deterministic by seed) and on a real one (daemons started by kubectl-lite, real processes as containers).
class Cluster {
 public:
  virtual ~Cluster() = default;

  // As an administrator.
  virtual client::Client& client() = 0;
  // Lets the cluster run until `condition` holds. The condition is asked after every step of a simulation, and after
  // every change of an object of a real cluster. False when `limit` (virtual or real time) has passed.
  virtual bool WaitUntil(const std::function<bool()>& condition, absl::Duration limit) = 0;
  // A container's process dies by itself.
  virtual void KillContainers(const std::string& pod) = 0;
  // kill -9 of the component. Its supervisor brings it back; a kubelet is started again at once.
  virtual void Kill(Component component) = 0;
};

struct ClusterConfig {
  int nodes = 1;
  uint64_t seed = 1;
};

// Names the two kinds in test names.
struct ClusterKind {
  std::string name;
  std::function<std::unique_ptr<Cluster>(const ClusterConfig& config)> make;
};

// In virtual time a node may be away for minutes.
class SimulatedCluster : public Cluster {
 public:
  // The node's kubelet ends; what runs on the node goes on. Nodes are called node-0, node-1, ...
  virtual void StopKubelet(const std::string& node) = 0;
  virtual void StartKubelet(const std::string& node) = 0;
};

std::unique_ptr<SimulatedCluster> NewSimulatedCluster(const ClusterConfig& config);
// The binaries are those of this build.
std::unique_ptr<Cluster> NewRealCluster(const ClusterConfig& config);

}  // namespace kubelite::testing
