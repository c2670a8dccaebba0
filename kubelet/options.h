#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace kubelite::kubelet {

// The flags of kube-lite-kubelet. Fields are named after their flags.
struct Options {
  std::string kubeconfig;  // empty: static pods only
  std::string hostname_override;
  std::string root_dir = "/var/lib/kube-lite";
  std::string pod_manifest_path;
  std::string image_dir;  // empty: <root_dir>/images
  std::string node_ip = "127.0.0.1";
  std::string node_labels;  // a=b,c=d
  std::string shim_path;    // empty: kube-lite-shim beside this program
  std::string container_log_max_size = "10Mi";
  std::string log_level = "info";
  int container_log_max_files = 5;
  int max_pods = 110;
  bool register_node = true;
  bool remove_pods = false;  // stop every pod of root_dir and exit

  // Every problem, each named by its flag.
  absl::Status Validate() const;
  int64_t ContainerLogMaxSize() const;  // valid options only
};

}  // namespace kubelite::kubelet
