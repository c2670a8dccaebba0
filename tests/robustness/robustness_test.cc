// Random concurrent traffic on a store; afterwards a checker must find an order that explains every outcome, and every
// watch must have kept its guarantees.
//   KUBELITE_SEED=<seed>     only this one; KUBELITE_REPEAT=<n> times, since threads meet differently each time
//   KUBELITE_SEEDS=<n>       this many, from KUBELITE_FIRST_SEED=<seed> (1) on
//   KUBELITE_SECONDS=<n>     no new seed after this time (600)
//   KUBELITE_HISTORY=<file>  writes the operations of a run that failed there

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/base/testing/status_matchers.h"
#include "tests/robustness/environment.h"
#include "tests/robustness/run.h"
#include "tests/robustness/world.h"

namespace kubelite::robustness {
namespace {

constexpr int64_t kSeedsInNormalRun = 6;

class RobustnessTest : public testing::TestWithParam<std::string> {
 protected:
  // False when it failed.
  bool RunSeed(int64_t seed) {
    const RunReport report = RunTraffic(RunOptions::FromSeed(GetParam(), static_cast<uint64_t>(seed)));
    operations_ += report.operations;
    revisions_ += report.revisions;
    events_ += report.events;
    if (report.failures.empty()) return true;
    WriteHistory(report);
    ADD_FAILURE() << absl::StrJoin(report.failures, "\n") << "\nAgain: KUBELITE_SEED=" << seed
                  << " KUBELITE_REPEAT=20 build/release/tests/robustness_test --gtest_filter=*/" << GetParam();
    return false;
  }

  static void WriteHistory(const RunReport& report) {
    const char* const path = std::getenv("KUBELITE_HISTORY");
    if (path == nullptr) return;
    EXPECT_OK(base::WriteFileAtomically(path, absl::StrJoin(report.history, "\n")));
  }

  int64_t operations_ = 0;
  int64_t revisions_ = 0;
  int64_t events_ = 0;
};

TEST_P(RobustnessTest, AnOrderExplainsAllOutcomesAndWatchesKeepTheirWord) {
  const int64_t seed = FromEnvironment("KUBELITE_SEED", 0);
  const int64_t repeat = FromEnvironment("KUBELITE_REPEAT", 1);
  if (seed != 0) {
    for (int64_t i = 0; i < repeat && RunSeed(seed); ++i) {
    }
    return;
  }
  const int64_t first = FromEnvironment("KUBELITE_FIRST_SEED", 1);
  const int64_t seeds = FromEnvironment("KUBELITE_SEEDS", kSeedsInNormalRun);
  const absl::Time start = base::SystemClock().Now();
  const absl::Time end = start + absl::Seconds(FromEnvironment("KUBELITE_SECONDS", 600));
  int64_t done = 0;
  while (done < seeds && base::SystemClock().Now() < end && RunSeed(first + done)) ++done;
  const double minutes = absl::ToDoubleMinutes(base::SystemClock().Now() - start);
  std::printf("%s: seeds %lld to %lld, %.0f per minute; %lld operations, %lld revisions, %lld events\n",
              GetParam().c_str(), static_cast<long long>(first), static_cast<long long>(first + done - 1),
              static_cast<double>(done) / minutes, static_cast<long long>(operations_),
              static_cast<long long>(revisions_), static_cast<long long>(events_));
}
INSTANTIATE_TEST_SUITE_P(, RobustnessTest, testing::ValuesIn(WorldNames()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace kubelite::robustness
