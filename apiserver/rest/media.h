#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "apiserver/registry/request.h"

namespace kubelite::apiserver {

// How an answer is written.
struct Media {
  enum class Form { kObject, kTable, kPartial, kAggregatedDiscovery };
  enum class Encoding { kJson, kYaml, kProtobuf };
  Form form = Form::kObject;
  Encoding encoding = Encoding::kJson;
  absl::string_view content_type = "application/json";
};

// Best first by q, then in the client's order: the first of the Accept header's media types that can be written,
// `stream` for a watch. NotAcceptable when there is none.
absl::StatusOr<Media> ChooseMedia(absl::string_view accept, bool stream = false);

// The first of `offers` that the Accept header takes, by the same rules. NotAcceptable when it takes none.
absl::StatusOr<absl::string_view> ChooseType(absl::string_view accept, absl::Span<const absl::string_view> offers);

// Puts a write's body into the request by its Content-Type: JSON, YAML, protobuf, or a patch. UnsupportedMediaType for
// others.
absl::Status ReadBody(absl::string_view content_type, std::string body, Request* request);
// The options in a delete's body, if any; they override the query's.
absl::Status ReadDeleteOptions(absl::string_view content_type, absl::string_view body, Request* request);

}  // namespace kubelite::apiserver
