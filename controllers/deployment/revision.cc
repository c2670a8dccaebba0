#include "controllers/deployment/revision.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/api/object.h"

namespace kubelite::controllers {
namespace {

using k8s::apps::v1::Deployment;
using k8s::apps::v1::ReplicaSet;

constexpr size_t kHistoryLimit = 2000;  // characters

bool IsCopied(const std::string& key) {
  static const std::set<std::string>& skipped =
      *new std::set<std::string>{"kubectl.kubernetes.io/last-applied-configuration",
                                 "deprecated.deployment.rollback.to",
                                 kRevision,
                                 kRevisionHistory,
                                 kDesiredReplicas,
                                 kMaxReplicas};
  return skipped.count(key) == 0;
}

bool SetAnnotation(const std::string& key, const std::string& value, ReplicaSet* replica_set) {
  std::string& present = (*replica_set->mutable_metadata()->mutable_annotations())[key];
  if (present == value) return false;
  present = value;
  return true;
}

// Appends a revision, dropping the oldest ones when the text grows too long.
std::string AppendHistory(const std::string& history, const std::string& revision) {
  std::vector<std::string> revisions = absl::StrSplit(history, ',', absl::SkipEmpty());
  revisions.push_back(revision);
  size_t first = 0;
  std::string text = absl::StrJoin(revisions, ",");
  while (text.size() > kHistoryLimit && first + 1 < revisions.size()) {
    ++first;
    text = absl::StrJoin(revisions.begin() + first, revisions.end(), ",");
  }
  return text;
}

}  // namespace

int64_t RevisionOf(const ReplicaSet& replica_set) {
  int64_t revision = 0;
  return absl::SimpleAtoi(api::GetAnnotation(replica_set, kRevision), &revision) ? revision : 0;
}

bool ReplicasAnnotation(const ReplicaSet& replica_set, const char* key, int* value) {
  return absl::SimpleAtoi(api::GetAnnotation(replica_set, key), value);
}

bool SetReplicasAnnotations(int desired, int max, ReplicaSet* replica_set) {
  const bool desired_changed = SetAnnotation(kDesiredReplicas, absl::StrCat(desired), replica_set);
  const bool max_changed = SetAnnotation(kMaxReplicas, absl::StrCat(max), replica_set);
  return desired_changed || max_changed;
}

bool SyncAnnotations(const Deployment& deployment, int64_t revision, ReplicaSet* replica_set) {
  bool changed = false;
  for (const auto& [key, value] : deployment.metadata().annotations()) {
    if (IsCopied(key) && SetAnnotation(key, value, replica_set)) changed = true;
  }
  const std::string old_revision = api::GetAnnotation(*replica_set, kRevision);
  if (RevisionOf(*replica_set) >= revision) return changed;
  SetAnnotation(kRevision, absl::StrCat(revision), replica_set);
  if (!old_revision.empty()) {
    SetAnnotation(kRevisionHistory, AppendHistory(api::GetAnnotation(*replica_set, kRevisionHistory), old_revision),
                  replica_set);
  }
  return true;
}

}  // namespace kubelite::controllers
