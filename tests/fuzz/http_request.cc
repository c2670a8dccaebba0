#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/http/request_parser.h"
#include "tests/fuzz/entry_points.h"

namespace kubelite::fuzz {
namespace {

constexpr http::Limits kLimits = {.head_bytes = 512, .body_bytes = 64};

// What the parser makes of `bytes` that arrive in pieces of `piece`.
std::vector<std::string> Read(absl::string_view bytes, size_t piece) {
  http::RequestParser parser(kLimits);
  std::vector<std::string> seen;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    parser.Append(bytes.substr(0, piece));
    while (parser.Parse() == http::RequestParser::State::kComplete) {
      const http::Request request = parser.Take();
      CHECK(request.body.size() <= kLimits.body_bytes);
      CHECK(!request.method.empty() && !request.target.empty());
      seen.push_back(absl::StrCat(request.method, " ", request.target, " ", request.body));
      for (const auto& [name, value] : request.headers) {
        CHECK(name.find_first_of(" :\r\n") == std::string::npos && value.find_first_of("\r\n") == std::string::npos);
        absl::StrAppend(&seen.back(), "\n", name, ":", value);
      }
    }
    if (parser.Parse() == http::RequestParser::State::kFailed) {
      CHECK(parser.error_code() >= 400);
      seen.push_back("failed");
      return seen;
    }
  }
  return seen;
}

}  // namespace

void FuzzHttpRequest(absl::string_view bytes) {
  const std::vector<std::string> whole = Read(bytes, std::max<size_t>(bytes.size(), 1));
  for (const size_t piece : {1, 7}) CHECK(Read(bytes, piece) == whole);
}

}  // namespace kubelite::fuzz
