#include "kubelet/teardown.h"

#include <gmock/gmock.h>

#include "absl/strings/str_cat.h"
#include "common/base/testing/status_matchers.h"
#include "common/base/thread_pool.h"
#include "kubelet/runtime/fake/fake_runtime.h"

namespace kubelite::kubelet {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Notes the order in which sandboxes are removed.
class NotingRuntime : public FakeRuntime {
 public:
  using FakeRuntime::FakeRuntime;
  absl::Status RemovePodSandbox(const std::string& id) override {
    removed.push_back(id);
    return FakeRuntime::RemovePodSandbox(id);
  }
  std::vector<std::string> removed;
};

class TeardownTest : public ::testing::Test {
 protected:
  void Run(const std::string& uid, const std::string& name, const std::string& source, const std::string& image) {
    SandboxConfig sandbox;
    sandbox.uid = uid;
    sandbox.name = name;
    sandbox.annotations = {{"kubernetes.io/config.source", source}};
    ASSERT_OK_AND_ASSIGN(const std::string id, runtime_.RunPodSandbox(sandbox));
    ContainerConfig container;
    container.name = "c";
    container.image = image;
    ASSERT_OK(runtime_.CreateContainer(id, container));
    ASSERT_OK(runtime_.StartContainer(absl::StrCat(uid, "/c/0")));
  }
  base::ThreadPool executor_{2};
  NotingRuntime runtime_{&executor_};
};

TEST_F(TeardownTest, StaticPodsGoLastAndTheServerAfterItsClients) {
  Run("1", "kube-apiserver", "file", "host");
  Run("2", "kube-scheduler", "file", "host");
  Run("3", "a", "api", "host");
  EXPECT_OK(RemoveAllPods(&runtime_, absl::Seconds(10)));
  EXPECT_THAT(runtime_.removed, ElementsAre("3/0", "2/0", "1/0"));
  EXPECT_THAT(runtime_.ListPods(), IsEmpty());
}

TEST_F(TeardownTest, WhatIgnoresItsStopSignalIsKilled) {
  FakeBehaviour deaf;
  deaf.ignores_stop_signal = true;
  runtime_.AddImage("deaf:1", deaf);
  Run("1", "a", "api", "deaf:1");
  EXPECT_OK(RemoveAllPods(&runtime_, absl::Milliseconds(10)));
  EXPECT_THAT(runtime_.ListPods(), IsEmpty());
}

TEST_F(TeardownTest, NothingToDoIsFine) { EXPECT_OK(RemoveAllPods(&runtime_, absl::Seconds(1))); }

}  // namespace
}  // namespace kubelite::kubelet
