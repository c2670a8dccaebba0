#include "common/client/fake/fake_objects.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/api/errors.h"
#include "common/api/time.h"
#include "google/protobuf/util/message_differencer.h"
#include "k8s/core/v1.pb.h"
#include "k8s/meta/v1.pb.h"

namespace kubelite::client {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Reflection;

// A field by its path of names, as text; "" when it is unset or is not a scalar.
std::string FieldText(const Object& object, const std::string& path) {
  const google::protobuf::Message* message = &object;
  const std::vector<std::string> names = absl::StrSplit(path, '.');
  for (size_t i = 0; i < names.size(); ++i) {
    const FieldDescriptor* field = message->GetDescriptor()->FindFieldByName(names[i]);
    if (field == nullptr || field->is_repeated()) return "";
    const Reflection* reflection = message->GetReflection();
    if (i + 1 < names.size()) {
      if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return "";
      message = &reflection->GetMessage(*message, field);
      continue;
    }
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) return reflection->GetString(*message, field);
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_BOOL)
      return reflection->GetBool(*message, field) ? "true" : "false";
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_INT32) return absl::StrCat(reflection->GetInt32(*message, field));
  }
  return "";
}

// The source of an event is selected by its component.
std::string SelectableField(const Object& object, const std::string& path) {
  return FieldText(object, path == "source" ? "source.component" : path);
}

void ClearField(Object* object, const std::string& name) {
  const FieldDescriptor* field = object->GetDescriptor()->FindFieldByName(name);
  if (field != nullptr) object->GetReflection()->ClearField(object, field);
}

// Copies one top-level message field, unset included.
void CopyField(const Object& from, const std::string& name, Object* to) {
  const FieldDescriptor* field = from.GetDescriptor()->FindFieldByName(name);
  if (field == nullptr) return;
  ClearField(to, name);
  if (from.GetReflection()->HasField(from, field)) {
    to->GetReflection()->MutableMessage(to, field)->CopyFrom(from.GetReflection()->GetMessage(from, field));
  }
}

bool HasStatus(const ResourceInfo& resource) { return resource.FindSubresource("status") != nullptr; }

// Everything but metadata and status.
bool SameSpec(const Object& a, const Object& b) {
  google::protobuf::util::MessageDifferencer differencer;
  for (const char* name : {"metadata", "status"}) {
    const FieldDescriptor* field = a.GetDescriptor()->FindFieldByName(name);
    if (field != nullptr) differencer.IgnoreField(field);
  }
  return differencer.Compare(a, b);
}

template <typename T>
T* AsKind(Object* object) {
  return object->GetDescriptor() == T::descriptor() ? static_cast<T*>(object) : nullptr;
}
template <typename T>
const T* AsKind(const Object& object) {
  return object.GetDescriptor() == T::descriptor() ? static_cast<const T*>(&object) : nullptr;
}

// The statuses that upstream's strategies give new objects.
void InitialStatus(const ResourceInfo& resource, Object* object) {
  if (!HasStatus(resource) || AsKind<k8s::core::v1::Node>(object) != nullptr) return;
  ClearField(object, "status");
  if (auto* pod = AsKind<k8s::core::v1::Pod>(object)) pod->mutable_status()->set_phase("Pending");
  if (auto* name_space = AsKind<k8s::core::v1::Namespace>(object)) {
    name_space->mutable_status()->set_phase("Active");
    if (name_space->spec().finalizers().empty()) name_space->mutable_spec()->add_finalizers("kubernetes");
  }
}

int64_t DefaultGrace(const Object& object) {
  const auto* pod = AsKind<k8s::core::v1::Pod>(object);
  if (pod == nullptr) return 0;
  return pod->spec().has_terminationgraceperiodseconds() ? pod->spec().terminationgraceperiodseconds() : 30;
}

// Only pods have a grace period: nobody needs to stop a pod that is on no node or has ended.
int64_t GraceSeconds(const Object& object, const DeleteOptions& options) {
  const auto* pod = AsKind<k8s::core::v1::Pod>(object);
  if (pod == nullptr) return 0;
  const std::string& phase = pod->status().phase();
  if (pod->spec().nodename().empty() || phase == "Succeeded" || phase == "Failed") return 0;
  return options.grace_period_seconds >= 0 ? options.grace_period_seconds : DefaultGrace(object);
}

}  // namespace

