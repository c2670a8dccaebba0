#include "kubectl-lite/commands/rollout_history.h"

#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/api/selectors.h"
#include "common/base/status_macros.h"
#include "google/protobuf/util/message_differencer.h"
#include "kubectl-lite/describe/parts.h"
#include "kubectl-lite/print/tab_text.h"

namespace kubelite::cli {
namespace {

using k8s::apps::v1::Deployment;
using k8s::apps::v1::ReplicaSet;
using k8s::core::v1::PodTemplateSpec;

constexpr char kRevision[] = "deployment.kubernetes.io/revision";
constexpr char kHashLabel[] = "pod-template-hash";

// Annotations that belong to one object only and are not rolled back.
bool StaysBehind(const std::string& key) {
  static const auto* keys = new std::set<std::string>{
      kRevision,
      "deployment.kubernetes.io/desired-replicas",
      "deployment.kubernetes.io/max-replicas",
      "deployment.kubernetes.io/revision-history",
      "deprecated.deployment.rollback.to",
      "kubectl.kubernetes.io/last-applied-configuration",
  };
  return keys->count(key) != 0;
}

PodTemplateSpec TemplateOf(const ReplicaSet& replica_set) {
  PodTemplateSpec result = replica_set.spec().template_();
  result.mutable_metadata()->mutable_labels()->erase(kHashLabel);
  return result;
}

absl::StatusOr<RevisionMap::const_iterator> Choose(const RevisionMap& revisions, int64_t revision) {
  if (revision == 0) {
    if (revisions.size() < 2)
      return absl::FailedPreconditionError("no rollout history found: there is no revision before the present one");
    return std::prev(revisions.end(), 2);
  }
  const auto found = revisions.find(revision);
  if (found == revisions.end()) {
    return absl::NotFoundError(
        absl::StrCat("unable to find specified revision ", revision, " in history; 'rollout history' lists them"));
  }
  return found;
}

}  // namespace

absl::StatusOr<RevisionMap> RevisionsOf(client::Client& client, const Deployment& deployment) {
  ASSIGN_OR_RETURN(const api::LabelSelector selector, api::LabelSelector::From(deployment.spec().selector()));
  client::ListOptions options;
  options.name_space = deployment.metadata().namespace_();
  options.label_selector = selector.ToString();
  ASSIGN_OR_RETURN(const auto sets, client::List<ReplicaSet>(client, options));
  RevisionMap revisions;
  for (const auto& set : sets) {
    int64_t revision = 0;
    if (!api::IsControlledBy(*set, deployment) || !absl::SimpleAtoi(api::GetAnnotation(*set, kRevision), &revision))
      continue;
    revisions[revision] = set;
  }
  return revisions;
}

std::string HistoryText(const RevisionMap& revisions) {
  std::string text = "REVISION\tCHANGE-CAUSE\n";
  for (const auto& [revision, set] : revisions) {
    const std::string cause = api::GetAnnotation(*set, "kubernetes.io/change-cause");
    absl::StrAppend(&text, revision, "\t", cause.empty() ? "<none>" : cause, "\n");
  }
  return AlignTabs(text);
}

absl::StatusOr<std::string> RevisionText(const RevisionMap& revisions, int64_t revision) {
  ASSIGN_OR_RETURN(const auto found, Choose(revisions, revision));
  Lines lines;
  DescribePodTemplate(found->second->spec().template_(), &lines);
  return AlignTabs(lines.text());
}

absl::StatusOr<bool> RollBack(const RevisionMap& revisions, int64_t revision, Deployment* deployment) {
  if (deployment->spec().paused()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "you cannot rollback a paused deployment; resume it first with 'kubectl-lite rollout resume deployment/",
        deployment->metadata().name(), "' and try again"));
  }
  ASSIGN_OR_RETURN(const auto found, Choose(revisions, revision));
  const ReplicaSet& set = *found->second;
  const PodTemplateSpec wanted = TemplateOf(set);
  if (google::protobuf::util::MessageDifferencer::Equals(wanted, deployment->spec().template_())) return false;
  *deployment->mutable_spec()->mutable_template_() = wanted;
  auto* annotations = deployment->mutable_metadata()->mutable_annotations();
  for (auto it = annotations->begin(); it != annotations->end();)
    it = StaysBehind(it->first) ? std::next(it) : annotations->erase(it);
  for (const auto& [key, value] : set.metadata().annotations()) {
    if (!StaysBehind(key)) (*annotations)[key] = value;
  }
  return true;
}

}  // namespace kubelite::cli
