#pragma once

#include <cstdint>
#include <string>

namespace k8s::apps::v1 {
class Deployment;
class ReplicaSet;
}  // namespace k8s::apps::v1

namespace kubelite::controllers {

// Annotations that the deployment controller keeps.
inline constexpr char kRevision[] = "deployment.kubernetes.io/revision";
inline constexpr char kRevisionHistory[] = "deployment.kubernetes.io/revision-history";
inline constexpr char kDesiredReplicas[] = "deployment.kubernetes.io/desired-replicas";
inline constexpr char kMaxReplicas[] = "deployment.kubernetes.io/max-replicas";

// 0 when absent or not a number.
int64_t RevisionOf(const k8s::apps::v1::ReplicaSet& replica_set);
// An annotation that holds a replica count; false when absent or not a number.
bool ReplicasAnnotation(const k8s::apps::v1::ReplicaSet& replica_set, const char* key, int* value);

// Records what the deployment wanted when this ReplicaSet was last scaled. Returns whether anything changed.
bool SetReplicasAnnotations(int desired, int max, k8s::apps::v1::ReplicaSet* replica_set);

// Copies the deployment's own annotations (a user's, such as kubernetes.io/change-cause) and raises the revision to
// `revision`, moving the old one into the history. A higher revision is kept. Returns whether anything changed.
bool SyncAnnotations(const k8s::apps::v1::Deployment& deployment, int64_t revision,
                     k8s::apps::v1::ReplicaSet* replica_set);

}  // namespace kubelite::controllers
