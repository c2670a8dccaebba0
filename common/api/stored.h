#pragma once

#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/api/object.h"
#include "common/api/scheme.h"

namespace google::protobuf::io {
class CodedOutputStream;
}

namespace kubelite::api {

// The stored form: upstream's `k8s\0` magic and a runtime.Unknown envelope with apiVersion, kind and the protobuf
// bytes. Answers in protobuf have the same form. Of any registered kind.
std::string EncodeStored(const Object& object);
// DataLoss for bytes that are not such an envelope, or of an unknown kind.
absl::StatusOr<std::unique_ptr<Object>> DecodeStored(absl::string_view bytes);
// The envelope around a message that `write` writes in exactly `size` bytes.
std::string EncodeEnvelope(const GroupVersionKind& kind, size_t size,
                           absl::FunctionRef<void(google::protobuf::io::CodedOutputStream* out)> write);

}  // namespace kubelite::api
