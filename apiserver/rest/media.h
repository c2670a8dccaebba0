#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "apiserver/registry/request.h"

namespace kubelite::apiserver {

// How an answer is written.
struct Media {
  enum class Form { kObject, kTable, kPartial, kAggregatedDiscovery };
  Form form = Form::kObject;
  bool yaml = false;
  absl::string_view content_type = "application/json";
};

// The first of the Accept header's media types that can be written; NotAcceptable when there is none.
absl::StatusOr<Media> ChooseMedia(absl::string_view accept);

// Puts a write's body into the request by its Content-Type: JSON, YAML, protobuf, or a patch. UnsupportedMediaType for
// others.
absl::Status ReadBody(absl::string_view content_type, std::string body, Request* request);

}  // namespace kubelite::apiserver
