#include "common/base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/simulated_executor.h"
#include "common/base/testing/log_capture.h"
#include "common/base/testing/status_matchers.h"

namespace kubelite::base {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class LogTest : public ::testing::Test {
 protected:
  LogTest() { InitLog("kubelet", LogLevel::kDebug); }
  ~LogTest() override { InitLog("test", LogLevel::kInfo); }

  FakeClock clock_{absl::FromCivil(absl::CivilSecond(2025, 11, 21, 3, 45, 1), absl::LocalTimeZone()) +
                   absl::Microseconds(123456)};
  LogCapture capture_{&clock_};
};

TEST_F(LogTest, PrintsHeaderMessageAndFields) {
  LogInfo("Pod started", {{"pod", "default/web"}, {"node", std::string("n1")}, {"restarts", 3}, {"ready", true}});
  LogDebug("d", {{"took", absl::Milliseconds(1500)}, {"size", uint64_t{7}}, {"ratio", 0.5}});
  LogWarning("w");
  LogError("e", {{"err", absl::NotFoundError("pod \"x\"")}});
  EXPECT_THAT(capture_.lines(),
              ElementsAre("I1121 03:45:01.123456 kubelet] Pod started pod=\"default/web\" node=\"n1\" restarts=3 "
                          "ready=true\n",
                          "D1121 03:45:01.123456 kubelet] d took=\"1.5s\" size=7 ratio=0.5\n",
                          "W1121 03:45:01.123456 kubelet] w\n",
                          "E1121 03:45:01.123456 kubelet] e err=\"NOT_FOUND: pod \\\"x\\\"\"\n"));
}

TEST_F(LogTest, OneEventIsOneLineWhateverTheValue) {
  LogInfo("Got", {{"text", "a\nb\x01\"c\" é"}});
  EXPECT_THAT(capture_.lines(), ElementsAre(EndsWith("] Got text=\"a\\nb\\001\\\"c\\\" é\"\n")));
}

TEST_F(LogTest, LevelsBelowTheMinimumAreDropped) {
  ASSERT_OK(SetLogLevel("warning"));
  LogDebug("no");
  LogInfo("no");
  EXPECT_THAT(capture_.lines(), IsEmpty());
  LogWarning("yes");
  EXPECT_THAT(capture_.lines(), SizeIs(1));
  EXPECT_THAT(SetLogLevel("loud"),
              StatusIs(absl::StatusCode::kInvalidArgument, "\"loud\": choose debug, info, warning or error"));
}

TEST_F(LogTest, RepeatedWarningsAreLimitedAndCounted) {
  for (int i = 0; i < 25; ++i) LogWarning("Connection lost", {{"attempt", i}});
  for (int i = 0; i < 25; ++i) LogInfo("not limited");
  LogWarning("another message");
  EXPECT_THAT(capture_.lines(), SizeIs(10 + 25 + 1));
  clock_.Advance(absl::Seconds(1));
  LogWarning("Connection lost", {{"attempt", 26}});
  LogWarning("Connection lost", {{"attempt", 27}});
  const std::vector<std::string> lines = capture_.lines();
  ASSERT_THAT(lines, SizeIs(38));
  EXPECT_THAT(lines[36], EndsWith("] Connection lost attempt=26 suppressed=15\n"));
  EXPECT_THAT(lines[37], EndsWith("] Connection lost attempt=27\n"));
}

}  // namespace
}  // namespace kubelite::base
