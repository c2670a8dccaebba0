#pragma once

#include <string>

namespace kubelite::http {

// The text that both ends of a SPDY/3 connection prime header compression with
// (draft-mbelshe-httpbis-spdy-00, 2.6.10.1): common header names, each after its length, and common values.
const std::string& SpdyDictionary();

}  // namespace kubelite::http
