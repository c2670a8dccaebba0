#include "kubelet/probe/probe_target.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/api/int_or_string.h"
#include "common/base/status_macros.h"

namespace kubelite::kubelet {

using k8s::core::v1::Container;

namespace {

absl::StatusOr<int> FindPort(const k8s::apimachinery::intstr::IntOrString& port, const Container& container) {
  int number = 0;
  const std::string text = api::ToString(port);
  if (!absl::SimpleAtoi(text, &number)) {
    for (const auto& candidate : container.ports()) {
      if (candidate.name() == text) number = candidate.containerport();
    }
  }
  if (number > 0 && number < 65536) return number;
  return absl::InvalidArgumentError(absl::StrCat("couldn't find port: ", text, " of container ", container.name()));
}

}  // namespace

absl::StatusOr<ProbeTarget> MakeProbeTarget(const k8s::core::v1::Probe& probe, const Container& container,
                                            const std::string& pod_ip) {
  const auto& handler = probe.handler();
  if (handler.has_exec()) {
    return ExecProbe{{handler.exec().command().begin(), handler.exec().command().end()}};
  }
  if (handler.has_tcpsocket()) {
    ASSIGN_OR_RETURN(const int port, FindPort(handler.tcpsocket().port(), container));
    return TcpProbe{handler.tcpsocket().host().empty() ? pod_ip : handler.tcpsocket().host(), port};
  }
  if (handler.has_httpget()) {
    const auto& get = handler.httpget();
    if (get.scheme() == "HTTPS")
      return absl::UnimplementedError("probes with scheme HTTPS are not supported by this kubelet");
    HttpProbe http;
    ASSIGN_OR_RETURN(http.port, FindPort(get.port(), container));
    http.host = get.host().empty() ? pod_ip : get.host();
    if (!get.path().empty()) http.path = get.path();
    for (const auto& header : get.httpheaders()) http.headers.emplace_back(header.name(), header.value());
    return http;
  }
  if (handler.has_grpc()) return absl::UnimplementedError("gRPC probes are not supported by this kubelet");
  return absl::InvalidArgumentError("missing probe handler");
}

}  // namespace kubelite::kubelet
