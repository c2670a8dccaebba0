#pragma once

#include <cstdint>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/api/selectors.h"
#include "common/client/client.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::cli {

using PodPtr = std::shared_ptr<const k8s::core::v1::Pod>;

// spec.replicas of any kind that has it; 1 when it is unset.
int64_t ReplicasOf(const api::Object& object);

// spec.selector of a deployment, replica set, job, service and the like. InvalidArgument for kinds that select no pods.
absl::StatusOr<api::LabelSelector> PodSelectorOf(const api::ResourceInfo& resource, const api::Object& object);

// The pods behind an object: the pod itself, or those it selects, the most useful to look at first (running, ready,
// restarted most often, oldest). NotFound when it selects none.
absl::StatusOr<std::vector<PodPtr>> PodsOf(client::Client& client, const api::ResourceInfo& resource,
                                           const api::ObjectKey& key);
// Sorts pods that way.
void SortByUse(std::vector<PodPtr>* pods);

// The names of a pod's containers; with `mark_kinds`, which are ephemeral or init containers.
std::vector<std::string> ContainerNames(const k8s::core::v1::Pod& pod, bool mark_kinds);
// `wanted`, the one that an annotation names, or the first; a choice among several is told on `err` unless that is
// null.
std::string DefaultContainer(const k8s::core::v1::Pod& pod, const std::string& wanted, std::ostream* err);

bool IsPodReady(const k8s::core::v1::Pod& pod);

}  // namespace kubelite::cli
