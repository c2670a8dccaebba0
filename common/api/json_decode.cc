#include <bitset>
#include <limits>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/api/edit_distance.h"
#include "common/api/errors.h"
#include "common/api/go_quote.h"
#include "common/api/json.h"
#include "common/api/json_document.h"
#include "common/api/json_path.h"
#include "common/api/json_plan.h"
#include "common/api/json_special.h"
#include "common/api/scheme.h"
#include "common/base/status_macros.h"

namespace kubelite::api {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::Reflection;
using simdjson::dom::element;
using simdjson::dom::element_type;

// Protobuf readers refuse messages nested deeper than 100.
constexpr int kMaxMessageDepth = 90;

absl::string_view TextOf(const element& value) { return ToAbsl(value.get_string().value_unsafe()); }

// Sets a scalar: `message` is either the field's message or, with `repeated`, gets one more element.
class ScalarSetter {
 public:
  ScalarSetter(const FieldDescriptor* field, Message* message)
      : field_(field), message_(message), reflection_(message->GetReflection()) {}

  void Text(std::string text) {
    if (field_->is_repeated()) return reflection_->AddString(message_, field_, std::move(text));
    reflection_->SetString(message_, field_, std::move(text));
  }
  void Bool(bool value) {
    if (field_->is_repeated()) return reflection_->AddBool(message_, field_, value);
    reflection_->SetBool(message_, field_, value);
  }
  void Integer(int64_t value) {
    const bool wide = field_->cpp_type() == FieldDescriptor::CPPTYPE_INT64;
    if (field_->is_repeated()) {
      return wide ? reflection_->AddInt64(message_, field_, value)
                  : reflection_->AddInt32(message_, field_, static_cast<int32_t>(value));
    }
    return wide ? reflection_->SetInt64(message_, field_, value)
                : reflection_->SetInt32(message_, field_, static_cast<int32_t>(value));
  }
  void Double(double value) {
    if (field_->is_repeated()) return reflection_->AddDouble(message_, field_, value);
    reflection_->SetDouble(message_, field_, value);
  }

 private:
  const FieldDescriptor* const field_;
  Message* const message_;
  const Reflection* const reflection_;
};

// A scalar that was read and checked but not yet stored.
struct Scalar {
  std::string text;
  bool boolean = false;
  int64_t integer = 0;
  double number = 0;
  bool zero = true;

  void Store(const FieldDescriptor* field, Message* message) {
    ScalarSetter setter(field, message);
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        return setter.Text(std::move(text));
      case FieldDescriptor::CPPTYPE_BOOL:
        return setter.Bool(boolean);
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return setter.Double(number);
      default:
        return setter.Integer(integer);
    }
  }
};

absl::Status ReadInteger(const FieldDescriptor* field, const element& value, Scalar* out) {
  const bool wide = field->cpp_type() == FieldDescriptor::CPPTYPE_INT64;
  bool in_range = value.type() == element_type::INT64;
  if (!in_range && value.type() != element_type::UINT64) return WrongType("integer", value);
  if (in_range) out->integer = value.get_int64().value_unsafe();
  in_range = in_range && (wide || (out->integer >= std::numeric_limits<int32_t>::min() &&
                                   out->integer <= std::numeric_limits<int32_t>::max()));
  if (!in_range) {
    return absl::InvalidArgumentError(
        absl::StrCat(MinifyJson(value), " is out of range for a ", wide ? 64 : 32, "-bit integer"));
  }
  out->zero = out->integer == 0;
  return absl::OkStatus();
}

absl::Status ReadScalar(const FieldDescriptor* field, const element& value, Scalar* out) {
  if (value.type() == element_type::NULL_VALUE) return absl::OkStatus();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING: {
      const bool bytes = field->type() == FieldDescriptor::TYPE_BYTES;
      if (value.type() != element_type::STRING) return WrongType(bytes ? "base64 string" : "string", value);
      if (!bytes) {
        out->text = std::string(TextOf(value));
      } else if (!absl::Base64Unescape(TextOf(value), &out->text)) {
        return absl::InvalidArgumentError("the value is not base64 (standard alphabet, padded)");
      }
      out->zero = out->text.empty();
      return absl::OkStatus();
    }
    case FieldDescriptor::CPPTYPE_BOOL:
      if (value.type() != element_type::BOOL) return WrongType("boolean", value);
      out->boolean = value.get_bool().value_unsafe();
      out->zero = !out->boolean;
      return absl::OkStatus();
    case FieldDescriptor::CPPTYPE_DOUBLE:
      if (!value.is_number()) return WrongType("number", value);
      out->number = value.get_double().value();
      out->zero = out->number == 0;
      return absl::OkStatus();
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
      return ReadInteger(field, value, out);
    default:
      return absl::InternalError("the schema has a scalar type that JSON objects do not use");
  }
}

