#include "common/base/signals.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>

namespace kubelite::base {
namespace {

// In the child of a death test: signals itself, as an operator would.
void ReceiveOneAndExit(int number) {
  BlockTerminationSignals();
  kill(getpid(), number);
  kill(getpid(), SIGPIPE);
  WaitForTerminationSignal();
  _exit(0);
}

void ReceiveTwo() {
  BlockTerminationSignals();
  kill(getpid(), SIGTERM);
  WaitForTerminationSignal();
  kill(getpid(), SIGINT);
  _exit(0);
}

TEST(SignalsDeathTest, FirstSignalReturns) {
  EXPECT_EXIT(ReceiveOneAndExit(SIGTERM), ::testing::ExitedWithCode(0), "");
  EXPECT_EXIT(ReceiveOneAndExit(SIGINT), ::testing::ExitedWithCode(0), "");
}

TEST(SignalsDeathTest, SecondSignalExitsAtOnce) { EXPECT_EXIT(ReceiveTwo(), ::testing::ExitedWithCode(130), ""); }

}  // namespace
}  // namespace kubelite::base
