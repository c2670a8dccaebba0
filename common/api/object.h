#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace k8s::meta::v1 {
class ObjectMeta;
class OwnerReference;
}  // namespace k8s::meta::v1

namespace kubelite::api {

// Every API object is a protobuf message whose field 1 is `metadata`. Cached and stored objects are shared and const:
// to edit one, copy it.
using Object = google::protobuf::Message;
using ObjectPtr = std::shared_ptr<const Object>;

// Namespace and name; the namespace is empty for cluster-scoped objects.
struct ObjectKey {
  std::string name_space;
  std::string name;
  std::string ToString() const;  // "ns/name" or "name"
  // The inverse of ToString.
  static ObjectKey Parse(absl::string_view text);
  auto operator<=>(const ObjectKey&) const = default;
  template <typename H>
  friend H AbslHashValue(H h, const ObjectKey& k) {
    return H::combine(std::move(h), k.name_space, k.name);
  }
};

// The object's metadata. CHECK-fails for a message that has none (a programming error: see HasMetadata).
const k8s::meta::v1::ObjectMeta& Meta(const Object& object);
k8s::meta::v1::ObjectMeta* MutableMeta(Object* object);
bool HasMetadata(const google::protobuf::Descriptor* descriptor);
ObjectKey KeyOf(const Object& object);
// metadata.resourceVersion as a number; 0 when unset or not a number.
int64_t ResourceVersion(const Object& object);

std::unique_ptr<Object> Clone(const Object& object);
// A typed view of a shared object, which must be of that type.
template <typename T>
std::shared_ptr<const T> As(const ObjectPtr& object) {
  return std::shared_ptr<const T>(object, static_cast<const T*>(object.get()));
}

// The owner reference with controller=true, or null.
const k8s::meta::v1::OwnerReference* ControllerOf(const Object& object);
bool IsControlledBy(const Object& object, const Object& owner);  // by uid
// A reference with controller and blockOwnerDeletion set. `owner` must be a registered kind with a uid.
k8s::meta::v1::OwnerReference MakeControllerRef(const Object& owner);

bool HasFinalizer(const Object& object, absl::string_view finalizer);
// Both return whether they changed anything.
bool AddFinalizer(Object* object, absl::string_view finalizer);
bool RemoveFinalizer(Object* object, absl::string_view finalizer);
bool IsBeingDeleted(const Object& object);

// "" when absent.
std::string GetLabel(const Object& object, const std::string& key);
std::string GetAnnotation(const Object& object, const std::string& key);

}  // namespace kubelite::api