class JsonDecoder {
 public:
  explicit JsonDecoder(const DecodeOptions& options) : options_(options) {}

  absl::Status DecodeRoot(const element& root, Object* object) {
    object->Clear();
    bool set = false;
    RETURN_IF_ERROR(DecodeMessage(PlanFor(object->GetDescriptor()), root, object, JsonPath(), 0, &set));
    if (strict_.empty()) return absl::OkStatus();
    if (options_.unknown == DecodeOptions::Unknown::kStrict) {
      return absl::InvalidArgumentError(absl::StrCat("strict decoding error: ", absl::StrJoin(strict_, ", ")));
    }
    if (options_.warnings != nullptr) {
      options_.warnings->insert(options_.warnings->end(), strict_.begin(), strict_.end());
    }
    return absl::OkStatus();
  }

 private:
  // Zero values of fields without presence, and messages without presence that come out empty, stay unset: there is one
  // form of each value. `*set` tells whether the message holds anything.
  absl::Status DecodeMessage(const MessagePlan& plan, const element& value, Message* out, const JsonPath& path,
                             int depth, bool* set) {
    if (depth > kMaxMessageDepth) return At(path, absl::InvalidArgumentError("the value is nested too deeply"));
    if (plan.shape == JsonShape::kObject) {
      if (value.type() != element_type::OBJECT) return At(path, WrongType("object", value));
      return DecodeObject(plan, ObjectOf(value), out, path, depth, set);
    }
    if (!IsValueShape(plan.shape)) return DecodeSchemaUnion(plan, value, out, path, depth, set);
    const absl::Status status = DecodeValueShape(plan.shape, value, out, set);
    return status.ok() ? status : At(path, status);
  }

  absl::Status DecodeObject(const MessagePlan& plan, simdjson::dom::object object, Message* out, const JsonPath& path,
                            int depth, bool* set) {
    std::bitset<kMaxPlanFields> seen;
    int type_meta_seen = 0;
    for (const auto [raw_key, value] : object) {
      const absl::string_view key = ToAbsl(raw_key);
      const JsonPath child = path.Child(key);
      const auto found = plan.index.find(key);
      if (found == plan.index.end()) {
        const int bit = key == "apiVersion" ? 1 : key == "kind" ? 2 : 0;
        if (plan.type_meta == nullptr || bit == 0) {
          NoteUnknown(plan, key, child);
          continue;
        }
        if ((type_meta_seen & bit) != 0) NoteDuplicate(child);
        type_meta_seen |= bit;
        RETURN_IF_ERROR(CheckTypeMeta(plan, key, value, child));
        continue;
      }
      const FieldPlan& field = plan.fields[found->second];
      if (seen[found->second]) {
        NoteDuplicate(child);
        ClearField(field, out);
      }
      seen.set(found->second);
      if (value.type() != element_type::NULL_VALUE) RETURN_IF_ERROR(DecodeField(field, value, out, child, depth, set));
    }
    return absl::OkStatus();
  }

  absl::Status DecodeField(const FieldPlan& field, const element& value, Message* out, const JsonPath& path, int depth,
                           bool* set) {
    if (field.map_key != nullptr) return DecodeMap(field, value, out, path, depth, set);
    if (field.field->is_repeated()) return DecodeArray(field, value, out, path, depth, set);
    if (field.message == nullptr) {
      Scalar scalar;
      if (const absl::Status status = ReadScalar(field.field, value, &scalar); !status.ok()) return At(path, status);
      if (scalar.zero && !field.presence) return absl::OkStatus();
      scalar.Store(field.field, Holder(field, out));
      *set = true;
      return absl::OkStatus();
    }
    Message* holder = Holder(field, out);
    bool member_set = false;
    RETURN_IF_ERROR(DecodeMessage(*field.message, value, holder->GetReflection()->MutableMessage(holder, field.field),
                                  path, depth + 1, &member_set));
    const JsonShape shape = field.message->shape;
    if (member_set || (field.presence && shape != JsonShape::kTime && shape != JsonShape::kMicroTime)) {
      *set = true;
    } else {
      ClearField(field, out);
    }
    return absl::OkStatus();
  }

  absl::Status DecodeArray(const FieldPlan& field, const element& value, Message* out, const JsonPath& path, int depth,
                           bool* set) {
    if (value.type() != element_type::ARRAY) return At(path, WrongType("array", value));
    int index = 0;
    Message* holder = nullptr;
    for (const element item : ArrayOf(value)) {
      const JsonPath child = path.Element(index++);
      if (holder == nullptr) holder = Holder(field, out);
      *set = true;
      if (field.message == nullptr) {
        Scalar scalar;
        if (const absl::Status status = ReadScalar(field.field, item, &scalar); !status.ok()) return At(child, status);
        scalar.Store(field.field, holder);
        continue;
      }
      Message* added = holder->GetReflection()->AddMessage(holder, field.field);
      bool ignored = false;
      if (item.type() == element_type::NULL_VALUE) continue;
      RETURN_IF_ERROR(DecodeMessage(*field.message, item, added, child, depth + 1, &ignored));
    }
    return absl::OkStatus();
  }

