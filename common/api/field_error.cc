#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/api/errors.h"
#include "common/api/field_error_text.h"
#include "common/api/go_quote.h"

namespace kubelite::api {
namespace {

struct TypeText {
  FieldError::Type type;
  absl::string_view reason;
  absl::string_view text;
  bool shows_value;
};

constexpr TypeText kTypes[] = {
    {FieldError::Type::kRequired, "FieldValueRequired", "Required value", false},
    {FieldError::Type::kInvalid, "FieldValueInvalid", "Invalid value", true},
    {FieldError::Type::kNotSupported, "FieldValueNotSupported", "Unsupported value", true},
    {FieldError::Type::kDuplicate, "FieldValueDuplicate", "Duplicate value", true},
    {FieldError::Type::kForbidden, "FieldValueForbidden", "Forbidden", false},
    {FieldError::Type::kTooLong, "FieldValueTooLong", "Too long", false},
    {FieldError::Type::kTooMany, "FieldValueTooMany", "Too many", true},
    {FieldError::Type::kTypeInvalid, "FieldValueTypeInvalid", "Invalid value", true},
    {FieldError::Type::kNotFound, "FieldValueNotFound", "Not found", true},
    {FieldError::Type::kInternal, "InternalError", "Internal error", false},
};

const TypeText& TextOf(FieldError::Type type) {
  for (const TypeText& row : kTypes) {
    if (row.type == type) return row;
  }
  return kTypes[1];
}

FieldError Make(FieldError::Type type, absl::string_view field, absl::string_view detail, std::string value = "") {
  FieldError error;
  error.type = type;
  error.field = std::string(field);
  error.detail = std::string(detail);
  error.value = std::move(value);
  return error;
}

}  // namespace

absl::string_view CauseReason(FieldError::Type type) { return TextOf(type).reason; }

std::string ErrorBody(const FieldError& error) {
  const TypeText& row = TextOf(error.type);
  std::string body(row.text);
  if (row.shows_value) absl::StrAppend(&body, ": ", error.value);
  if (!error.detail.empty()) absl::StrAppend(&body, ": ", error.detail);
  return body;
}

std::string FieldError::ToString() const { return absl::StrCat(field, ": ", ErrorBody(*this)); }

FieldError FieldError::Required(absl::string_view field, absl::string_view detail) {
  return Make(Type::kRequired, field, detail);
}

FieldError FieldError::Invalid(absl::string_view field, absl::string_view value, absl::string_view detail) {
  return Make(Type::kInvalid, field, detail, GoQuote(value));
}

FieldError FieldError::InvalidNumber(absl::string_view field, int64_t value, absl::string_view detail) {
  return Make(Type::kInvalid, field, detail, absl::StrCat(value));
}

FieldError FieldError::NotSupported(absl::string_view field, absl::string_view value,
                                    const std::vector<std::string>& valid) {
  std::string detail;
  if (!valid.empty()) {
    detail = absl::StrCat("supported values: ", absl::StrJoin(valid, ", ", [](std::string* out, const std::string& v) {
                            out->append(GoQuote(v));
                          }));
  }
  return Make(Type::kNotSupported, field, detail, GoQuote(value));
}

FieldError FieldError::Duplicate(absl::string_view field, absl::string_view value) {
  return Make(Type::kDuplicate, field, "", GoQuote(value));
}

FieldError FieldError::Forbidden(absl::string_view field, absl::string_view detail) {
  return Make(Type::kForbidden, field, detail);
}

FieldError FieldError::TooLong(absl::string_view field, int max_length) {
  return Make(Type::kTooLong, field, absl::StrCat("may not be more than ", max_length, " bytes"));
}

FieldError FieldError::TooMany(absl::string_view field, int actual, int max) {
  return Make(Type::kTooMany, field, absl::StrCat("must have at most ", max, " item", max == 1 ? "" : "s"),
              absl::StrCat(actual));
}

}  // namespace kubelite::api
