#include "controllers/deployment/template.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "absl/strings/str_cat.h"
#include "kubelite/options.pb.h"

namespace kubelite::controllers {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

bool IsZeroScalar(const Message& message, const FieldDescriptor* field) {
  const Reflection* reflection = message.GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection->GetInt32(message, field) == 0;
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection->GetInt64(message, field) == 0;
    case FieldDescriptor::CPPTYPE_BOOL:
      return !reflection->GetBool(message, field);
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection->GetString(message, field).empty();
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return reflection->GetDouble(message, field) == 0;
    default:
      return false;
  }
}

// Clears members whose zero value means the same as their absence.
void DropMeaninglessZeros(Message* message) {
  const Reflection* reflection = message->GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(*message, &fields);
  for (const FieldDescriptor* field : fields) {
    const bool is_message = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    if (field->is_map()) continue;
    if (field->is_repeated()) {
      for (int i = 0; is_message && i < reflection->FieldSize(*message, field); ++i) {
        DropMeaninglessZeros(reflection->MutableRepeatedMessage(message, field, i));
      }
      continue;
    }
    if (is_message) DropMeaninglessZeros(reflection->MutableMessage(message, field));
    if (field->options().GetExtension(kubelite::field).presence()) continue;
    const bool empty =
        is_message ? reflection->GetMessage(*message, field).ByteSizeLong() == 0 : IsZeroScalar(*message, field);
    if (empty) reflection->ClearField(message, field);
  }
}

uint32_t Fnv1a(absl::string_view bytes, uint32_t hash) {
  for (unsigned char byte : bytes) hash = (hash ^ byte) * 16777619u;
  return hash;
}

}  // namespace

std::string CanonicalTemplate(const k8s::core::v1::PodTemplateSpec& pod_template) {
  k8s::core::v1::PodTemplateSpec copy = pod_template;
  copy.mutable_metadata()->mutable_labels()->erase(kPodTemplateHash);
  DropMeaninglessZeros(&copy);
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream output(&stream);
    output.SetSerializationDeterministic(true);
    copy.SerializeToCodedStream(&output);
  }
  return bytes;
}

std::string TemplateHash(const k8s::core::v1::PodTemplateSpec& pod_template, int collision_count) {
  // Letters and digits that form no words by accident, as in generated names.
  static constexpr char kAlphabet[] = "bcdfghjklmnpqrstvwxz2456789";
  uint32_t hash = Fnv1a(CanonicalTemplate(pod_template), 2166136261u);
  if (collision_count > 0) hash = Fnv1a(absl::StrCat("#", collision_count), hash);
  std::string text = absl::StrCat(hash);
  for (char& digit : text) digit = kAlphabet[static_cast<unsigned char>(digit) % (sizeof(kAlphabet) - 1)];
  return text;
}

}  // namespace kubelite::controllers
