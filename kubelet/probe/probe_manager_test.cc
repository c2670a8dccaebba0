#include "kubelet/probe/probe_manager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "absl/strings/str_cat.h"
#include "common/api/int_or_string.h"
#include "common/api/testing/builders.h"
#include "common/base/mutex.h"
#include "common/base/simulated_executor.h"
#include "common/base/thread_pool.h"
#include "kubelet/runtime/fake/fake_runtime.h"
#include "kubelet/testing/event_log.h"
#include "kubelet/testing/fake_prober.h"
#include "kubelet/testing/pods.h"

namespace kubelite::kubelet {
namespace {

using api::testing::MakePod;
using k8s::core::v1::Pod;
using k8s::core::v1::Probe;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const char kId[] = "uid-p/main/0";

class ProbeManagerTest : public ::testing::Test {
 protected:
  ProbeManagerTest() : pod_(MakePod("p").Build()) {
    observed_.sandboxes = {testing::MakeSandbox("uid-p")};
    observed_.containers = {testing::Running("uid-p/0", "main", executor_.clock().Now())};
  }
  k8s::core::v1::Container* Spec() { return pod_.mutable_spec()->mutable_containers(0); }
  static void SetHttp(Probe* probe, int period = 10, int failures = 3) {
    *probe->mutable_handler()->mutable_httpget()->mutable_port() = api::MakeInt(8080);
    probe->set_periodseconds(period);
    probe->set_failurethreshold(failures);
  }
  ProbeVerdict Update(bool terminating = false) {
    return manager_.Update({std::make_shared<const Pod>(pod_), observed_, terminating})[kId];
  }
  void Answer(ProbeOutcome::Kind kind, const std::string& output = "") { prober_.SetDefault({kind, output}); }

