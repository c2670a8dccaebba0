#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/api/object.h"

namespace kubelite::api {

// Descriptor-driven JSON codec with Kubernetes' rules: 64-bit integers as numbers, int-or-string, quantities, RFC 3339
// times, durations, base64 bytes, raw extensions, FieldsV1, inlined members, map keys sorted; see kubernetes-api README
// "Encoding facts". Depth is limited to 1,000 levels of nesting; deeper input is an error.

struct DecodeOptions {
  // Unknown and duplicate fields: kStrict makes them errors, kWarn adds them to `warnings`, kIgnore drops them.
  enum class Unknown { kStrict, kWarn, kIgnore };
  Unknown unknown = Unknown::kStrict;
  std::vector<std::string>* warnings = nullptr;
};

// A JSON object with apiVersion and kind -> its registered message. Errors are BadRequest and name the field's path:
// `strict decoding error: unknown field "spec.foo", duplicate field "metadata.name"` (all of them at once),
// `field "spec.replicas": expected integer, got string "three"`, `no kind "Foo" is registered for version "apps/v1"`.
// There is one form of each value: a zero in a field without presence, or an empty message there, is left unset, null
// is unset, and quantities become canonical. So equal objects decode to equal messages.
absl::StatusOr<std::unique_ptr<Object>> DecodeJson(absl::string_view json, const DecodeOptions& options = {});
// The same into a message of a known type (apiVersion and kind are optional, but must agree when present).
absl::Status DecodeJsonInto(absl::string_view json, Object* object, const DecodeOptions& options = {});

// Compact JSON; apiVersion and kind come first for registered kinds.
std::string EncodeJson(const Object& object);
// With indentation of 4 blanks, as kubectl -o json.
std::string EncodeJsonPretty(const Object& object);
// Any JSON text, re-indented.
absl::StatusOr<std::string> PrettyJson(absl::string_view json);

// The apiVersion and kind of a JSON object without decoding the rest; empty strings when absent.
struct TypeMeta {
  std::string api_version;
  std::string kind;
};
absl::StatusOr<TypeMeta> PeekTypeMeta(absl::string_view json);

}  // namespace kubelite::api
