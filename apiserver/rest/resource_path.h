#pragma once

#include <optional>

#include "apiserver/registry/request.h"
#include "apiserver/rest/url.h"

namespace kubelite::apiserver {

// Reads /api/v1/... and /apis/GROUP/VERSION/... into the request's target and verb. False when the path names no
// resource (discovery, health). The kinds are not looked at.
bool ReadResourcePath(const Url& url, absl::string_view method, Request* request);

// Reads the query's options into the request. BadRequest or Invalid as upstream.
absl::Status ReadQuery(const Url& url, Request* request);

}  // namespace kubelite::apiserver
