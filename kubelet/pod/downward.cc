#include "kubelet/pod/downward.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/api/quantity.h"
#include "common/base/status_macros.h"
#include "kubelet/pod/spec.h"

namespace kubelite::kubelet {

using k8s::core::v1::Container;
using k8s::core::v1::Pod;

namespace {

using StringMap = google::protobuf::Map<std::string, std::string>;

// key="escaped value" lines, sorted.
std::string Lines(const StringMap& map) {
  const std::map<std::string, std::string> sorted(map.begin(), map.end());
  std::string out;
  for (const auto& [key, value] : sorted) {
    absl::StrAppend(&out, out.empty() ? "" : "\n", key, "=\"");
    for (char c : value) {
      if (c == '"' || c == '\\') out += '\\';
      c == '\n' ? out += "\\n" : out += c;
    }
    out += '"';
  }
  return out;
}

// The key in metadata.labels['key'], or empty.
std::string Subscript(absl::string_view path, absl::string_view prefix) {
  if (!absl::ConsumePrefix(&path, prefix) || !absl::ConsumePrefix(&path, "['") || !absl::ConsumeSuffix(&path, "']"))
    return "";
  return std::string(path);
}

std::string At(const StringMap& map, const std::string& key) {
  const auto found = map.find(key);
  return found == map.end() ? "" : found->second;
}

}  // namespace

absl::StatusOr<std::string> DownwardField(const Pod& pod, const std::string& path, const PodPlace& place) {
  const auto& meta = pod.metadata();
  if (path == "metadata.name") return meta.name();
  if (path == "metadata.namespace") return meta.namespace_();
  if (path == "metadata.uid") return meta.uid();
  if (path == "metadata.labels") return Lines(meta.labels());
  if (path == "metadata.annotations") return Lines(meta.annotations());
  if (path == "spec.nodeName") return place.node_name;
  if (path == "spec.serviceAccountName") return pod.spec().serviceaccountname();
  if (path == "status.podIP" || path == "status.podIPs") return place.pod_ip;
  if (path == "status.hostIP" || path == "status.hostIPs") return place.host_ip;
  if (const std::string key = Subscript(path, "metadata.labels"); !key.empty()) return At(meta.labels(), key);
  if (const std::string key = Subscript(path, "metadata.annotations"); !key.empty()) return At(meta.annotations(), key);
  return absl::InvalidArgumentError(absl::StrCat("unsupported fieldPath: ", path));
}

absl::StatusOr<std::string> DownwardResource(const Pod& pod, const Container& container,
                                             const k8s::core::v1::ResourceFieldSelector& selector,
                                             const std::map<std::string, std::string>& node_allocatable) {
  const Container* target = &container;
  if (!selector.containername().empty()) {
    bool is_init;
    target = FindContainer(pod, selector.containername(), &is_init);
    if (target == nullptr)
      return absl::InvalidArgumentError(absl::StrCat("container ", selector.containername(), " not found"));
  }
  absl::string_view resource = selector.resource();
  const bool is_limit = absl::ConsumePrefix(&resource, "limits.");
  if (!is_limit && !absl::ConsumePrefix(&resource, "requests.")) {
    return absl::InvalidArgumentError(absl::StrCat("unsupported container resource : ", selector.resource()));
  }
  const std::string name(resource);
  const auto& amounts = is_limit ? target->resources().limits() : target->resources().requests();
  api::Quantity amount;
  if (const auto found = amounts.find(name); found != amounts.end()) {
    amount = api::Quantity::From(found->second);
  } else if (const auto node = node_allocatable.find(name); is_limit && node != node_allocatable.end()) {
    ASSIGN_OR_RETURN(amount, api::Quantity::Parse(node->second));
  }
  const api::Quantity divisor = api::Quantity::From(selector.divisor());
  // Thousandths on both sides, so that a divisor of 1m works; memory amounts fit by far.
  const __int128 by = divisor.IsZero() ? 1000 : divisor.MilliValue();
  const __int128 milli =
      static_cast<__int128>(name == "cpu" ? amount.MilliValue() : amount.Value()) * (name == "cpu" ? 1 : 1000);
  return absl::StrCat(static_cast<int64_t>((milli + by - 1) / by));
}

}  // namespace kubelite::kubelet
