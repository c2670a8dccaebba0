#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "common/http/message.h"

namespace kubelite::apiserver {

// A document that changes only with the program: discovery, OpenAPI. Clients keep it by its ETag.
struct Document {
  std::string body;
  std::string content_type = "application/json";
  std::string etag;        // in quotes
  bool immutable = false;  // its URL names the ETag, so that clients need not ask again
};

// The ETag of a document's text.
std::string EtagOf(absl::string_view body);

// The document, or 304 when the If-None-Match header says that the client has it.
http::Response AnswerDocument(Document document, absl::string_view if_none_match);

}  // namespace kubelite::apiserver
