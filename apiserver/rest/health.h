#pragma once

#include <optional>

#include "apiserver/rest/url.h"
#include "common/http/message.h"

namespace kubelite::apiserver {

// The answer of /healthz, /livez and /readyz, or of one of their checks (/readyz/shutdown): "ok", or 500. `?verbose`
// lists the checks, `?exclude=NAME` leaves one out. Only readyz fails while the server is `stopping`. Nothing for other
// paths.
std::optional<http::Response> AnswerHealth(const Url& url, bool stopping);

}  // namespace kubelite::apiserver
