#include "kubectl-lite/commands/pod_selection.h"

#include <algorithm>
#include <ostream>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/api/int_or_string.h"
#include "common/base/status_macros.h"
#include "kubectl-lite/print/names.h"

namespace kubelite::cli {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using k8s::core::v1::Pod;

// A message member of `parent`, or null.
const Message* Member(const Message& parent, const char* name) {
  const FieldDescriptor* field = parent.GetDescriptor()->FindFieldByName(name);
  if (field == nullptr || field->is_repeated() || field->message_type() == nullptr) return nullptr;
  return &parent.GetReflection()->GetMessage(parent, field);
}

int Restarts(const Pod& pod) {
  int restarts = 0;
  for (const auto& status : pod.status().containerstatuses())
    restarts = std::max(restarts, static_cast<int>(status.restartcount()));
  return restarts;
}

}  // namespace

int64_t ReplicasOf(const api::Object& object) {
  const Message* spec = Member(object, "spec");
  if (spec == nullptr) return 1;
  const FieldDescriptor* field = spec->GetDescriptor()->FindFieldByName("replicas");
  if (field == nullptr || field->cpp_type() != FieldDescriptor::CPPTYPE_INT32) return 1;
  return spec->GetReflection()->HasField(*spec, field) ? spec->GetReflection()->GetInt32(*spec, field) : 1;
}

absl::StatusOr<api::LabelSelector> PodSelectorOf(const api::ResourceInfo& resource, const api::Object& object) {
  const absl::Status none = absl::InvalidArgumentError(
      absl::StrCat("cannot find pods of ", ObjectName(resource, api::Meta(object).name()), ": it has no selector"));
  const Message* spec = Member(object, "spec");
  if (spec == nullptr) return none;
  if (const Message* selector = Member(*spec, "selector")) {
    if (selector->GetDescriptor() != k8s::meta::v1::LabelSelector::descriptor()) return none;
    ASSIGN_OR_RETURN(api::LabelSelector parsed,
                     api::LabelSelector::From(static_cast<const k8s::meta::v1::LabelSelector&>(*selector)));
    if (parsed.empty()) return none;
    return parsed;
  }
  const FieldDescriptor* field = spec->GetDescriptor()->FindFieldByName("selector");
  if (field == nullptr || !field->is_map()) return none;
  api::LabelMap labels;
  const auto* reflection = spec->GetReflection();
  for (int i = 0; i < reflection->FieldSize(*spec, field); ++i) {
    const Message& entry = reflection->GetRepeatedMessage(*spec, field, i);
    const auto* entry_reflection = entry.GetReflection();
    labels[entry_reflection->GetString(entry, entry.GetDescriptor()->map_key())] =
        entry_reflection->GetString(entry, entry.GetDescriptor()->map_value());
  }
  if (labels.empty()) return none;
  return api::LabelSelector::FromMap(labels);
}

bool IsPodReady(const Pod& pod) {
  for (const auto& condition : pod.status().conditions()) {
    if (condition.type() == "Ready") return condition.status() == "True";
  }
  return false;
}

void SortByUse(std::vector<PodPtr>* pods) {
  const auto rank = [](const PodPtr& pod) {
    return std::tuple(pod->status().phase() != "Running", !IsPodReady(*pod), -Restarts(*pod),
                      pod->metadata().creationtimestamp().seconds(), pod->metadata().name());
  };
  std::sort(pods->begin(), pods->end(), [&](const PodPtr& a, const PodPtr& b) { return rank(a) < rank(b); });
}

std::vector<std::string> ContainerNames(const Pod& pod, bool mark_kinds) {
  std::vector<std::string> names;
  for (const auto& container : pod.spec().containers()) names.push_back(container.name());
  for (const auto& container : pod.spec().ephemeralcontainers()) {
    names.push_back(absl::StrCat(container.ephemeralcontainercommon().name(), mark_kinds ? " (ephem)" : ""));
  }
  for (const auto& container : pod.spec().initcontainers())
    names.push_back(absl::StrCat(container.name(), mark_kinds ? " (init)" : ""));
  return names;
}

std::string DefaultContainer(const Pod& pod, const std::string& wanted, std::ostream* err) {
  if (!wanted.empty()) return wanted;
  const std::vector<std::string> names = ContainerNames(pod, false);
  const std::string marked = api::GetAnnotation(pod, "kubectl.kubernetes.io/default-container");
  if (std::find(names.begin(), names.end(), marked) != names.end()) return marked;
  if (names.size() > 1 && err != nullptr) {
    *err << "Defaulted container \"" << names[0] << "\" out of: " << absl::StrJoin(ContainerNames(pod, true), ", ")
         << "\n";
  }
  return names.empty() ? "" : names[0];
}

absl::StatusOr<std::vector<PodPtr>> PodsOf(client::Client& client, const api::ResourceInfo& resource,
                                           const api::ObjectKey& key) {
  ASSIGN_OR_RETURN(const api::ObjectPtr object, client.Get(resource, key));
  if (&resource == &api::ResourceOf<Pod>()) return std::vector<PodPtr>{api::As<Pod>(object)};
  ASSIGN_OR_RETURN(const api::LabelSelector selector, PodSelectorOf(resource, *object));
  client::ListOptions options;
  options.name_space = key.name_space;
  options.label_selector = selector.ToString();
  ASSIGN_OR_RETURN(std::vector<PodPtr> pods, client::List<Pod>(client, options));
  if (pods.empty()) {
    return absl::NotFoundError(
        absl::StrCat("no pods of ", ObjectName(resource, key.name), " found in namespace ", key.name_space));
  }
  SortByUse(&pods);
  return pods;
}

}  // namespace kubelite::cli
