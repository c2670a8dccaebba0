#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/api/int_or_string.h"
#include "common/base/status_macros.h"
#include "k8s/discovery/v1.pb.h"
#include "kubectl-lite/describe/parts.h"

namespace kubelite::cli {
namespace {

using k8s::core::v1::Service;
using k8s::core::v1::ServicePort;
using k8s::discovery::v1::EndpointSlice;
using EndpointSlices = std::vector<std::shared_ptr<const EndpointSlice>>;

// Ready addresses behind a port: "10.0.0.1:8080,10.0.0.2:8080".
std::string EndpointsText(const EndpointSlices& slices, const ServicePort& port) {
  std::vector<std::string> texts;
  for (const auto& slice : slices) {
    for (const auto& slice_port : slice->ports()) {
      if (slice_port.name() != port.name()) continue;
      for (const auto& endpoint : slice->endpoints()) {
        if (endpoint.conditions().has_ready() && !endpoint.conditions().ready()) continue;
        for (const std::string& address : endpoint.addresses())
          texts.push_back(absl::StrCat(address, ":", slice_port.port()));
      }
    }
  }
  return absl::StrJoin(texts, ",");
}

void AddPort(const ServicePort& port, const EndpointSlices& slices, Lines* lines) {
  const std::string name = port.name().empty() ? "<unset>" : port.name();
  const std::string protocol = port.protocol().empty() ? "TCP" : port.protocol();
  lines->Add(0, "Port:\t", name, "\t", port.port(), "/", protocol);
  lines->Add(0, "TargetPort:\t", api::ToString(port.targetport()), "/", protocol);
  if (port.nodeport() != 0) lines->Add(0, "NodePort:\t", name, "\t", port.nodeport(), "/", protocol);
  lines->Add(0, "Endpoints:\t", EndpointsText(slices, port));
}

}  // namespace

absl::Status DescribeService(const DescribeInput& input, Lines* lines) {
  const Service& service = static_cast<const Service&>(*input.object);
  const auto& spec = service.spec();
  DescribeName(input, lines);
  DescribeLabels(input, lines);
  DescribeAnnotations("", service.metadata().annotations(), lines);
  lines->Field(0, "Selector", MapText(spec.selector()));
  lines->Add(0, "Type:\t", spec.type());
  lines->OptionalField(0, "IP Family Policy", spec.ipfamilypolicy());
  lines->Field(0, "IP Families", absl::StrJoin(spec.ipfamilies(), ","));
  lines->Add(0, "IP:\t", spec.clusterip());
  lines->Field(0, "IPs", absl::StrJoin(spec.clusterips(), ","));
  lines->OptionalField(0, "External IPs", absl::StrJoin(spec.externalips(), ","));
  lines->OptionalField(0, "External Name", spec.externalname());
  client::ListOptions options;
  options.name_space = service.metadata().namespace_();
  options.label_selector = absl::StrCat("kubernetes.io/service-name=", service.metadata().name());
  ASSIGN_OR_RETURN(const EndpointSlices slices, client::List<EndpointSlice>(input.client, options));
  for (const ServicePort& port : spec.ports()) AddPort(port, slices, lines);
  lines->Add(0, "Session Affinity:\t", spec.sessionaffinity());
  lines->OptionalField(0, "External Traffic Policy", spec.externaltrafficpolicy());
  lines->OptionalField(0, "Internal Traffic Policy", spec.internaltrafficpolicy());
  return absl::OkStatus();
}

}  // namespace kubelite::cli
