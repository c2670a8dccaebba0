#include "common/api/json_field.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "common/api/json_special.h"
#include "common/api/json_text.h"

namespace kubelite::api {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::Reflection;

namespace {

bool IsZeroScalar(const Message& message, const FieldDescriptor* field) {
  const Reflection* reflection = message.GetReflection();
  std::string scratch;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection->GetStringReference(message, field, &scratch).empty();
    case FieldDescriptor::CPPTYPE_BOOL:
      return !reflection->GetBool(message, field);
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection->GetInt32(message, field) == 0;
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection->GetInt64(message, field) == 0;
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return reflection->GetDouble(message, field) == 0;
    default:
      return true;
  }
}

bool IsZeroMessage(const MessagePlan& plan, const Message& message) {
  if (message.ByteSizeLong() == 0) return true;
  if (!IsValueShape(plan.shape)) return false;
  std::string text;
  EncodeValueShape(plan.shape, message, &text);
  return text == "null";
}

}  // namespace

void AppendScalar(const Message& message, const FieldDescriptor* field, int index, std::string* out) {
  const Reflection* reflection = message.GetReflection();
  const bool single = index < 0;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING: {
      std::string scratch;
      const std::string& text = single ? reflection->GetStringReference(message, field, &scratch)
                                       : reflection->GetRepeatedStringReference(message, field, index, &scratch);
      if (field->type() == FieldDescriptor::TYPE_BYTES) return AppendJsonString(absl::Base64Escape(text), out);
      return AppendJsonString(text, out);
    }
    case FieldDescriptor::CPPTYPE_BOOL:
      out->append((single ? reflection->GetBool(message, field) : reflection->GetRepeatedBool(message, field, index))
                      ? "true"
                      : "false");
      return;
    case FieldDescriptor::CPPTYPE_INT32:
      return AppendJsonInt(
          single ? reflection->GetInt32(message, field) : reflection->GetRepeatedInt32(message, field, index), out);
    case FieldDescriptor::CPPTYPE_INT64:
      return AppendJsonInt(
          single ? reflection->GetInt64(message, field) : reflection->GetRepeatedInt64(message, field, index), out);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return AppendJsonDouble(
          single ? reflection->GetDouble(message, field) : reflection->GetRepeatedDouble(message, field, index), out);
    default:
      out->append("null");
  }
}

bool IsWritten(const FieldPlan& field, const Message& holder) {
  const Reflection* reflection = holder.GetReflection();
  if (field.field->is_repeated()) return field.always || reflection->FieldSize(holder, field.field) > 0;
  if (field.presence) return field.always || reflection->HasField(holder, field.field);
  if (field.message == nullptr) return field.always || !IsZeroScalar(holder, field.field);
  return !field.omit_zero || !IsZeroMessage(*field.message, reflection->GetMessage(holder, field.field));
}

const Message& HolderOf(const FieldPlan& field, const Message& message) {
  const Message* holder = &message;
  for (const FieldDescriptor* step : field.through) holder = &holder->GetReflection()->GetMessage(*holder, step);
  return *holder;
}

std::vector<MapEntry> SortedEntries(const FieldPlan& field, const Message& holder) {
  const Reflection* reflection = holder.GetReflection();
  const int size = reflection->FieldSize(holder, field.field);
  std::vector<MapEntry> entries;
  entries.reserve(size);
  for (int i = 0; i < size; ++i) {
    const Message& entry = reflection->GetRepeatedMessage(holder, field.field, i);
    entries.emplace_back(entry.GetReflection()->GetString(entry, field.map_key), &entry);
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

}  // namespace kubelite::api
