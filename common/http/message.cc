#include "common/http/message.h"

#include <algorithm>
#include <array>

namespace kubelite::http {
namespace {

struct Reason {
  int code;
  absl::string_view phrase;
};
constexpr std::array<Reason, 24> kReasons = {{{100, "Continue"},
                                              {101, "Switching Protocols"},
                                              {200, "OK"},
                                              {201, "Created"},
                                              {202, "Accepted"},
                                              {204, "No Content"},
                                              {304, "Not Modified"},
                                              {400, "Bad Request"},
                                              {401, "Unauthorized"},
                                              {403, "Forbidden"},
                                              {404, "Not Found"},
                                              {405, "Method Not Allowed"},
                                              {406, "Not Acceptable"},
                                              {408, "Request Timeout"},
                                              {409, "Conflict"},
                                              {410, "Gone"},
                                              {413, "Request Entity Too Large"},
                                              {415, "Unsupported Media Type"},
                                              {417, "Expectation Failed"},
                                              {422, "Unprocessable Entity"},
                                              {429, "Too Many Requests"},
                                              {431, "Request Header Fields Too Large"},
                                              {500, "Internal Server Error"},
                                              {503, "Service Unavailable"}}};

}  // namespace

absl::string_view FindHeader(const Headers& headers, absl::string_view name) {
  const auto it =
      std::find_if(headers.begin(), headers.end(), [&](const auto& header) { return header.first == name; });
  return it == headers.end() ? absl::string_view() : absl::string_view(it->second);
}

absl::string_view ReasonPhrase(int code) {
  const auto* it = std::find_if(kReasons.begin(), kReasons.end(), [&](const Reason& row) { return row.code == code; });
  return it == kReasons.end() ? "Status" : it->phrase;
}

}  // namespace kubelite::http
