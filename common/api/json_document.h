#pragma once

#include <simdjson.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace kubelite::api {

// A parsed JSON text. Values refer into it. Internal to the codec: simdjson's header is heavy.
class JsonDocument {
 public:
  static constexpr size_t kMaxDepth = 1000;

  // InvalidArgument with the line and column of the problem. The text is copied.
  static absl::StatusOr<JsonDocument> Parse(absl::string_view text);
  JsonDocument(JsonDocument&&) = default;
  JsonDocument& operator=(JsonDocument&&) = default;
  ~JsonDocument();

  simdjson::dom::element root() const { return root_; }

 private:
  JsonDocument() = default;
  std::unique_ptr<simdjson::dom::parser> parser_;
  simdjson::dom::element root_;
};

inline absl::string_view ToAbsl(std::string_view text) { return {text.data(), text.size()}; }

// The members of a value of that type. By value: a reference into simdjson's result type would dangle in a range-for.
inline simdjson::dom::array ArrayOf(simdjson::dom::element value) { return value.get_array().value_unsafe(); }
inline simdjson::dom::object ObjectOf(simdjson::dom::element value) { return value.get_object().value_unsafe(); }

// `string "three"`, `integer 3`, `null`, `object` ...: how messages name a value.
std::string DescribeJson(simdjson::dom::element value);

// Compact JSON text of a value.
std::string MinifyJson(simdjson::dom::element value);

}  // namespace kubelite::api
