#pragma once

#include <string>

#include "common/http/message.h"

namespace kubelite::apiserver {

// JSON text over several lines, two spaces deeper at each level.
std::string IndentJson(absl::string_view json);

// `inner` with what all answers have: the Audit-Id header, and for `pretty` JSON indented.
http::ExchangePtr DecorateExchange(http::ExchangePtr inner, std::string audit_id, bool pretty);

}  // namespace kubelite::apiserver
