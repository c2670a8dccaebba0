#include "absl/strings/str_cat.h"
#include "apiserver/admission/admission.h"
#include "apiserver/admission/pods.h"
#include "common/base/status_macros.h"
#include "k8s/scheduling/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::scheduling::v1::PriorityClass;

// The class that pods without one get: of several marked ones the one with the lowest value. Null when there is none.
absl::StatusOr<std::shared_ptr<const PriorityClass>> DefaultClass(Registry& registry) {
  Request list;
  list.verb = "list";
  list.group = "scheduling.k8s.io";
  list.version = "v1";
  list.resource = "priorityclasses";
  ASSIGN_OR_RETURN(const Registry::List classes, registry.ListObjects(list));
  std::shared_ptr<const PriorityClass> chosen;
  for (const api::ObjectPtr& object : classes.items) {
    auto candidate = api::As<PriorityClass>(object);
    if (candidate->globaldefault() && (chosen == nullptr || candidate->value() < chosen->value())) chosen = candidate;
  }
  return chosen;
}

absl::StatusOr<std::shared_ptr<const PriorityClass>> ClassOf(Registry& registry, const Request& request,
                                                             const k8s::core::v1::Pod& pod) {
  const ResourceDef* classes = registry.Find("scheduling.k8s.io", "v1", "priorityclasses");
  if (classes == nullptr) return nullptr;
  const std::string& name = pod.spec().priorityclassname();
  if (name.empty()) return DefaultClass(registry);
  absl::StatusOr<api::ObjectPtr> found = registry.Read(*classes, {"", name});
  if (api::IsNotFound(found.status())) {
    return api::Forbidden(*request.info, pod.metadata().name(),
                          absl::StrCat("no PriorityClass with name ", name, " was found"));
  }
  if (!found.ok()) return found.status();
  return api::As<PriorityClass>(*found);
}

absl::Status SetPriority(Registry& registry, const Request& request, api::Object* object, const api::Object* old) {
  k8s::core::v1::Pod* pod = PodOf(request, object);
  if (pod == nullptr) return absl::OkStatus();
  k8s::core::v1::PodSpec* spec = pod->mutable_spec();
  if (old != nullptr) {
    const auto& stored = static_cast<const k8s::core::v1::Pod&>(*old).spec();
    if (!spec->has_priority() && stored.has_priority()) spec->set_priority(stored.priority());
    if (!spec->has_preemptionpolicy() && stored.has_preemptionpolicy()) {
      spec->set_preemptionpolicy(stored.preemptionpolicy());
    }
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const std::shared_ptr<const PriorityClass> priority_class, ClassOf(registry, request, *pod));
  const int priority = priority_class == nullptr ? 0 : priority_class->value();
  if (spec->has_priority() && spec->priority() != priority) {
    return api::Forbidden(*request.info, pod->metadata().name(),
                          absl::StrCat("the integer value of priority (", spec->priority(),
                                       ") must not be provided in pod spec; priority admission controller computed ",
                                       priority, " from the given PriorityClass name"));
  }
  spec->set_priority(priority);
  if (priority_class != nullptr) spec->set_priorityclassname(priority_class->metadata().name());
  if (!spec->has_preemptionpolicy()) {
    const bool given = priority_class != nullptr && priority_class->has_preemptionpolicy();
    spec->set_preemptionpolicy(given ? priority_class->preemptionpolicy() : "PreemptLowerPriority");
  }
  return absl::OkStatus();
}

}  // namespace

AdmissionStep Priority() { return {.name = "Priority", .mutate = SetPriority, .validate = nullptr}; }

}  // namespace kubelite::apiserver
