#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::kubelet {

inline constexpr char kMirrorAnnotation[] = "kubernetes.io/config.mirror";
inline constexpr char kHashAnnotation[] = "kubernetes.io/config.hash";
inline constexpr char kSourceAnnotation[] = "kubernetes.io/config.source";

// The pods of a manifest file, made static pods of `node` as upstream does: name with suffix -<node>, namespace default
// when unset, uid the hash of file and content, annotations config.hash and config.source. InvalidArgument naming the
// file and what is wrong. Pure.
absl::StatusOr<std::vector<k8s::core::v1::Pod>> ParseStaticPods(absl::string_view text, const std::string& path,
                                                                const std::string& node);

// The object that stands for a static pod in the API. `node_uid` may be empty, then it has no owner.
k8s::core::v1::Pod MakeMirrorPod(const k8s::core::v1::Pod& static_pod, const std::string& node,
                                 const std::string& node_uid);

bool IsMirrorPod(const k8s::core::v1::Pod& pod);
// Whether `mirror` stands for this very version of the static pod.
bool IsMirrorOf(const k8s::core::v1::Pod& mirror, const k8s::core::v1::Pod& static_pod);

}  // namespace kubelite::kubelet
