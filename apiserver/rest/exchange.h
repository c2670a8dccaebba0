#pragma once

#include <string>

#include "common/http/message.h"

namespace kubelite::apiserver {

// JSON text over several lines, two spaces deeper at each level.
std::string IndentJson(absl::string_view json);

struct Decoration {
  std::string audit_id;
  bool pretty = false;  // indent JSON
  bool gzip = false;    // the client takes it
};
// `inner` with what all answers have: the Audit-Id header, and the form that the client likes.
http::ExchangePtr DecorateExchange(http::ExchangePtr inner, Decoration decoration);

}  // namespace kubelite::apiserver
