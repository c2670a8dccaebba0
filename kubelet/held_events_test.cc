#include "kubelet/held_events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/api/testing/builders.h"
#include "kubelet/testing/event_log.h"

namespace kubelite::kubelet {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class HeldEventsTest : public ::testing::Test {
 protected:
  void Tell(const std::string& message) {
    events_.EventOn(api::testing::MakePod("p").Build(), "spec.containers{c}", client::EventRecorder::Type::kNormal, "R",
                    message);
  }
  testing::EventLog* log_ = new testing::EventLog;
  HeldEvents events_{std::unique_ptr<client::EventRecorder>(log_)};
};

TEST_F(HeldEventsTest, PassesInOrderOnceReleased) {
  Tell("1");
  Tell("2");
  EXPECT_THAT(log_->Take(), IsEmpty());
  events_.Release();
  Tell("3");
  EXPECT_THAT(log_->Take(), ElementsAre("R: 1", "R: 2", "R: 3"));
}

TEST_F(HeldEventsTest, IsBounded) {
  for (int i = 0; i < 1000; ++i) Tell(std::to_string(i));
  events_.Release();
  const std::vector<std::string> events = log_->Take();
  EXPECT_THAT(events, SizeIs(500));
  EXPECT_EQ(events.back(), "R: 999");
}

}  // namespace
}  // namespace kubelite::kubelet