  base::SimulatedExecutor executor_{1};
  FakeRuntime runtime_{&executor_};
  testing::FakeProber prober_;
  testing::EventLog events_;
  int changes_ = 0;
  Pod pod_;
  RuntimePod observed_;
  ProbeManager manager_{{&executor_, &runtime_, &prober_, &events_}, [this](const std::string& uid) {
                          EXPECT_EQ(uid, "uid-p");
                          ++changes_;
                        }};
};

TEST_F(ProbeManagerTest, WithoutProbesAContainerIsReady) {
  EXPECT_TRUE(Update().ready);
  EXPECT_TRUE(Update().started);
}

TEST_F(ProbeManagerTest, ReadinessStartsFalseAndFollowsTheProbe) {
  SetHttp(Spec()->mutable_readinessprobe());
  EXPECT_FALSE(Update().ready);
  executor_.Settle();
  EXPECT_EQ(changes_, 1);
  EXPECT_TRUE(Update().ready);
  Answer(ProbeOutcome::Kind::kFailure, "HTTP probe failed with statuscode: 500");
  executor_.Advance(absl::Seconds(20));
  EXPECT_TRUE(Update().ready);
  executor_.Advance(absl::Seconds(10));
  EXPECT_FALSE(Update().ready);
  EXPECT_TRUE(Update().kill.empty());
  EXPECT_THAT(events_.Take(), Contains("Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 500"));
}

TEST_F(ProbeManagerTest, AServerThatIsNotUpYetIsLookedAtOften) {
  SetHttp(Spec()->mutable_readinessprobe());
  Answer(ProbeOutcome::Kind::kRefused);
  Update();
  executor_.Advance(absl::Milliseconds(25));
  Answer(ProbeOutcome::Kind::kSuccess);
  executor_.Advance(absl::Milliseconds(25));
  EXPECT_TRUE(Update().ready);
  EXPECT_THAT(events_.Take(), IsEmpty());
}

TEST_F(ProbeManagerTest, AServerThatNeverComesUpFailsAfterOnePeriod) {
  SetHttp(Spec()->mutable_readinessprobe());
  Answer(ProbeOutcome::Kind::kRefused, "connection refused");
  Update();
  executor_.Advance(absl::Seconds(25));
  EXPECT_FALSE(events_.Take().empty());
  EXPECT_LT(prober_.calls(), 20);
}

TEST_F(ProbeManagerTest, AFailedLivenessProbeKills) {
  SetHttp(Spec()->mutable_livenessprobe(), 5, 2);
  Spec()->mutable_livenessprobe()->set_terminationgraceperiodseconds(3);
  Answer(ProbeOutcome::Kind::kFailure, "no");
  EXPECT_TRUE(Update().kill.empty());
  executor_.Advance(absl::Seconds(5));
  const ProbeVerdict verdict = Update();
  EXPECT_EQ(verdict.kill, "Container main failed liveness probe, will be restarted");
  EXPECT_EQ(verdict.kill_grace, absl::Seconds(3));
  EXPECT_TRUE(verdict.ready);
  const int calls = prober_.calls();
  executor_.Advance(absl::Seconds(60));
  EXPECT_EQ(prober_.calls(), calls) << "a container that is to be restarted is not probed";
}

TEST_F(ProbeManagerTest, TheStartupProbeHoldsTheOthersBack) {
  SetHttp(Spec()->mutable_startupprobe(), 1, 30);
  SetHttp(Spec()->mutable_readinessprobe());
  Answer(ProbeOutcome::Kind::kFailure);
  EXPECT_FALSE(Update().started);
  executor_.Advance(absl::Seconds(5));
  EXPECT_EQ(prober_.calls(), 6) << "only the startup probe";
  Answer(ProbeOutcome::Kind::kSuccess);
  executor_.Advance(absl::Seconds(1));
  EXPECT_TRUE(Update().started);
  EXPECT_FALSE(Update().ready);
  executor_.Settle();
  EXPECT_TRUE(Update().ready);
}

TEST_F(ProbeManagerTest, AFailedStartupProbeKills) {
  SetHttp(Spec()->mutable_startupprobe(), 1, 2);
  Answer(ProbeOutcome::Kind::kFailure);
  Update();
  executor_.Advance(absl::Seconds(1));
  EXPECT_EQ(Update().kill, "Container main failed startup probe, will be restarted");
}

TEST_F(ProbeManagerTest, InitialDelayIsWaited) {
  SetHttp(Spec()->mutable_readinessprobe());
  Spec()->mutable_readinessprobe()->set_initialdelayseconds(7);
  Update();
  executor_.Advance(absl::Seconds(6.9));
  EXPECT_EQ(prober_.calls(), 0);
  executor_.Advance(absl::Seconds(0.2));
  EXPECT_EQ(prober_.calls(), 1);
}

TEST_F(ProbeManagerTest, ExecProbesRunInTheContainer) {
  Spec()->mutable_readinessprobe()->mutable_handler()->mutable_exec()->add_command("check");
  ASSERT_TRUE(runtime_.RunPodSandbox({.uid = "uid-p"}).ok());
  ContainerConfig config;
  config.name = "main";
  config.image = "host";
  ASSERT_TRUE(runtime_.CreateContainer("uid-p/0", config).ok());
  ASSERT_TRUE(runtime_.StartContainer(kId).ok());
  std::vector<std::string> asked;
  int code = 1;
  runtime_.SetExec([&](const std::string&, const std::vector<std::string>& command) -> absl::StatusOr<ExecResult> {
    asked = command;
    return ExecResult{code, "bad"};
  });
  Update();
  executor_.Settle();
  EXPECT_THAT(asked, ElementsAre("check"));
  EXPECT_THAT(events_.Take(), ElementsAre("Unhealthy: Readiness probe failed: bad"));
  code = 0;
  executor_.Advance(absl::Seconds(10));
  EXPECT_TRUE(Update().ready);
}

TEST_F(ProbeManagerTest, AProbeThatCannotBeMadeSaysNothing) {
  SetHttp(Spec()->mutable_livenessprobe(), 1, 1);
  *Spec()->mutable_livenessprobe()->mutable_handler()->mutable_httpget()->mutable_port() = api::MakeString("nope");
  Update();
  executor_.Advance(absl::Seconds(5));
  EXPECT_TRUE(Update().kill.empty());
  EXPECT_THAT(events_.Take(), Contains("Unhealthy: Liveness probe errored and resulted in unknown state: "
                                       "couldn't find port: nope of container main"));
}

TEST_F(ProbeManagerTest, OnlyReadinessGoesOnDuringTermination) {
  SetHttp(Spec()->mutable_livenessprobe(), 1, 1);
  SetHttp(Spec()->mutable_readinessprobe(), 1, 1);
  Update();
  executor_.Settle();
  Answer(ProbeOutcome::Kind::kFailure);
  Update(/*terminating=*/true);
  executor_.Advance(absl::Seconds(3));
  EXPECT_FALSE(Update(/*terminating=*/true).ready);
  EXPECT_TRUE(Update(/*terminating=*/true).kill.empty());
}

TEST_F(ProbeManagerTest, ARestartedKubeletKeepsWhatWasReady) {
  SetHttp(Spec()->mutable_readinessprobe());
  auto* status = pod_.mutable_status()->add_containerstatuses();
  status->set_name("main");
  status->set_containerid(std::string("kube-lite://") + kId);
  status->mutable_state()->mutable_running();
  status->set_ready(true);
  EXPECT_TRUE(Update().ready);
}

TEST_F(ProbeManagerTest, ANewContainerStartsOver) {
  SetHttp(Spec()->mutable_readinessprobe());
  Update();
  executor_.Settle();
  ASSERT_TRUE(Update().ready);
  observed_.containers = {testing::Running("uid-p/0", "main", executor_.clock().Now(), 1)};
  EXPECT_FALSE(manager_.Update({std::make_shared<const Pod>(pod_), observed_, false})["uid-p/main/1"].ready);
}

TEST_F(ProbeManagerTest, ForgottenPodsAreNotProbed) {
  SetHttp(Spec()->mutable_readinessprobe());
  Update();
  manager_.Forget("uid-p");
  executor_.Advance(absl::Seconds(60));
  EXPECT_EQ(prober_.calls(), 0);
}

TEST(ExecProbes, HungCommandsLeaveThreadsForOthers) {
  auto executor = std::make_unique<base::ThreadPool>(ProbeManager::kMaxCommands + 1);
  FakeRuntime runtime(executor.get());
  testing::FakeProber prober;
  testing::EventLog events;
  base::Mutex mutex;
  base::CondVar changed;
  int begun = 0;
  bool released = false;
  runtime.AddImage("hello:1");
  runtime.SetExec([&](const std::string&, const std::vector<std::string>&) -> absl::StatusOr<ExecResult> {
    base::MutexLock lock(&mutex);
    ++begun;
    changed.SignalAll();
    while (!released) changed.Wait(&mutex);
    return ExecResult{};
  });
  ProbeManager manager({executor.get(), &runtime, &prober, &events}, [](const std::string&) {});
  const int kPods = 2 * ProbeManager::kMaxCommands;
  for (int i = 0; i < kPods; ++i) {
    const std::string uid = absl::StrCat("u", i);
    SandboxConfig sandbox;
    sandbox.uid = uid;
    const std::string id = runtime.RunPodSandbox(sandbox).value();
    ContainerConfig config;
    config.name = "main";
    config.image = "hello:1";
    ASSERT_TRUE(runtime.StartContainer(runtime.CreateContainer(id, config).value()).ok());
    Pod pod = MakePod(uid).Build();
    pod.mutable_metadata()->set_uid(uid);
    pod.mutable_spec()->mutable_containers(0)->mutable_readinessprobe()->mutable_handler()->mutable_exec()->add_command(
        "true");
    manager.Update({std::make_shared<const Pod>(pod), runtime.PodStatus(uid), false});
  }
  {
    base::MutexLock lock(&mutex);
    while (begun < ProbeManager::kMaxCommands) changed.Wait(&mutex);
  }
  // Behind all the probes that are due.
  std::promise<void> ran;
  executor->PostAfter(absl::ZeroDuration(), [&ran] { ran.set_value(); });
  EXPECT_EQ(ran.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  {
    base::MutexLock lock(&mutex);
    EXPECT_EQ(begun, ProbeManager::kMaxCommands);
    released = true;
    changed.SignalAll();
    while (begun < kPods) changed.Wait(&mutex);
  }
  executor.reset();
}

}  // namespace
}  // namespace kubelite::kubelet
