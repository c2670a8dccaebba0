#include "common/http/request_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace kubelite::http {
namespace {

using State = RequestParser::State;

TEST(RequestParserTest, CutsRequestsHoweverTheyArrive) {
  const std::string text =
      "POST /a?b=c HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
      "POST /d HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nde\r\n1\r\nf\r\n0\r\nT: v\r\n\r\n"
      "GET /e HTTP/1.1\r\n\r\n";
  RequestParser parser({});
  std::vector<std::string> seen;
  for (const char c : text) {
    parser.Append({&c, 1});
    if (parser.Parse() != State::kComplete) continue;
    const Request request = parser.Take();
    seen.push_back(absl::StrCat(request.method, " ", request.target, " ", request.body));
  }
  EXPECT_THAT(seen, testing::ElementsAre("POST /a?b=c abc", "POST /d def", "GET /e "));
  EXPECT_FALSE(parser.in_request());
}

TEST(RequestParserTest, RefusesWhatIsAmbiguousOrTooLarge) {
  struct Case {
    std::string text;
    int code;
  };
  const std::vector<Case> cases = {
      {"GET /\r\n\r\n", 400},
      {"GET  / HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/2.0\r\n\r\n", 400},
      {"GET x HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n folded\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\na : b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\na: b\nc: d\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", 400},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc", 400},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n11\r\n", 413},
      {"POST / HTTP/1.1\r\nContent-Length: 17\r\n\r\n", 413},
      {"POST / HTTP/1.1\r\nExpect: magic\r\n\r\n", 417},
      {absl::StrCat("GET /", std::string(200, 'a')), 431},
  };
  for (const Case& test : cases) {
    RequestParser parser({.head_bytes = 128, .body_bytes = 16});
    parser.Append(test.text);
    EXPECT_EQ(parser.Parse(), State::kFailed) << test.text;
    EXPECT_EQ(parser.error_code(), test.code) << test.text;
  }
}

TEST(RequestParserTest, TellsOnceThatTheClientWaits) {
  RequestParser parser({});
  parser.Append("PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n");
  EXPECT_EQ(parser.Parse(), State::kNeedMore);
  EXPECT_TRUE(parser.WantsContinue());
  EXPECT_FALSE(parser.WantsContinue());
}

TEST(RequestParserTest, KnowsWhetherTheConnectionStays) {
  const auto keeps = [](const std::string& head) {
    RequestParser parser({});
    parser.Append(absl::StrCat(head, "\r\n\r\n"));
    EXPECT_EQ(parser.Parse(), State::kComplete);
    return parser.keep_alive();
  };
  EXPECT_TRUE(keeps("GET / HTTP/1.1"));
  EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nConnection: x, Close"));
  EXPECT_FALSE(keeps("GET / HTTP/1.0"));
  EXPECT_TRUE(keeps("GET / HTTP/1.0\r\nConnection: keep-alive"));
}

}  // namespace
}  // namespace kubelite::http
