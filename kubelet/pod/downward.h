#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::kubelet {

// What a pod may ask about itself (downward API).

struct PodPlace {
  std::string node_name;
  std::string pod_ip;
  std::string host_ip;
};

// The value of a fieldRef path, e.g. metadata.labels['app'], status.podIP. InvalidArgument for paths upstream does not
// support.
absl::StatusOr<std::string> DownwardField(const k8s::core::v1::Pod& pod, const std::string& path,
                                          const PodPlace& place);

// The value of a resourceFieldRef, divided and rounded up. A limit that is not set is the node's allocatable amount.
absl::StatusOr<std::string> DownwardResource(const k8s::core::v1::Pod& pod, const k8s::core::v1::Container& container,
                                             const k8s::core::v1::ResourceFieldSelector& selector,
                                             const std::map<std::string, std::string>& node_allocatable);

}  // namespace kubelite::kubelet
