#pragma once

#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "k8s/core/v1.pb.h"
#include "kubelet/probe/prober.h"

namespace kubelite::kubelet {

struct TcpProbe {
  std::string host;
  int port = 0;
};
struct ExecProbe {
  std::vector<std::string> command;
};
using ProbeTarget = std::variant<HttpProbe, TcpProbe, ExecProbe>;

// What a probe of a container asks, with the pod's address and named ports put in. InvalidArgument when the port is
// unknown; Unimplemented for kinds that this kubelet cannot probe. Pure.
absl::StatusOr<ProbeTarget> MakeProbeTarget(const k8s::core::v1::Probe& probe,
                                            const k8s::core::v1::Container& container, const std::string& pod_ip);

}  // namespace kubelite::kubelet