  absl::Status DecodeMap(const FieldPlan& field, const element& value, Message* out, const JsonPath& path, int depth,
                         bool* set) {
    if (value.type() != element_type::OBJECT) return At(path, WrongType("object", value));
    const simdjson::dom::object object = ObjectOf(value);
    absl::flat_hash_map<absl::string_view, Message*> entries;
    entries.reserve(object.size());
    Message* holder = nullptr;
    for (const auto [raw_key, item] : object) {
      const absl::string_view key = ToAbsl(raw_key);
      const JsonPath child = path.Child(key);
      if (holder == nullptr) holder = Holder(field, out);
      *set = true;
      Message*& entry = entries[key];
      if (entry != nullptr) {
        NoteDuplicate(child);
      } else {
        entry = holder->GetReflection()->AddMessage(holder, field.field);
      }
      const Reflection* reflection = entry->GetReflection();
      reflection->SetString(entry, field.map_key, std::string(key));
      reflection->ClearField(entry, field.value);
      if (field.message == nullptr) {
        Scalar scalar;
        if (const absl::Status status = ReadScalar(field.value, item, &scalar); !status.ok()) return At(child, status);
        scalar.Store(field.value, entry);
        continue;
      }
      Message* target = reflection->MutableMessage(entry, field.value);
      bool ignored = false;
      if (item.type() == element_type::NULL_VALUE) continue;
      RETURN_IF_ERROR(DecodeMessage(*field.message, item, target, child, depth + 2, &ignored));
    }
    return absl::OkStatus();
  }

  // A schema object in "schema", or the other shape in the union's second member.
  absl::Status DecodeSchemaUnion(const MessagePlan& plan, const element& value, Message* out, const JsonPath& path,
                                 int depth, bool* set) {
    const auto member = [&](absl::string_view name) -> const FieldPlan& { return plan.fields[plan.index.at(name)]; };
    *set = true;
    bool ignored = false;
    if (value.type() == element_type::OBJECT) {
      const FieldPlan& schema = member("schema");
      if (plan.shape == JsonShape::kSchemaOrBool) {
        out->GetReflection()->SetBool(out, member("allows").field, true);
      }
      return DecodeMessage(*schema.message, value, out->GetReflection()->MutableMessage(out, schema.field), path,
                           depth + 1, &ignored);
    }
    if (plan.shape == JsonShape::kSchemaOrBool) {
      if (value.type() != element_type::BOOL) return At(path, WrongType("schema object or boolean", value));
      out->GetReflection()->SetBool(out, member("allows").field, value.get_bool().value_unsafe());
      return absl::OkStatus();
    }
    if (value.type() != element_type::ARRAY) return At(path, WrongType("schema object or array", value));
    const bool strings = plan.shape == JsonShape::kSchemaOrStrings;
    return DecodeArray(member(strings ? "property" : "jSONSchemas"), value, out, path, depth, &ignored);
  }

  // The message that holds the field, created on the way.
  static Message* Holder(const FieldPlan& field, Message* message) {
    for (const FieldDescriptor* step : field.through) message = message->GetReflection()->MutableMessage(message, step);
    return message;
  }

  // Unsets the field, and inlined messages that are empty then.
  static void ClearField(const FieldPlan& field, Message* message, size_t step = 0) {
    const Reflection* reflection = message->GetReflection();
    if (step == field.through.size()) return reflection->ClearField(message, field.field);
    if (!reflection->HasField(*message, field.through[step])) return;
    Message* inlined = reflection->MutableMessage(message, field.through[step]);
    ClearField(field, inlined, step + 1);
    if (inlined->ByteSizeLong() == 0) reflection->ClearField(message, field.through[step]);
  }

  absl::Status CheckTypeMeta(const MessagePlan& plan, absl::string_view key, const element& value,
                             const JsonPath& path) {
    if (value.type() == element_type::NULL_VALUE) return absl::OkStatus();
    if (value.type() != element_type::STRING) return At(path, WrongType("string", value));
    // Option kinds are known in every group and version.
    if (key == "apiVersion" && plan.descriptor->file()->package() == "k8s.meta.v1") return absl::OkStatus();
    const std::string expected = key == "kind" ? plan.type_meta->kind : plan.type_meta->ApiVersion();
    const absl::string_view actual = TextOf(value);
    if (actual == expected || actual.empty()) return absl::OkStatus();
    return At(path,
              absl::InvalidArgumentError(absl::StrCat("expected ", GoQuote(expected), ", got ", GoQuote(actual))));
  }

