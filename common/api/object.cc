#include "common/api/object.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/api/scheme.h"
#include "common/base/check.h"
#include "k8s/meta/v1.pb.h"

namespace kubelite::api {

using ::k8s::meta::v1::ObjectMeta;
using ::k8s::meta::v1::OwnerReference;

namespace {

const google::protobuf::FieldDescriptor* MetadataField(const google::protobuf::Descriptor* descriptor) {
  const google::protobuf::FieldDescriptor* field = descriptor->FindFieldByNumber(1);
  if (field == nullptr || field->is_repeated() || field->message_type() != ObjectMeta::descriptor()) return nullptr;
  return field;
}

}  // namespace

std::string ObjectKey::ToString() const { return name_space.empty() ? name : absl::StrCat(name_space, "/", name); }

ObjectKey ObjectKey::Parse(absl::string_view text) {
  const size_t slash = text.find('/');
  if (slash == absl::string_view::npos) return {"", std::string(text)};
  return {std::string(text.substr(0, slash)), std::string(text.substr(slash + 1))};
}

bool HasMetadata(const google::protobuf::Descriptor* descriptor) { return MetadataField(descriptor) != nullptr; }

const ObjectMeta& Meta(const Object& object) {
  const google::protobuf::FieldDescriptor* field = MetadataField(object.GetDescriptor());
  CHECK(field != nullptr);
  return static_cast<const ObjectMeta&>(object.GetReflection()->GetMessage(object, field));
}

ObjectMeta* MutableMeta(Object* object) {
  const google::protobuf::FieldDescriptor* field = MetadataField(object->GetDescriptor());
  CHECK(field != nullptr);
  return static_cast<ObjectMeta*>(object->GetReflection()->MutableMessage(object, field));
}

ObjectKey KeyOf(const Object& object) {
  const ObjectMeta& meta = Meta(object);
  return {meta.namespace_(), meta.name()};
}

int64_t ResourceVersion(const Object& object) {
  int64_t version = 0;
  return absl::SimpleAtoi(Meta(object).resourceversion(), &version) ? version : 0;
}

std::unique_ptr<Object> Clone(const Object& object) {
  std::unique_ptr<Object> copy(object.New());
  copy->CopyFrom(object);
  return copy;
}

const OwnerReference* ControllerOf(const Object& object) {
  for (const OwnerReference& owner : Meta(object).ownerreferences()) {
    if (owner.controller()) return &owner;
  }
  return nullptr;
}

bool IsControlledBy(const Object& object, const Object& owner) {
  const OwnerReference* reference = ControllerOf(object);
  return reference != nullptr && !reference->uid().empty() && reference->uid() == Meta(owner).uid();
}

OwnerReference MakeControllerRef(const Object& owner) {
  const GroupVersionKind* kind = Scheme::Builtin().KindOf(owner.GetDescriptor());
  CHECK(kind != nullptr);
  OwnerReference reference;
  reference.set_apiversion(kind->ApiVersion());
  reference.set_kind(kind->kind);
  reference.set_name(Meta(owner).name());
  reference.set_uid(Meta(owner).uid());
  reference.set_controller(true);
  reference.set_blockownerdeletion(true);
  return reference;
}

bool HasFinalizer(const Object& object, absl::string_view finalizer) {
  for (const std::string& present : Meta(object).finalizers()) {
    if (present == finalizer) return true;
  }
  return false;
}

bool AddFinalizer(Object* object, absl::string_view finalizer) {
  if (HasFinalizer(*object, finalizer)) return false;
  MutableMeta(object)->add_finalizers(std::string(finalizer));
  return true;
}

bool RemoveFinalizer(Object* object, absl::string_view finalizer) {
  if (!HasFinalizer(*object, finalizer)) return false;
  auto* finalizers = MutableMeta(object)->mutable_finalizers();
  finalizers->erase(std::remove(finalizers->begin(), finalizers->end(), finalizer), finalizers->end());
  return true;
}

bool IsBeingDeleted(const Object& object) { return Meta(object).has_deletiontimestamp(); }

std::string GetLabel(const Object& object, const std::string& key) {
  const auto& labels = Meta(object).labels();
  const auto found = labels.find(key);
  return found == labels.end() ? "" : found->second;
}

std::string GetAnnotation(const Object& object, const std::string& key) {
  const auto& annotations = Meta(object).annotations();
  const auto found = annotations.find(key);
  return found == annotations.end() ? "" : found->second;
}

}  // namespace kubelite::api
