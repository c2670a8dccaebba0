#include "apiserver/filters/pod_references.h"

#include <algorithm>
#include <functional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "apiserver/admission/pods.h"

namespace kubelite::apiserver {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using k8s::core::v1::LocalObjectReference;
using k8s::core::v1::Pod;
// A message and the name of the field that holds it; true ends the walk.
using Visit = std::function<bool(const Message& message, const std::string& field)>;

// True when `visit` was for one of the messages in `message`, at any depth.
bool AnyWithin(const Message& message, const Visit& visit) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE || field->is_map()) continue;
    const int count = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      const Message& part = field->is_repeated() ? reflection.GetRepeatedMessage(message, field, i)
                                                 : reflection.GetMessage(message, field);
      if (visit(part, field->name()) || AnyWithin(part, visit)) return true;
    }
  }
  return false;
}

std::string StringOf(const Message& message, const char* field) {
  const FieldDescriptor* found = message.GetDescriptor()->FindFieldByName(field);
  if (found == nullptr || found->cpp_type() != FieldDescriptor::CPPTYPE_STRING) return "";
  return message.GetReflection()->GetString(message, found);
}

// The schema writes a reference in three ways: an inlined LocalObjectReference in a message named after the kind
// (SecretKeySelector, ConfigMapVolumeSource), the field secretName, and a field of type LocalObjectReference, which is
// a secret's everywhere in a pod's spec.
bool NamesObject(const Message& message, const std::string& field, absl::string_view kind, absl::string_view name) {
  if (absl::StartsWith(message.GetDescriptor()->name(), kind)) {
    const FieldDescriptor* inlined = message.GetDescriptor()->FindFieldByName("localObjectReference");
    if (inlined != nullptr && StringOf(message.GetReflection()->GetMessage(message, inlined), "name") == name) {
      return true;
    }
  }
  if (kind != "Secret") return false;
  if (StringOf(message, "secretName") == name) return true;
  return message.GetDescriptor() == LocalObjectReference::descriptor() && field != "localObjectReference" &&
         static_cast<const LocalObjectReference&>(message).name() == name;
}

bool NamesClaim(const Pod& pod, absl::string_view name) {
  const auto& volumes = pod.spec().volumes();
  return std::any_of(volumes.begin(), volumes.end(), [&](const k8s::core::v1::Volume& volume) {
    const auto& source = volume.volumesource();
    if (source.has_persistentvolumeclaim()) return source.persistentvolumeclaim().claimname() == name;
    return source.has_ephemeral() && absl::StrCat(pod.metadata().name(), "-", volume.name()) == name;
  });
}

}  // namespace

bool PodRefersTo(const Pod& pod, absl::string_view resource, absl::string_view name) {
  if (name.empty() || IsMirrorPod(pod)) return false;
  if (resource == "serviceaccounts") return pod.spec().serviceaccountname() == name;
  if (resource == "persistentvolumeclaims") return NamesClaim(pod, name);
  const absl::string_view kind = resource == "secrets" ? "Secret" : resource == "configmaps" ? "ConfigMap" : "";
  if (kind.empty()) return false;
  return AnyWithin(pod.spec(), [&](const Message& message, const std::string& field) {
    return NamesObject(message, field, kind, name);
  });
}

}  // namespace kubelite::apiserver
