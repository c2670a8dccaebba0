#include "common/base/options.h"

#include <gtest/gtest.h>

#include "common/base/testing/status_matchers.h"

namespace kubelite::base {
namespace {

TEST(ProblemListTest, CollectsAllProblems) {
  ProblemList problems;
  problems.Require(true, "--name", "must be set");
  EXPECT_OK(problems.ToStatus());
  problems.Require(false, "--data-dir", "must be set to a directory");
  problems.Add("--port", "must be below 65536");
  EXPECT_THAT(problems.ToStatus(), StatusIs(absl::StatusCode::kInvalidArgument,
                                            "--data-dir must be set to a directory; --port must be below 65536"));
}

TEST(HostPortTest, ParsesAndPrints) {
  for (const char* text : {"127.0.0.1:6443", "localhost:0", "[::1]:65535", "a.b.example:80"}) {
    ASSERT_OK_AND_ASSIGN(const HostPort parsed, ParseHostPort(text));
    EXPECT_EQ(parsed.ToString(), text);
  }
  ASSERT_OK_AND_ASSIGN(const HostPort ipv6, ParseHostPort("[::1]:8080"));
  EXPECT_EQ(ipv6.host, "::1");
  EXPECT_EQ(ipv6.port, 8080);
}

TEST(HostPortTest, RefusesWithARemedy) {
  const std::pair<const char*, const char*> kCases[] = {
      {"localhost", "has no port"},
      {"", "has no port"},
      {":6443", "has no host"},
      {"::1:80", "[address]:port"},
      {"localhost:", "invalid port"},
      {"localhost:65536", "invalid port"},
      {"localhost:-1", "invalid port"},
      {"localhost:http", "invalid port"},
      {"localhost:99999999999999999999", "invalid port"},
  };
  for (const auto& [text, problem] : kCases) {
    EXPECT_THAT(ParseHostPort(text), StatusIs(absl::StatusCode::kInvalidArgument, problem)) << text;
  }
}

TEST(DurationFlagTest, ParsesUpstreamsNotation) {
  EXPECT_THAT(ParseDurationFlag("--t", "1m30s"), IsOkAndHolds(absl::Seconds(90)));
  EXPECT_THAT(ParseDurationFlag("--t", "500ms"), IsOkAndHolds(absl::Milliseconds(500)));
  EXPECT_THAT(ParseDurationFlag("--t", "1.5h"), IsOkAndHolds(absl::Minutes(90)));
  EXPECT_THAT(ParseDurationFlag("--t", "0"), IsOkAndHolds(absl::ZeroDuration()));
}

TEST(DurationFlagTest, NamesTheFlag) {
  for (const char* text : {"", "5", "inf", "-inf", "1 week", "s"}) {
    EXPECT_THAT(ParseDurationFlag("--timeout", text), StatusIs(absl::StatusCode::kInvalidArgument, "--timeout"))
        << text;
  }
}

}  // namespace
}  // namespace kubelite::base
