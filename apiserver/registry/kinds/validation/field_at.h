#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/api/errors.h"
#include "google/protobuf/map.h"
#include "google/protobuf/message.h"

namespace kubelite::apiserver {

// A place in an object that is being validated, and the list that its problems go to. So that the rules of a kind read
// like upstream's: spec.Field("replicas").NonNegative(n). Cheap to copy; the list must outlive it.
class FieldAt {
 public:
  // The object itself.
  explicit FieldAt(api::FieldErrors* errors) : errors_(errors) {}
  FieldAt(absl::string_view path, api::FieldErrors* errors) : path_(path), errors_(errors) {}

  FieldAt Field(absl::string_view name) const {
    return {path_.empty() ? std::string(name) : absl::StrCat(path_, ".", name), errors_};
  }
  FieldAt Item(int index) const { return {absl::StrCat(path_, "[", index, "]"), errors_}; }
  FieldAt Key(absl::string_view key) const { return {absl::StrCat(path_, "[", key, "]"), errors_}; }
  const std::string& path() const { return path_; }
  api::FieldErrors* errors() const { return errors_; }

  // What is wrong with the value.
  void Required(absl::string_view detail = "") const;
  void Invalid(absl::string_view value, absl::string_view detail) const;
  void Invalid(int64_t value, absl::string_view detail) const;
  // Of a structured value, which is shown as JSON.
  void Invalid(const google::protobuf::Message& value, absl::string_view detail) const;
  void Invalid(const google::protobuf::Map<std::string, std::string>& value, absl::string_view detail) const;
  void InvalidList(const google::protobuf::RepeatedPtrField<std::string>& value, absl::string_view detail) const;
  void NotSupported(absl::string_view value, const std::vector<std::string>& valid) const;
  void Duplicate(absl::string_view value) const;
  void Forbidden(absl::string_view detail) const;
  void TooLong(int max) const;
  void TooMany(int actual, int max) const;

  // Rules. The ones that return bool tell whether the value keeps them, for rules that build on it.
  bool Present(const std::string& value) const;  // not empty
  void NonNegative(int64_t value) const;         // at least 0
  void Between(int64_t value, int64_t low, int64_t high) const;
  void Port(int64_t value) const;
  // Every problem that `format` (common/api/names.h, formats.h) finds.
  using Format = std::vector<std::string> (*)(absl::string_view text);
  bool Matches(const std::string& value, Format format) const;
  bool PresentAndMatches(const std::string& value, Format format) const;
  // One of `valid`; an empty value is fine for the first and a missing one for the second.
  void OneOf(const std::string& value, const std::vector<std::string>& valid) const;
  void PresentAndOneOf(const std::string& value, const std::vector<std::string>& valid) const;
  void Labels(const google::protobuf::Map<std::string, std::string>& labels) const;
  // "field is immutable" unless both are the same.
  void Immutable(const std::string& value, const std::string& old) const;
  void Immutable(int64_t value, int64_t old) const;
  void Immutable(const google::protobuf::Message& value, const google::protobuf::Message& old) const;

 private:
  std::string path_;
  api::FieldErrors* errors_;
};

// Same content, maps in any order. An unset field is the same as an empty one: how an object came here (JSON, the
// store) decides which it is.
bool SameMessage(const google::protobuf::Message& a, const google::protobuf::Message& b);
bool SameMap(const google::protobuf::Map<std::string, std::string>& a,
             const google::protobuf::Map<std::string, std::string>& b);
// Maps have no order: problems are told by key.
template <typename Map>
std::vector<std::string> SortedKeys(const Map& map) {
  std::vector<std::string> keys;
  for (const auto& entry : map) keys.push_back(entry.first);
  std::sort(keys.begin(), keys.end());
  return keys;
}

}  // namespace kubelite::apiserver
