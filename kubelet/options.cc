#include "kubelet/options.h"

#include <arpa/inet.h>

#include "common/api/names.h"
#include "common/api/quantity.h"
#include "common/base/options.h"

namespace kubelite::kubelet {

int64_t Options::ContainerLogMaxSize() const {
  const absl::StatusOr<api::Quantity> size = api::Quantity::Parse(container_log_max_size);
  return size.ok() ? size->Value() : 0;
}

absl::Status Options::Validate() const {
  base::ProblemList problems;
  struct in_addr address;
  problems.Require(!root_dir.empty() && root_dir[0] == '/', "--root-dir", "must be an absolute path");
  if (remove_pods) return problems.ToStatus();
  problems.Require(
      !kubeconfig.empty() || !pod_manifest_path.empty(), "--kubeconfig",
      "must name a kubeconfig file (or use --pod-manifest-path alone to run static pods without an API server)");
  problems.Require(inet_pton(AF_INET, node_ip.c_str(), &address) == 1, "--node-ip", "must be an IPv4 address");
  problems.Require(hostname_override.empty() || api::ValidateDns1123Subdomain(hostname_override).empty(),
                   "--hostname-override", "must be a node name: lower case letters, digits, '-' and '.'");
  problems.Require(max_pods > 0 && max_pods <= 1000, "--max-pods", "must be between 1 and 1000");
  problems.Require(container_log_max_files >= 2, "--container-log-max-files", "must be at least 2");
  problems.Require(ContainerLogMaxSize() >= 1024, "--container-log-max-size",
                   "must be a quantity of at least 1Ki, e.g. 10Mi");
  return problems.ToStatus();
}

}  // namespace kubelite::kubelet
