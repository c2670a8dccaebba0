#include "apiserver/registry/kinds/validation/field_at.h"

#include <algorithm>

#include "absl/strings/str_join.h"
#include "common/api/json.h"
#include "common/api/names.h"
#include "google/protobuf/util/message_differencer.h"

namespace kubelite::apiserver {
namespace {

using api::FieldError;

constexpr char kImmutable[] = "field is immutable";

FieldError WithText(const std::string& path, std::string value, absl::string_view detail) {
  FieldError error = FieldError::Invalid(path, "", detail);
  error.value = std::move(value);
  return error;
}

std::string Quoted(absl::string_view text) { return FieldError::Duplicate("", text).value; }

}  // namespace

void FieldAt::Required(absl::string_view detail) const { errors_->push_back(FieldError::Required(path_, detail)); }

void FieldAt::Invalid(absl::string_view value, absl::string_view detail) const {
  errors_->push_back(FieldError::Invalid(path_, value, detail));
}

void FieldAt::Invalid(int64_t value, absl::string_view detail) const {
  errors_->push_back(FieldError::InvalidNumber(path_, value, detail));
}

void FieldAt::Invalid(const google::protobuf::Message& value, absl::string_view detail) const {
  errors_->push_back(WithText(path_, api::EncodeJson(value), detail));
}

void FieldAt::Invalid(const google::protobuf::Map<std::string, std::string>& value, absl::string_view detail) const {
  std::vector<std::string> entries;
  for (const std::string& key : SortedKeys(value))
    entries.push_back(absl::StrCat(Quoted(key), ":", Quoted(value.at(key))));
  errors_->push_back(WithText(path_, absl::StrCat("{", absl::StrJoin(entries, ","), "}"), detail));
}

void FieldAt::InvalidList(const google::protobuf::RepeatedPtrField<std::string>& value,
                          absl::string_view detail) const {
  const std::string items =
      absl::StrJoin(value, ",", [](std::string* out, const std::string& item) { out->append(Quoted(item)); });
  errors_->push_back(WithText(path_, value.empty() ? "null" : absl::StrCat("[", items, "]"), detail));
}

void FieldAt::NotSupported(absl::string_view value, const std::vector<std::string>& valid) const {
  errors_->push_back(FieldError::NotSupported(path_, value, valid));
}

void FieldAt::Duplicate(absl::string_view value) const { errors_->push_back(FieldError::Duplicate(path_, value)); }
void FieldAt::Forbidden(absl::string_view detail) const { errors_->push_back(FieldError::Forbidden(path_, detail)); }
void FieldAt::TooLong(int max) const { errors_->push_back(FieldError::TooLong(path_, max)); }
void FieldAt::TooMany(int actual, int max) const { errors_->push_back(FieldError::TooMany(path_, actual, max)); }

bool FieldAt::Present(const std::string& value) const {
  if (value.empty()) Required();
  return !value.empty();
}

void FieldAt::NonNegative(int64_t value) const {
  if (value < 0) Invalid(value, "must be greater than or equal to 0");
}

void FieldAt::Between(int64_t value, int64_t low, int64_t high) const {
  if (value < low || value > high) Invalid(value, absl::StrCat("must be between ", low, " and ", high, ", inclusive"));
}

void FieldAt::Port(int64_t value) const {
  for (const std::string& problem : api::ValidatePortNumber(value)) Invalid(value, problem);
}

bool FieldAt::Matches(const std::string& value, Format format) const {
  const std::vector<std::string> problems = format(value);
  for (const std::string& problem : problems) Invalid(value, problem);
  return problems.empty();
}

bool FieldAt::PresentAndMatches(const std::string& value, Format format) const {
  return Present(value) && Matches(value, format);
}

void FieldAt::OneOf(const std::string& value, const std::vector<std::string>& valid) const {
  if (value.empty() || std::find(valid.begin(), valid.end(), value) != valid.end()) return;
  NotSupported(value, valid);
}

void FieldAt::PresentAndOneOf(const std::string& value, const std::vector<std::string>& valid) const {
  if (Present(value)) OneOf(value, valid);
}

void FieldAt::Labels(const google::protobuf::Map<std::string, std::string>& labels) const {
  for (const std::string& key : SortedKeys(labels)) {
    Matches(key, api::ValidateQualifiedName);
    Matches(labels.at(key), api::ValidateLabelValue);
  }
}

void FieldAt::Immutable(const std::string& value, const std::string& old) const {
  if (value != old) Invalid(value, kImmutable);
}

void FieldAt::Immutable(int64_t value, int64_t old) const {
  if (value != old) Invalid(value, kImmutable);
}

void FieldAt::Immutable(const google::protobuf::Message& value, const google::protobuf::Message& old) const {
  if (!SameMessage(value, old)) Invalid(value, kImmutable);
}

bool SameMessage(const google::protobuf::Message& a, const google::protobuf::Message& b) {
  return google::protobuf::util::MessageDifferencer::Equivalent(a, b);
}

bool SameMap(const google::protobuf::Map<std::string, std::string>& a,
             const google::protobuf::Map<std::string, std::string>& b) {
  return a.size() == b.size() && std::all_of(a.begin(), a.end(), [&b](const auto& entry) {
           const auto other = b.find(entry.first);
           return other != b.end() && other->second == entry.second;
         });
}

}  // namespace kubelite::apiserver
