#include "kubelet/pod/pod_state.h"

#include <gtest/gtest.h>

namespace kubelite::kubelet {
namespace {

constexpr PodState kAll[] = {PodState::kWaiting, PodState::kStarting, PodState::kRunning, PodState::kTerminating,
                             PodState::kTerminated};

TEST(PodState, NothingComesBackFromTermination) {
  for (PodState from : kAll) {
    for (PodState to : kAll) {
      const bool back = from >= PodState::kTerminating && to < from;
      EXPECT_EQ(IsLegalTransition(from, to), !back) << ToString(from) << " to " << ToString(to);
    }
  }
}

}  // namespace
}  // namespace kubelite::kubelet
