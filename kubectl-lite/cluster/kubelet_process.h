#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "kubectl-lite/cluster/layout.h"

namespace kubelite::cli {

// The kubelet process of one node of a local cluster, known by its pid file.
class KubeletProcess {
 public:
  KubeletProcess(const Layout& layout, std::string node, std::string binary_directory);

  // 0 when it is not running. A pid that now belongs to another program does not count.
  int Pid() const;
  // Starts it in a session of its own with its output in kubelet.log, and writes the pid file.
  absl::Status Start();
  // Ends the kubelet; its pods keep running. Waits for it to exit.
  absl::Status Stop(absl::Duration timeout);
  // Ends all pods of the node; the kubelet must be stopped.
  absl::Status RemovePods();
  // Why a component of this node did not start: the last error line of kubelet.log, or of a control-plane container
  // that was started twice since Start(); empty when nothing failed.
  std::string FailureReason() const;

 private:
  std::string directory_;
  std::string node_;
  std::string binary_directory_;
  std::map<std::string, int64_t> old_logs_;  // control-plane log files and their sizes before Start
};

}  // namespace kubelite::cli