absl::StatusOr<FakeSelection> FakeSelection::Parse(const ResourceInfo& resource, const std::string& name_space,
                                                   const std::string& labels, const std::string& fields) {
  FakeSelection selection;
  selection.name_space = name_space;
  absl::StatusOr<api::LabelSelector> label_selector = api::LabelSelector::Parse(labels);
  if (!label_selector.ok()) return api::BadRequest(label_selector.status().message());
  selection.labels = *std::move(label_selector);
  absl::StatusOr<api::FieldSelector> field_selector = api::FieldSelector::Parse(fields);
  if (!field_selector.ok()) return api::BadRequest(field_selector.status().message());
  selection.fields = *std::move(field_selector);
  for (const api::FieldSelector::Requirement& requirement : selection.fields.requirements()) {
    const std::vector<std::string>& known = resource.field_selectors;
    if (std::find(known.begin(), known.end(), requirement.field) == known.end()) {
      return api::BadRequest(absl::StrCat("field label not supported: ", requirement.field));
    }
  }
  return selection;
}

bool FakeSelection::Matches(const Object& object) const {
  const k8s::meta::v1::ObjectMeta& meta = api::Meta(object);
  if (!name_space.empty() && meta.namespace_() != name_space) return false;
  if (!labels.Matches(meta.labels())) return false;
  return fields.Matches([&object](const std::string& field) { return SelectableField(object, field); });
}

absl::Status PrepareCreate(const ResourceInfo& resource, Object* object, absl::Time now, base::Random* random) {
  k8s::meta::v1::ObjectMeta* meta = api::MutableMeta(object);
  if (!meta->resourceversion().empty())
    return api::BadRequest("resourceVersion should not be set on objects to be created");
  if (resource.namespaced && meta->namespace_().empty()) {
    return api::BadRequest("an empty namespace may not be set during creation");
  }
  if (!resource.namespaced) meta->clear_namespace_();
  if (meta->name().empty()) {
    if (meta->generatename().empty()) {
      return api::Invalid(resource, "",
                          {api::FieldError::Required("metadata.name", "name or generateName is required")});
    }
    meta->set_name(absl::StrCat(meta->generatename(), random->NameSuffix(5)));
  }
  meta->set_uid(random->Uuid());
  api::ToProto(now, meta->mutable_creationtimestamp());
  meta->clear_deletiontimestamp();
  meta->clear_deletiongraceperiodseconds();
  meta->clear_generation();
  if (HasStatus(resource)) meta->set_generation(1);
  InitialStatus(resource, object);
  return absl::OkStatus();
}

absl::Status PrepareUpdate(const ResourceInfo& resource, const Object& current, const std::string& subresource,
                           Object* updated) {
  const k8s::meta::v1::ObjectMeta& old_meta = api::Meta(current);
  const k8s::meta::v1::ObjectMeta& given = api::Meta(*updated);
  const std::string name = old_meta.name();
  if (given.resourceversion().empty() && !resource.unconditional_update) {
    return api::Invalid(resource, name,
                        {api::FieldError::Invalid("metadata.resourceVersion", "", "must be specified for an update")});
  }
  if (!given.resourceversion().empty() && given.resourceversion() != old_meta.resourceversion()) {
    return api::Conflict(resource, name);
  }
  if (!given.uid().empty() && given.uid() != old_meta.uid()) {
    return api::Conflict(resource, name,
                         absl::StrCat("Precondition failed: UID in precondition: ", given.uid(),
                                      ", UID in object meta: ", old_meta.uid()));
  }
  if (subresource == "status" || subresource == "finalize") {
    const std::unique_ptr<Object> wanted = api::Clone(*updated);
    updated->CopyFrom(current);
    CopyField(*wanted, subresource == "status" ? "status" : "spec", updated);
    // Controllers keep annotations (a deployment's revision) together with the status.
    *api::MutableMeta(updated)->mutable_annotations() = api::Meta(*wanted).annotations();
  } else if (!subresource.empty()) {
    return api::MethodNotSupported(resource, "update");
  } else if (HasStatus(resource)) {
    CopyField(current, "status", updated);
  }
  k8s::meta::v1::ObjectMeta* meta = api::MutableMeta(updated);
  meta->set_resourceversion(old_meta.resourceversion());
  meta->set_uid(old_meta.uid());
  meta->mutable_creationtimestamp()->CopyFrom(old_meta.creationtimestamp());
  meta->clear_deletiontimestamp();
  if (old_meta.has_deletiontimestamp()) meta->mutable_deletiontimestamp()->CopyFrom(old_meta.deletiontimestamp());
  meta->clear_deletiongraceperiodseconds();
  if (old_meta.has_deletiongraceperiodseconds()) {
    meta->set_deletiongraceperiodseconds(old_meta.deletiongraceperiodseconds());
  }
  meta->clear_generation();
  if (old_meta.has_generation()) meta->set_generation(old_meta.generation() + (SameSpec(current, *updated) ? 0 : 1));
  return absl::OkStatus();
}

