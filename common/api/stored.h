#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/api/object.h"

namespace kubelite::api {

// The stored form: upstream's `k8s\0` magic and a runtime.Unknown envelope with apiVersion, kind and the protobuf
// bytes.
std::string EncodeStored(const Object& object);
// DataLoss for bytes that are not such an envelope, or of an unknown kind.
absl::StatusOr<std::unique_ptr<Object>> DecodeStored(absl::string_view bytes);

}  // namespace kubelite::api
