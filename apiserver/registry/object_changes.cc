#include "apiserver/registry/object_changes.h"

#include "absl/strings/str_split.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace kubelite::apiserver {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Maps in key order, so that equal messages give equal bytes.
std::string StableBytes(const Message& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

const FieldDescriptor* StatusField(const Message& object) {
  const FieldDescriptor* field = object.GetDescriptor()->FindFieldByName("status");
  return field != nullptr && field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !field->is_repeated() ? field
                                                                                                            : nullptr;
}

// `message` with only `field` in it.
std::unique_ptr<Message> Only(const Message& message, const FieldDescriptor* field) {
  std::unique_ptr<Message> copy(message.New());
  if (!field->is_repeated() && field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    const google::protobuf::Reflection& reflection = *message.GetReflection();
    if (reflection.HasField(message, field)) {
      reflection.MutableMessage(copy.get(), field)->CopyFrom(reflection.GetMessage(message, field));
    }
    return copy;
  }
  std::unique_ptr<Message> full(message.New());
  full->CopyFrom(message);
  message.GetReflection()->SwapFields(copy.get(), full.get(), {field});
  return copy;
}

}  // namespace

bool SameContent(const api::Object& a, const api::Object& b) {
  if (api::Meta(a).resourceversion() == api::Meta(b).resourceversion()) return StableBytes(a) == StableBytes(b);
  std::unique_ptr<api::Object> copy = api::Clone(a);
  api::MutableMeta(copy.get())->set_resourceversion(api::Meta(b).resourceversion());
  return StableBytes(*copy) == StableBytes(b);
}

bool SameAt(const api::Object& a, const api::Object& b, const std::string& path) {
  const Message* at_a = &a;
  const Message* at_b = &b;
  const std::vector<std::string> parts = absl::StrSplit(path, '.');
  for (size_t i = 0; i < parts.size(); ++i) {
    const FieldDescriptor* field = at_a->GetDescriptor()->FindFieldByName(parts[i]);
    if (field == nullptr) return true;
    const bool plain_message = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !field->is_repeated();
    if (i + 1 == parts.size() || !plain_message) {
      return StableBytes(*Only(*at_a, field)) == StableBytes(*Only(*at_b, field));
    }
    at_a = &at_a->GetReflection()->GetMessage(*at_a, field);
    at_b = &at_b->GetReflection()->GetMessage(*at_b, field);
  }
  return true;
}

bool SameAtAll(const api::Object& a, const api::Object& b, const std::vector<std::string>& paths) {
  return std::all_of(paths.begin(), paths.end(), [&](const std::string& path) { return SameAt(a, b, path); });
}

bool HasStatus(const api::Object& object) { return StatusField(object) != nullptr; }

void ClearStatus(api::Object* object) {
  if (const FieldDescriptor* status = StatusField(*object)) object->GetReflection()->ClearField(object, status);
}

void KeepStatus(api::Object* object, const api::Object& from) {
  const FieldDescriptor* status = StatusField(*object);
  if (status == nullptr) return;
  const google::protobuf::Reflection& reflection = *object->GetReflection();
  if (reflection.HasField(from, status)) {
    reflection.MutableMessage(object, status)->CopyFrom(reflection.GetMessage(from, status));
  } else {
    reflection.ClearField(object, status);
  }
}

void KeepAllButStatus(api::Object* object, const api::Object& from) {
  std::unique_ptr<api::Object> kept = api::Clone(from);
  const google::protobuf::Reflection& reflection = *object->GetReflection();
  std::vector<const FieldDescriptor*> fields = {object->GetDescriptor()->FindFieldByName("metadata")};
  if (const FieldDescriptor* status = StatusField(*object)) fields.push_back(status);
  reflection.SwapFields(kept.get(), object, fields);
  reflection.Swap(object, kept.get());
}

}  // namespace kubelite::apiserver
