#include "kubelet/pod/spec.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/api/quantity.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace kubelite::kubelet {

using k8s::core::v1::Container;
using k8s::core::v1::Pod;

namespace {

constexpr int64_t kDefaultGraceSeconds = 30;
constexpr size_t kMaxHostname = 63;

// Serialized with map entries in a fixed order.
std::string Deterministic(const google::protobuf::Message& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializePartialToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

bool HasComputeResource(const google::protobuf::Map<std::string, k8s::apimachinery::resource::Quantity>& map,
                        const std::string& name) {
  const auto found = map.find(name);
  return found != map.end() && !api::Quantity::From(found->second).IsZero();
}

// Whether the container asks for anything, and whether its limits equal its requests.
void Classify(const Container& container, bool* any, bool* guaranteed) {
  for (const char* name : {"cpu", "memory"}) {
    const auto& requests = container.resources().requests();
    const auto& limits = container.resources().limits();
    const bool limited = HasComputeResource(limits, name);
    *any = *any || limited || HasComputeResource(requests, name);
    if (!limited) {
      *guaranteed = false;
    } else if (const auto request = requests.find(name); request != requests.end()) {
      *guaranteed = *guaranteed && api::Quantity::From(request->second) == api::Quantity::From(limits.at(name));
    }
  }
}

}  // namespace

std::string RestartPolicy(const Pod& pod) {
  return pod.spec().has_restartpolicy() ? pod.spec().restartpolicy() : "Always";
}

absl::Duration GracePeriod(const Pod& pod) {
  int64_t seconds = kDefaultGraceSeconds;
  if (pod.spec().has_terminationgraceperiodseconds()) seconds = pod.spec().terminationgraceperiodseconds();
  if (pod.metadata().has_deletiongraceperiodseconds()) seconds = pod.metadata().deletiongraceperiodseconds();
  return absl::Seconds(std::max<int64_t>(seconds, 0));
}

std::string PullPolicy(const Container& container) {
  if (!container.imagepullpolicy().empty()) return container.imagepullpolicy();
  const std::string& image = container.image();
  const size_t colon = image.rfind(':');
  const bool tagged =
      absl::StrContains(image, '@') || (colon != std::string::npos && image.find('/', colon) == std::string::npos);
  return !tagged || absl::EndsWith(image, ":latest") ? "Always" : "IfNotPresent";
}

bool IsSidecar(const Container& init_container) { return init_container.restartpolicy() == "Always"; }

std::string ContainerHash(const Container& container) {
  Container copy = container;
  copy.clear_resources();  // may change in place
  uint64_t hash = 14695981039346656037u;
  for (unsigned char c : Deterministic(copy)) hash = (hash ^ c) * 1099511628211u;
  return absl::StrFormat("%016x", hash);
}

std::string QosClass(const Pod& pod) {
  bool any = false;
  bool guaranteed = true;
  for (const Container& container : pod.spec().containers()) Classify(container, &any, &guaranteed);
  for (const Container& container : pod.spec().initcontainers()) Classify(container, &any, &guaranteed);
  return !any ? "BestEffort" : guaranteed ? "Guaranteed" : "Burstable";
}

std::string Hostname(const Pod& pod) {
  std::string hostname = pod.spec().hostname().empty() ? pod.metadata().name() : pod.spec().hostname();
  if (hostname.size() > kMaxHostname) hostname.resize(kMaxHostname);
  while (!hostname.empty() && (hostname.back() == '-' || hostname.back() == '.')) hostname.pop_back();
  return hostname;
}

std::string PodName(const Pod& pod) { return absl::StrCat(pod.metadata().namespace_(), "/", pod.metadata().name()); }

std::string FormatPod(const Pod& pod) {
  return absl::StrCat(pod.metadata().name(), "_", pod.metadata().namespace_(), "(", pod.metadata().uid(), ")");
}

std::string FieldPath(const std::string& container, bool is_init) {
  return absl::StrCat(is_init ? "spec.initContainers{" : "spec.containers{", container, "}");
}

const Container* FindContainer(const Pod& pod, const std::string& name, bool* is_init) {
  *is_init = false;
  for (const Container& container : pod.spec().containers()) {
    if (container.name() == name) return &container;
  }
  *is_init = true;
  for (const Container& container : pod.spec().initcontainers()) {
    if (container.name() == name) return &container;
  }
  return nullptr;
}

}  // namespace kubelite::kubelet