  static absl::Status At(const JsonPath& path, const absl::Status& status) {
    if (path.parent == nullptr) return status;
    return absl::InvalidArgumentError(absl::StrCat("field ", GoQuote(path.ToString()), ": ", status.message()));
  }

  void NoteUnknown(const MessagePlan& plan, absl::string_view key, const JsonPath& path) {
    if (options_.unknown == DecodeOptions::Unknown::kIgnore) return;
    std::string note = absl::StrCat("unknown field ", GoQuote(path.ToString()));
    for (const FieldPlan& field : plan.fields) {
      if (!LooksLike(key, field.name)) continue;
      absl::StrAppend(&note, " (did you mean ", GoQuote(field.name), "?)");
      break;
    }
    Note(std::move(note));
  }

  void NoteDuplicate(const JsonPath& path) {
    if (options_.unknown == DecodeOptions::Unknown::kIgnore) return;
    Note(absl::StrCat("duplicate field ", GoQuote(path.ToString())));
  }

  void Note(std::string note) {
    // Enough to see what is wrong; the rest is not worth the memory of a hostile text.
    constexpr size_t kMaxNotes = 100;
    if (strict_.size() < kMaxNotes) strict_.push_back(std::move(note));
  }

  const DecodeOptions& options_;
  std::vector<std::string> strict_;
};

absl::Status AsBadRequest(const absl::Status& status) { return status.ok() ? status : BadRequest(status.message()); }

// Reads one key of the type; an absent key or null gives "".
absl::Status ReadTypeKey(const element& root, absl::string_view key, std::string* out) {
  element value;
  if (root.at_key(std::string_view(key.data(), key.size())).get(value) != simdjson::SUCCESS) return absl::OkStatus();
  if (value.type() == element_type::NULL_VALUE) return absl::OkStatus();
  if (value.type() != element_type::STRING) {
    return absl::InvalidArgumentError(absl::StrCat("field \"", key, "\": ", WrongType("string", value).message()));
  }
  *out = std::string(TextOf(value));
  return absl::OkStatus();
}

absl::StatusOr<TypeMeta> ReadTypeMeta(const element& root) {
  if (root.type() != element_type::OBJECT) return WrongType("object", root);
  TypeMeta type;
  RETURN_IF_ERROR(ReadTypeKey(root, "apiVersion", &type.api_version));
  RETURN_IF_ERROR(ReadTypeKey(root, "kind", &type.kind));
  return type;
}

absl::Status Missing(absl::string_view what, absl::string_view json) {
  constexpr size_t kShown = 100;
  return absl::InvalidArgumentError(absl::StrCat("Object '", what, "' is missing in '", json.substr(0, kShown),
                                                 json.size() > kShown ? "..." : "", "'"));
}

absl::StatusOr<std::unique_ptr<Object>> Decode(absl::string_view json, const DecodeOptions& options) {
  ASSIGN_OR_RETURN(const JsonDocument document, JsonDocument::Parse(json));
  ASSIGN_OR_RETURN(const TypeMeta type, ReadTypeMeta(document.root()));
  if (type.kind.empty()) return Missing("Kind", json);
  if (type.api_version.empty()) return Missing("apiVersion", json);
  ASSIGN_OR_RETURN(const GroupVersionKind gvk, ParseApiVersion(type.api_version, type.kind));
  ASSIGN_OR_RETURN(std::unique_ptr<Object> object, Scheme::Builtin().New(gvk));
  RETURN_IF_ERROR(JsonDecoder(options).DecodeRoot(document.root(), object.get()));
  return object;
}

absl::Status DecodeInto(absl::string_view json, Object* object, const DecodeOptions& options) {
  ASSIGN_OR_RETURN(const JsonDocument document, JsonDocument::Parse(json));
  return JsonDecoder(options).DecodeRoot(document.root(), object);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Object>> DecodeJson(absl::string_view json, const DecodeOptions& options) {
  absl::StatusOr<std::unique_ptr<Object>> object = Decode(json, options);
  if (!object.ok()) return AsBadRequest(object.status());
  return object;
}

absl::Status DecodeJsonInto(absl::string_view json, Object* object, const DecodeOptions& options) {
  return AsBadRequest(DecodeInto(json, object, options));
}

absl::StatusOr<TypeMeta> PeekTypeMeta(absl::string_view json) {
  absl::StatusOr<JsonDocument> document = JsonDocument::Parse(json);
  if (!document.ok()) return AsBadRequest(document.status());
  absl::StatusOr<TypeMeta> type = ReadTypeMeta(document->root());
  if (!type.ok()) return AsBadRequest(type.status());
  return type;
}

}  // namespace kubelite::api
