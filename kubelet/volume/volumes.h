#pragma once

#include "absl/status/status.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::kubelet {

// Makes the pod's volumes ready, as far as processes without mount namespaces can have them: a hostPath that is mounted
// where it is, and any volume that no container mounts. hostPath types are checked, and made where they say so.
// FailedPrecondition naming the volume otherwise: a pod never starts with less than it asked for. Idempotent; blocks on
// the disk.
absl::Status SetUpVolumes(const k8s::core::v1::Pod& pod);

}  // namespace kubelite::kubelet
