#include <algorithm>

#include "absl/strings/escaping.h"
#include "common/api/json.h"
#include "common/api/json_plan.h"
#include "common/api/json_special.h"
#include "common/api/json_text.h"

namespace kubelite::api {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::Reflection;

// One scalar: of a singular field, or element `index` of a repeated one.
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

class JsonEncoder {
 public:
  explicit JsonEncoder(std::string* out) : out_(out) {}

  void EncodeRoot(const Object& object) { EncodeMessage(PlanFor(object.GetDescriptor()), object, true); }

 private:
  void EncodeMessage(const MessagePlan& plan, const Message& message, bool root = false) {
    if (plan.shape == JsonShape::kObject) return EncodeObject(plan, message, root);
    if (IsValueShape(plan.shape)) return EncodeValueShape(plan.shape, message, out_);
    EncodeSchemaUnion(plan, message);
  }

  void EncodeObject(const MessagePlan& plan, const Message& message, bool root) {
    out_->push_back('{');
    const size_t start = out_->size();
    // Embedded objects (the items of a list) carry their type too; embedded options do not.
    if (plan.type_meta != nullptr && (root || HasMetadata(plan.descriptor))) out_->append(plan.type_meta_text);
    for (const FieldPlan& field : plan.fields) {
      const Message* holder = &message;
      for (const FieldDescriptor* step : field.through) {
        holder = &holder->GetReflection()->GetMessage(*holder, step);
      }
      if (!IsWritten(field, *holder)) continue;
      if (out_->size() != start) out_->push_back(',');
      out_->append(field.quoted);
      EncodeField(field, *holder);
    }
    out_->push_back('}');
  }

  static bool IsWritten(const FieldPlan& field, const Message& holder) {
    const Reflection* reflection = holder.GetReflection();
    if (field.field->is_repeated()) return field.always || reflection->FieldSize(holder, field.field) > 0;
    if (field.presence) return field.always || reflection->HasField(holder, field.field);
    if (field.message == nullptr) return field.always || !IsZeroScalar(holder, field.field);
    return !field.omit_zero || !IsZeroMessage(*field.message, reflection->GetMessage(holder, field.field));
  }

  void EncodeField(const FieldPlan& field, const Message& holder) {
    const Reflection* reflection = holder.GetReflection();
    if (field.field->is_repeated()) {
      if (reflection->FieldSize(holder, field.field) == 0) {
        out_->append(field.empty_list_as_array ? "[]" : "null");
      } else if (field.map_key != nullptr) {
        EncodeMap(field, holder);
      } else {
        EncodeArray(field, holder);
      }
      return;
    }
    const bool unset = !reflection->HasField(holder, field.field);
    const bool is_bytes = field.field->type() == FieldDescriptor::TYPE_BYTES;
    if (unset && (field.presence || is_bytes)) {
      out_->append("null");
    } else if (field.message != nullptr) {
      EncodeMessage(*field.message, reflection->GetMessage(holder, field.field));
    } else {
      AppendScalar(holder, field.field, -1, out_);
    }
  }

  void EncodeArray(const FieldPlan& field, const Message& holder) {
    const Reflection* reflection = holder.GetReflection();
    const int size = reflection->FieldSize(holder, field.field);
    out_->push_back('[');
    for (int i = 0; i < size; ++i) {
      if (i > 0) out_->push_back(',');
      if (field.message == nullptr) {
        AppendScalar(holder, field.field, i, out_);
      } else {
        EncodeMessage(*field.message, reflection->GetRepeatedMessage(holder, field.field, i));
      }
    }
    out_->push_back(']');
  }

  void EncodeMap(const FieldPlan& field, const Message& holder) {
    const Reflection* reflection = holder.GetReflection();
    const int size = reflection->FieldSize(holder, field.field);
    std::vector<std::pair<std::string, const Message*>> entries;
    entries.reserve(size);
    for (int i = 0; i < size; ++i) {
      const Message& entry = reflection->GetRepeatedMessage(holder, field.field, i);
      entries.emplace_back(entry.GetReflection()->GetString(entry, field.map_key), &entry);
    }
    std::sort(entries.begin(), entries.end());
    char separator = '{';
    for (const auto& [key, entry] : entries) {
      out_->push_back(separator);
      separator = ',';
      AppendJsonString(key, out_);
      out_->push_back(':');
      if (field.message == nullptr) {
        AppendScalar(*entry, field.value, -1, out_);
      } else {
        EncodeMessage(*field.message, entry->GetReflection()->GetMessage(*entry, field.value));
      }
    }
    out_->push_back('}');
  }

  void EncodeSchemaUnion(const MessagePlan& plan, const Message& message) {
    const auto member = [&](absl::string_view name) -> const FieldPlan& { return plan.fields[plan.index.at(name)]; };
    const Reflection* reflection = message.GetReflection();
    const FieldPlan& schema = member("schema");
    if (reflection->HasField(message, schema.field)) {
      EncodeMessage(*schema.message, reflection->GetMessage(message, schema.field));
    } else if (plan.shape == JsonShape::kSchemaOrBool) {
      out_->append(reflection->GetBool(message, member("allows").field) ? "true" : "false");
    } else {
      EncodeArray(member(plan.shape == JsonShape::kSchemaOrStrings ? "property" : "jSONSchemas"), message);
    }
  }

  std::string* const out_;
};

}  // namespace

std::string EncodeJson(const Object& object) {
  std::string out;
  out.reserve(4096);
  JsonEncoder(&out).EncodeRoot(object);
  return out;
}

}  // namespace kubelite::api
