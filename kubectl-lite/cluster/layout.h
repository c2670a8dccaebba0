#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace kubelite::cli {

// Where a local cluster keeps its files: everything is below one data directory.
//   cluster.json                     name, ports, nodes: what `up` decided
//   kubeconfig                       the administrator's
//   pki/                             ca.crt ca.key and one pair per component
//   store/                           the API server's database
//   snapshots/<name>/                saved copies of it
//   nodes/<node>/kubeconfig          the kubelet's identity
//   nodes/<node>/manifests/          static pods (control-plane node only)
//   nodes/<node>/images/             image manifests
//   nodes/<node>/root/               the kubelet's --root-dir: pods, logs
//   nodes/<node>/kubelet.{pid,log}
class Layout {
 public:
  explicit Layout(std::string directory) : directory_(std::move(directory)) {}

  const std::string& directory() const { return directory_; }
  std::string ClusterFile() const { return directory_ + "/cluster.json"; }
  std::string Kubeconfig() const { return directory_ + "/kubeconfig"; }
  std::string PkiBase(const std::string& name) const { return directory_ + "/pki/" + name; }
  std::string ComponentKubeconfig(const std::string& component) const {
    return directory_ + "/pki/" + component + ".kubeconfig";
  }
  std::string Store() const { return directory_ + "/store"; }
  std::string Snapshots() const { return directory_ + "/snapshots"; }
  // Held while a command changes the cluster.
  std::string UpLock() const { return directory_ + "/up.lock"; }
  std::string Node(const std::string& node) const { return directory_ + "/nodes/" + node; }

 private:
  std::string directory_;
};

// $KUBE_LITE_HOME, else $XDG_DATA_HOME/kube-lite, else ~/.local/share/kube-lite.
std::string HomeDirectory();
// The data directory of a named cluster when --data-dir is not given.
std::string DefaultDataDirectory(const std::string& cluster);

// What `up` decided and `status` and `down` read back.
struct ClusterRecord {
  std::string name;
  int grpc_port = 0;
  bool ephemeral = false;
  std::vector<std::string> nodes;  // the control-plane node first
};
absl::Status WriteClusterRecord(const Layout& layout, const ClusterRecord& record);
// NotFound when there is no cluster in the directory; InvalidArgument naming the file when it is damaged.
absl::StatusOr<ClusterRecord> ReadClusterRecord(const Layout& layout);

// The cluster that commands use when no kubeconfig is named: a link below HomeDirectory(), made by `up`, removed by
// `down`.
absl::Status SetCurrentCluster(const std::string& data_directory);
// Empty when there is none.
std::string CurrentClusterDirectory();
// The default data directories that hold a cluster.
std::vector<std::string> KnownClusterDirectories();
// Removes the link when it points to `data_directory`, and HomeDirectory() when that leaves it empty.
void ClearCurrentCluster(const std::string& data_directory);

}  // namespace kubelite::cli