absl::StatusOr<bool> PrepareDelete(const ResourceInfo& resource, Object* object, const DeleteOptions& options,
                                   absl::Time now) {
  k8s::meta::v1::ObjectMeta* meta = api::MutableMeta(object);
  const Preconditions& preconditions = options.preconditions;
  if (!preconditions.uid.empty() && preconditions.uid != meta->uid()) {
    return api::Conflict(resource, meta->name(),
                         absl::StrCat("Precondition failed: UID in precondition: ", preconditions.uid,
                                      ", UID in object meta: ", meta->uid()));
  }
  if (!preconditions.resource_version.empty() && preconditions.resource_version != meta->resourceversion()) {
    return api::Conflict(
        resource, meta->name(),
        absl::StrCat("Precondition failed: ResourceVersion in precondition: ", preconditions.resource_version,
                     ", ResourceVersion in object meta: ", meta->resourceversion()));
  }
  if (options.propagation_policy == "Foreground") api::AddFinalizer(object, "foregroundDeletion");
  if (options.propagation_policy == "Orphan") api::AddFinalizer(object, "orphan");
  const int64_t grace = GraceSeconds(*object, options);
  // A second deletion may only shorten the first one's grace period.
  if (!meta->has_deletiontimestamp() || grace < meta->deletiongraceperiodseconds()) {
    const absl::Time start = meta->has_deletiontimestamp() ? api::FromProto(meta->deletiontimestamp()) -
                                                                 absl::Seconds(meta->deletiongraceperiodseconds())
                                                           : now;
    api::ToProto(start + absl::Seconds(grace), meta->mutable_deletiontimestamp());
    meta->set_deletiongraceperiodseconds(grace);
  }
  if (auto* name_space = AsKind<k8s::core::v1::Namespace>(object); name_space && !MayGo(*object)) {
    name_space->mutable_status()->set_phase("Terminating");
  }
  return MayGo(*object);
}

bool MayGo(const Object& object) {
  const k8s::meta::v1::ObjectMeta& meta = api::Meta(object);
  if (!meta.has_deletiontimestamp() || meta.deletiongraceperiodseconds() > 0 || !meta.finalizers().empty())
    return false;
  const auto* name_space = AsKind<k8s::core::v1::Namespace>(object);
  return name_space == nullptr || name_space->spec().finalizers().empty();
}

absl::Status Bind(const ResourceInfo& resource, const std::string& node, absl::Time now, Object* object) {
  auto* pod = AsKind<k8s::core::v1::Pod>(object);
  if (pod == nullptr) return api::MethodNotSupported(resource, "create");
  const std::string& name = pod->metadata().name();
  if (pod->metadata().has_deletiontimestamp()) {
    return api::Conflict(resource, name, absl::StrCat("pod ", name, " is being deleted, cannot be assigned to a host"));
  }
  if (!pod->spec().nodename().empty()) {
    return api::Conflict(resource, name,
                         absl::StrCat("pod ", name, " is already assigned to node \"", pod->spec().nodename(), "\""));
  }
  pod->mutable_spec()->set_nodename(node);
  k8s::core::v1::PodCondition* scheduled = nullptr;
  for (k8s::core::v1::PodCondition& condition : *pod->mutable_status()->mutable_conditions()) {
    if (condition.type() == "PodScheduled") scheduled = &condition;
  }
  if (scheduled == nullptr) scheduled = pod->mutable_status()->add_conditions();
  scheduled->Clear();
  scheduled->set_type("PodScheduled");
  scheduled->set_status("True");
  api::ToProto(now, scheduled->mutable_lasttransitiontime());
  return absl::OkStatus();
}

}  // namespace kubelite::client
