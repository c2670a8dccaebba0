#include "common/api/json_special.h"

#include <limits>

#include "absl/strings/str_cat.h"
#include "common/api/int_or_string.h"
#include "common/api/json_document.h"
#include "common/api/json_text.h"
#include "common/api/quantity.h"
#include "common/api/time.h"
#include "common/base/status_macros.h"
#include "k8s/apimachinery/intstr.pb.h"
#include "k8s/meta/v1.pb.h"

namespace kubelite::api {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::k8s::apimachinery::intstr::IntOrString;
using simdjson::dom::element;
using simdjson::dom::element_type;

const FieldDescriptor* FirstField(const Message& message) { return message.GetDescriptor()->FindFieldByNumber(1); }

absl::string_view TextOf(const element& value) { return ToAbsl(value.get_string().value_unsafe()); }

// Year 1, the zero time of other implementations, counts as unset.
constexpr int64_t kYearOne = -62135596800;

absl::Status DecodeTime(JsonShape shape, const element& value, Message* out, bool* set) {
  if (value.type() != element_type::STRING) return WrongType("RFC 3339 time", value);
  ASSIGN_OR_RETURN(const absl::Time time, ParseRfc3339(TextOf(value)));
  *set = absl::ToUnixSeconds(time) != kYearOne;
  if (!*set) return absl::OkStatus();
  if (shape == JsonShape::kTime) {
    ToProto(time, static_cast<k8s::meta::v1::Time*>(out));
  } else {
    ToProto(time, static_cast<k8s::meta::v1::MicroTime*>(out));
  }
  return absl::OkStatus();
}

absl::Status DecodeDuration(const element& value, Message* out, bool* set) {
  if (value.type() != element_type::STRING) return WrongType("duration such as \"30s\"", value);
  ASSIGN_OR_RETURN(const absl::Duration duration, ParseGoDuration(TextOf(value)));
  *set = duration != absl::ZeroDuration();
  static_cast<k8s::meta::v1::Duration*>(out)->set_duration(absl::ToInt64Nanoseconds(duration));
  return absl::OkStatus();
}

// Quantities are kept in canonical form, so that equal objects have equal bytes.
absl::Status DecodeQuantity(const element& value, Message* out, bool* set) {
  std::string text;
  if (value.type() == element_type::STRING) {
    text = std::string(TextOf(value));
  } else if (value.is_number()) {
    text = MinifyJson(value);
  } else {
    return WrongType("quantity such as \"500m\"", value);
  }
  ASSIGN_OR_RETURN(const Quantity quantity, Quantity::Parse(text));
  out->GetReflection()->SetString(out, FirstField(*out), quantity.ToString());
  *set = !quantity.IsZero();
  return absl::OkStatus();
}

absl::Status DecodeIntOrString(const element& value, Message* out, bool* set) {
  auto* target = static_cast<IntOrString*>(out);
  *set = true;
  if (value.type() == element_type::STRING) {
    *target = MakeString(std::string(TextOf(value)));
    return absl::OkStatus();
  }
  if (value.type() != element_type::INT64) return WrongType("integer or string", value);
  const int64_t number = value.get_int64().value_unsafe();
  if (number < std::numeric_limits<int32_t>::min() || number > std::numeric_limits<int32_t>::max()) {
    return absl::InvalidArgumentError(absl::StrCat(number, " is out of range for a 32-bit integer"));
  }
  *target = MakeInt(static_cast<int>(number));
  *set = number != 0;
  return absl::OkStatus();
}

absl::Status DecodeItems(const element& value, Message* out, bool* set) {
  if (value.type() != element_type::ARRAY) return WrongType("array of strings", value);
  for (const element item : ArrayOf(value)) {
    if (item.type() != element_type::STRING) return WrongType("array of strings with only strings", item);
    out->GetReflection()->AddString(out, FirstField(*out), std::string(TextOf(item)));
    *set = true;
  }
  return absl::OkStatus();
}

void EncodeRaw(const Message& value, std::string* out) {
  std::string scratch;
  const std::string& raw = value.GetReflection()->GetStringReference(value, FirstField(value), &scratch);
  // The bytes may come from a client that did not send JSON; the output must be JSON all the same.
  absl::StatusOr<JsonDocument> document = JsonDocument::Parse(raw);
  if (document.ok()) {
    AppendJson(document->root(), out);
  } else {
    out->append("null");
  }
}

void EncodeItems(const Message& value, std::string* out) {
  const FieldDescriptor* field = FirstField(value);
  std::string scratch;
  out->push_back('[');
  for (int i = 0; i < value.GetReflection()->FieldSize(value, field); ++i) {
    if (i > 0) out->push_back(',');
    AppendJsonString(value.GetReflection()->GetRepeatedStringReference(value, field, i, &scratch), out);
  }
  out->push_back(']');
}

void EncodeTimeText(absl::Time time, bool micro, std::string* out) {
  if (time == absl::InfinitePast()) {
    out->append("null");
  } else {
    absl::StrAppend(out, "\"", micro ? FormatRfc3339Micro(time) : FormatRfc3339(time), "\"");
  }
}

}  // namespace

bool IsValueShape(JsonShape shape) {
  switch (shape) {
    case JsonShape::kObject:
    case JsonShape::kSchemaOrBool:
    case JsonShape::kSchemaOrArray:
    case JsonShape::kSchemaOrStrings:
      return false;
    default:
      return true;
  }
}

absl::Status DecodeValueShape(JsonShape shape, const element& value, Message* out, bool* set) {
  switch (shape) {
    case JsonShape::kTime:
    case JsonShape::kMicroTime:
      return DecodeTime(shape, value, out, set);
    case JsonShape::kDuration:
      return DecodeDuration(value, out, set);
    case JsonShape::kQuantity:
      return DecodeQuantity(value, out, set);
    case JsonShape::kIntOrString:
      return DecodeIntOrString(value, out, set);
    case JsonShape::kItems:
      return DecodeItems(value, out, set);
    default:
      out->GetReflection()->SetString(out, FirstField(*out), MinifyJson(value));
      *set = true;
      return absl::OkStatus();
  }
}

void EncodeValueShape(JsonShape shape, const Message& value, std::string* out) {
  switch (shape) {
    case JsonShape::kTime:
      return EncodeTimeText(FromProto(static_cast<const k8s::meta::v1::Time&>(value)), false, out);
    case JsonShape::kMicroTime:
      return EncodeTimeText(FromProto(static_cast<const k8s::meta::v1::MicroTime&>(value)), true, out);
    case JsonShape::kDuration: {
      const int64_t nanoseconds = static_cast<const k8s::meta::v1::Duration&>(value).duration();
      return AppendJsonString(FormatGoDuration(absl::Nanoseconds(nanoseconds)), out);
    }
    case JsonShape::kQuantity: {
      std::string scratch;
      const std::string& text = value.GetReflection()->GetStringReference(value, FirstField(value), &scratch);
      return AppendJsonString(text.empty() ? "0" : absl::string_view(text), out);
    }
    case JsonShape::kIntOrString: {
      const auto& typed = static_cast<const IntOrString&>(value);
      return IsString(typed) ? AppendJsonString(typed.strval(), out) : AppendJsonInt(typed.intval(), out);
    }
    case JsonShape::kItems:
      return EncodeItems(value, out);
    default:
      return EncodeRaw(value, out);
  }
}

absl::Status WrongType(absl::string_view expected, const element& value) {
  return absl::InvalidArgumentError(absl::StrCat("expected ", expected, ", got ", DescribeJson(value)));
}

}  // namespace kubelite::api
