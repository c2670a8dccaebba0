#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "apiserver/registry/request.h"
#include "common/api/json.h"
#include "common/api/scheme.h"

namespace kubelite::apiserver {

// The request's body as a fresh object of the expected kind. BadRequest with upstream's wording when it is of another
// kind or version, does not decode, or (fieldValidation Strict, the default) has unknown or duplicate fields.
absl::StatusOr<std::unique_ptr<api::Object>> DecodeBody(const Request& request, const api::GroupVersionKind& expected,
                                                        std::vector<std::string>* warnings);
// JSON text into the expected kind, by the request's fieldValidation.
absl::StatusOr<std::unique_ptr<api::Object>> DecodeJsonBody(const Request& request, absl::string_view json,
                                                            const api::GroupVersionKind& expected,
                                                            std::vector<std::string>* warnings);
// Invalid for option values the verb does not know; `options_kind` e.g. CreateOptions.
absl::Status ValidateWriteOptions(const Request& request, absl::string_view options_kind);

}  // namespace kubelite::apiserver
