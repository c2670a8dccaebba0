#pragma once

#include <string>

#include "absl/status/status.h"
#include "common/api/json_plan.h"
#include "google/protobuf/message.h"

namespace simdjson::dom {
class element;
}

namespace kubelite::api {

// The shapes of single values: times, durations, quantities, int-or-string, raw JSON and item lists. The unions of
// schemas are left to the codec because they nest objects.
bool IsValueShape(JsonShape shape);

// Reads a value that is not null. The error says only what was expected. `*set` tells whether the value is other
// than zero.
absl::Status DecodeValueShape(JsonShape shape, const simdjson::dom::element& value, google::protobuf::Message* out,
                              bool* set);
void EncodeValueShape(JsonShape shape, const google::protobuf::Message& value, std::string* out);

// The error of a value of the wrong type: `expected integer, got string "three"`.
absl::Status WrongType(absl::string_view expected, const simdjson::dom::element& value);

}  // namespace kubelite::api
