#include "common/daemon/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "CLI/CLI.hpp"
#include "common/base/testing/status_matchers.h"

namespace kubelite::daemon {
namespace {

using ::testing::HasSubstr;

// The options after parsing; the error's text in `problem`.
Options Parse(std::vector<std::string> arguments, std::string* problem = nullptr) {
  Options options;
  CLI::App cli("test");
  AddFlags(&cli, "kube-scheduler", &options);
  std::reverse(arguments.begin(), arguments.end());
  try {
    cli.parse(arguments);
  } catch (const CLI::ParseError& e) {
    if (problem == nullptr) {
      ADD_FAILURE() << e.what();
    } else {
      *problem = e.what();
    }
  }
  return options;
}

std::string Problems(const Options& options) {
  base::ProblemList problems;
  options.Check(&problems);
  return std::string(problems.ToStatus().message());
}

TEST(DaemonOptions, LeaderElectIsAFlagWithOrWithoutValueAsUpstreams) {
  EXPECT_TRUE(Parse({}).leader_elect);
  EXPECT_TRUE(Parse({"--leader-elect"}).leader_elect);
  EXPECT_TRUE(Parse({"--leader-elect=true"}).leader_elect);
  EXPECT_FALSE(Parse({"--leader-elect=false"}).leader_elect);
  const Options options = Parse({"--leader-elect", "--kubeconfig", "config"});
  EXPECT_TRUE(options.leader_elect);
  EXPECT_EQ(options.kubeconfig, "config");
}

TEST(DaemonOptions, DurationsAreReadAndBadOnesNamed) {
  EXPECT_EQ(Parse({"--leader-elect-lease-duration=1m30s"}).leader_elect_lease_duration, absl::Seconds(90));
  std::string problem;
  Parse({"--leader-elect-retry-period=soon"}, &problem);
  EXPECT_THAT(problem, HasSubstr("--leader-elect-retry-period has an invalid duration \"soon\""));
}

TEST(DaemonOptions, AllProblemsAreNamed) {
  Options options;
  EXPECT_EQ(Problems(options), "--kubeconfig must be set to a kubeconfig file");
  options.kubeconfig = "config";
  EXPECT_EQ(Problems(options), "");
  options.leader_elect_renew_deadline = absl::Seconds(20);
  options.leader_elect_retry_period = absl::ZeroDuration();
  EXPECT_THAT(Problems(options), HasSubstr("--leader-elect-retry-period must be greater than zero"));
  EXPECT_THAT(Problems(options), HasSubstr("--leader-elect-lease-duration must be greater than"));
}

}  // namespace
}  // namespace kubelite::daemon
