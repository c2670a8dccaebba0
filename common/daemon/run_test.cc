#include "common/daemon/run.h"

#include <gtest/gtest.h>

namespace kubelite::daemon {
namespace {

// Runs a daemon that is never made; the exit code and what it says.
std::string Failure(Options options, const absl::Status& valid) {
  ::testing::internal::CaptureStderr();
  const int code = Run({.name = "kube-lite-test", .component = "test"}, valid, &options,
                       [](const Deps&, std::function<void()>) -> std::unique_ptr<App> { return nullptr; });
  return std::to_string(code).append(" ").append(::testing::internal::GetCapturedStderr());
}

TEST(DaemonRun, WhatKeepsItFromStartingIsOneLine) {
  Options options;
  EXPECT_EQ(Failure(options, absl::InvalidArgumentError("--kubeconfig must be set")),
            "2 kube-lite-test: --kubeconfig must be set\n");
  options.kubeconfig = "/nowhere/config";
  EXPECT_EQ(Failure(options, absl::OkStatus()),
            "1 kube-lite-test: reading /nowhere/config: No such file or directory\n");
  options.log_level = "loud";
  EXPECT_EQ(Failure(options, absl::OkStatus()).substr(0, 31), "2 kube-lite-test: --log-level: ");
}

}  // namespace
}  // namespace kubelite::daemon
