#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"

namespace kubelite::cli {

struct UpOptions {
  std::string name = "kube-lite";
  std::string data_directory;  // empty: DefaultDataDirectory(name)
  // One control-plane node and nodes-1 workers. Unset: as recorded, else 1.
  std::optional<int> nodes;
  // REST; gRPC listens on port + 1. 0: any two free ports. Unset: as recorded, else 6443.
  std::optional<int> port;
  bool ephemeral = false;        // the store lives in memory
  std::string binary_directory;  // empty: OwnDirectory()
  std::string from_snapshot;     // directory of the snapshot that a new cluster begins as; empty: with nothing
  absl::Duration timeout = absl::Seconds(60);
  absl::Status Validate() const;
};

// The directory of this program: the daemons are beside it.
std::string OwnDirectory();

// What happened, one line at a time, for a person to read.
using Progress = std::function<void(const std::string& line)>;

// Starts a local cluster and waits until all its nodes are Ready. Run on a running cluster it changes
// nothing; run on one that lost kubelets, or with more nodes, it starts what is missing. When a
// component cannot start, everything that was started is stopped again and the error says why (from that component's
// own log).
absl::Status Up(const UpOptions& options, const base::Clock& clock, const Progress& progress);

// Stops every process of the cluster in `data_directory`: workloads, kubelets, control plane. The data stays unless the
// cluster is ephemeral or `delete_data`. NotFound when there is no cluster.
absl::Status Down(const std::string& data_directory, bool delete_data, const Progress& progress);

struct NodeProcess {
  std::string node;
  int kubelet_pid = 0;  // 0: not running
};
struct ClusterStatus {
  std::string name;
  std::string data_directory;
  std::string grpc_address;
  std::vector<NodeProcess> nodes;
  bool api_server_answers = false;
  bool running() const;
};
absl::StatusOr<ClusterStatus> GetClusterStatus(const std::string& data_directory);

}  // namespace kubelite::cli
