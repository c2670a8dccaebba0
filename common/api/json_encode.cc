#include <algorithm>

#include "common/api/json.h"
#include "common/api/json_field.h"
#include "common/api/json_plan.h"
#include "common/api/json_special.h"
#include "common/api/json_text.h"

namespace kubelite::api {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::Reflection;

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
      const Message* holder = &HolderOf(field, message);
      if (!IsWritten(field, *holder)) continue;
      if (out_->size() != start) out_->push_back(',');
      out_->append(field.quoted);
      EncodeField(field, *holder);
    }
    out_->push_back('}');
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
    char separator = '{';
    for (const auto& [key, entry] : SortedEntries(field, holder)) {
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
