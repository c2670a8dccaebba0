#include "kubelet/probe/probe_counter.h"

#include <gtest/gtest.h>

#include "k8s/core/v1.pb.h"

namespace kubelite::kubelet {
namespace {

ProbeSettings Thresholds(int success, int failure) {
  ProbeSettings settings;
  settings.success_threshold = success;
  settings.failure_threshold = failure;
  return settings;
}

TEST(ProbeCounter, FailsAfterAsManyFailuresInARow) {
  ProbeCounter counter(ProbeResult::kSuccess, Thresholds(1, 3));
  EXPECT_FALSE(counter.Record(false));
  EXPECT_FALSE(counter.Record(false));
  EXPECT_FALSE(counter.Record(true));  // starts again
  EXPECT_FALSE(counter.Record(false));
  EXPECT_FALSE(counter.Record(false));
  EXPECT_TRUE(counter.Record(false));
  EXPECT_EQ(counter.result(), ProbeResult::kFailure);
}

TEST(ProbeCounter, SucceedsAfterAsManySuccessesInARow) {
  ProbeCounter counter(ProbeResult::kFailure, Thresholds(2, 1));
  EXPECT_FALSE(counter.Record(true));
  EXPECT_TRUE(counter.Record(true));
  EXPECT_TRUE(counter.Record(false));
}

TEST(ProbeCounter, UnknownStaysUntilAThresholdIsReached) {
  ProbeCounter counter(ProbeResult::kUnknown, Thresholds(1, 2));
  EXPECT_FALSE(counter.Record(false));
  EXPECT_EQ(counter.result(), ProbeResult::kUnknown);
  EXPECT_TRUE(counter.Record(true));
}

TEST(ProbeSettings, UnsetFieldsHaveUpstreamsDefaults) {
  const ProbeSettings settings = ReadProbeSettings(k8s::core::v1::Probe());
  EXPECT_EQ(settings.initial_delay, absl::ZeroDuration());
  EXPECT_EQ(settings.timeout, absl::Seconds(1));
  EXPECT_EQ(settings.period, absl::Seconds(10));
  EXPECT_EQ(settings.success_threshold, 1);
  EXPECT_EQ(settings.failure_threshold, 3);
}

}  // namespace
}  // namespace kubelite::kubelet
