#include <algorithm>
#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/api/int_or_string.h"
#include "kubectl-lite/describe/parts.h"

namespace kubelite::cli {
namespace {

using k8s::core::v1::Container;
using k8s::core::v1::ContainerState;
using k8s::core::v1::ContainerStatus;
using k8s::core::v1::EnvVar;
using k8s::core::v1::Probe;

void AddPorts(const Container& container, Lines* lines) {
  std::vector<std::string> ports;
  std::vector<std::string> host_ports;
  for (const auto& port : container.ports()) {
    const std::string protocol = port.protocol().empty() ? "TCP" : port.protocol();
    const std::string name = port.name().empty() ? "" : absl::StrCat(" (", port.name(), ")");
    ports.push_back(absl::StrCat(port.containerport(), "/", protocol, name));
    host_ports.push_back(absl::StrCat(port.hostport(), "/", protocol, name));
  }
  lines->Field(2, ports.size() > 1 ? "Ports" : "Port", absl::StrJoin(ports, ", "));
  lines->Field(2, ports.size() > 1 ? "Host Ports" : "Host Port", absl::StrJoin(host_ports, ", "));
}

void AddWords(absl::string_view title, const google::protobuf::RepeatedPtrField<std::string>& words, Lines* lines) {
  if (words.empty()) return;
  lines->Add(2, title, ":");
  for (const std::string& word : words) {
    for (absl::string_view line : absl::StrSplit(word, '\n')) lines->Add(3, line);
  }
}

void AddState(absl::string_view title, const ContainerState& state, absl::TimeZone zone, Lines* lines) {
  if (state.has_running()) {
    lines->Add(2, title, ":\tRunning");
    lines->OptionalField(3, "Started", TimeText(state.running().startedat(), zone));
  } else if (state.has_terminated()) {
    const auto& ended = state.terminated();
    lines->Add(2, title, ":\tTerminated");
    lines->OptionalField(3, "Reason", ended.reason());
    lines->OptionalField(3, "Message", ended.message());
    lines->Add(3, "Exit Code:\t", ended.exitcode());
    if (ended.signal() > 0) lines->Add(3, "Signal:\t", ended.signal());
    lines->OptionalField(3, "Started", TimeText(ended.startedat(), zone));
    lines->OptionalField(3, "Finished", TimeText(ended.finishedat(), zone));
  } else {
    lines->Add(2, title, ":\tWaiting");
    lines->OptionalField(3, "Reason", state.waiting().reason());
    lines->OptionalField(3, "Message", state.waiting().message());
  }
}

std::string ProbeAction(const Probe& probe) {
  const auto& handler = probe.handler();
  if (handler.has_exec()) return absl::StrCat("exec [", absl::StrJoin(handler.exec().command(), " "), "]");
  if (handler.has_httpget()) {
    const auto& get = handler.httpget();
    const std::string scheme = absl::AsciiStrToLower(get.scheme().empty() ? "HTTP" : get.scheme());
    return absl::StrCat("http-get ", scheme, "://", get.host(), ":", api::ToString(get.port()), get.path());
  }
  if (handler.has_tcpsocket()) {
    return absl::StrCat("tcp-socket ", handler.tcpsocket().host(), ":", api::ToString(handler.tcpsocket().port()));
  }
  if (handler.has_grpc()) return absl::StrCat("grpc <pod>:", handler.grpc().port(), " ", handler.grpc().service());
  return "unknown";
}

std::string ProbeText(const Probe& probe) {
  return absl::StrCat(ProbeAction(probe), " delay=", probe.initialdelayseconds(), "s timeout=", probe.timeoutseconds(),
                      "s period=", probe.periodseconds(), "s #success=", probe.successthreshold(),
                      " #failure=", probe.failurethreshold());
}

const char* BoolText(bool value) { return value ? "true" : "false"; }

void AddEnvFrom(const Container& container, Lines* lines) {
  if (container.envfrom_size() == 0) return;
  lines->Add(2, "Environment Variables from:");
  for (const auto& source : container.envfrom()) {
    const std::string prefix = source.prefix().empty() ? "" : absl::StrCat(" with prefix '", source.prefix(), "'");
    const bool is_map = source.has_configmapref();
    const std::string name =
        is_map ? source.configmapref().localobjectreference().name() : source.secretref().localobjectreference().name();
    const bool optional = is_map ? source.configmapref().optional() : source.secretref().optional();
    lines->Add(3, name, "\t", is_map ? "ConfigMap" : "Secret", prefix, "\tOptional: ", BoolText(optional));
  }
}

void AddVariable(const EnvVar& variable, Lines* lines) {
  if (!variable.has_valuefrom()) {
    bool first = true;
    for (absl::string_view line : absl::StrSplit(variable.value(), '\n')) {
      lines->Add(3, first ? absl::StrCat(variable.name(), ":") : "", "\t", line);
      first = false;
    }
    return;
  }
  const auto& from = variable.valuefrom();
  if (from.has_fieldref()) {
    const std::string version = from.fieldref().apiversion().empty() ? "v1" : from.fieldref().apiversion();
    lines->Add(3, variable.name(), ":\t (", version, ":", from.fieldref().fieldpath(), ")");
  } else if (from.has_resourcefieldref()) {
    lines->Add(3, variable.name(), ":\t (", from.resourcefieldref().resource(), ")");
  } else if (from.has_secretkeyref()) {
    const auto& ref = from.secretkeyref();
    lines->Add(3, variable.name(), ":\t<set to the key '", ref.key(), "' in secret '",
               ref.localobjectreference().name(), "'>\tOptional: ", BoolText(ref.optional()));
  } else if (from.has_configmapkeyref()) {
    const auto& ref = from.configmapkeyref();
    lines->Add(3, variable.name(), ":\t<set to the key '", ref.key(), "' of config map '",
               ref.localobjectreference().name(), "'>\tOptional: ", BoolText(ref.optional()));
  }
}

void AddMounts(const Container& container, Lines* lines) {
  if (container.volumemounts_size() == 0) {
    lines->Field(2, "Mounts", "");
    return;
  }
  lines->Add(2, "Mounts:");
  std::map<std::string, std::string> mounts;
  for (const auto& mount : container.volumemounts()) {
    const std::string sub_path = mount.subpath().empty() ? "" : absl::StrCat(",path=\"", mount.subpath(), "\"");
    mounts[mount.mountpath()] = absl::StrCat(mount.name(), " (", mount.readonly() ? "ro" : "rw", sub_path, ")");
  }
  for (const auto& [path, text] : mounts) lines->Add(3, path, " from ", text);
}

void AddStatus(const ContainerStatus& status, absl::TimeZone zone, Lines* lines) {
  AddState("State", status.state(), zone, lines);
  if (status.laststate().has_terminated()) AddState("Last State", status.laststate(), zone, lines);
  lines->Add(2, "Ready:\t", status.ready() ? "True" : "False");
  lines->Add(2, "Restart Count:\t", status.restartcount());
}

void AddContainer(const Container& container, const ContainerStatus* status, absl::TimeZone zone, Lines* lines) {
  if (status != nullptr) lines->Add(2, "Container ID:\t", status->containerid());
  lines->Add(2, "Image:\t", container.image());
  if (status != nullptr) lines->Add(2, "Image ID:\t", status->imageid());
  AddPorts(container, lines);
  AddWords("Command", container.command(), lines);
  AddWords("Args", container.args(), lines);
  if (status != nullptr) AddStatus(*status, zone, lines);
  DescribeQuantities(2, "Limits", container.resources().limits(), lines);
  DescribeQuantities(2, "Requests", container.resources().requests(), lines);
  if (container.has_livenessprobe()) lines->Add(2, "Liveness:\t", ProbeText(container.livenessprobe()));
  if (container.has_readinessprobe()) lines->Add(2, "Readiness:\t", ProbeText(container.readinessprobe()));
  if (container.has_startupprobe()) lines->Add(2, "Startup:\t", ProbeText(container.startupprobe()));
  AddEnvFrom(container, lines);
  if (container.env_size() == 0) {
    lines->Field(2, "Environment", "");
  } else {
    lines->Add(2, "Environment:");
    for (const EnvVar& variable : container.env()) AddVariable(variable, lines);
  }
  AddMounts(container, lines);
}

}  // namespace

void DescribeContainers(absl::string_view title, absl::string_view indent, const Containers& containers,
                        const ContainerStatuses& statuses, absl::TimeZone zone, Lines* lines) {
  lines->Add(0, indent, title, ":", containers.empty() ? " <none>" : "");
  for (const Container& container : containers) {
    lines->Add(1, indent.empty() ? "" : " ", container.name(), ":");
    const auto status = std::find_if(statuses.begin(), statuses.end(),
                                     [&](const ContainerStatus& s) { return s.name() == container.name(); });
    AddContainer(container, status == statuses.end() ? nullptr : &*status, zone, lines);
  }
}

}  // namespace kubelite::cli
