#include "kubelet/pod/plan.h"

#include <gtest/gtest.h>

#include "common/api/testing/builders.h"
#include "common/api/time.h"
#include "kubelet/pod/restart_backoff.h"
#include "kubelet/pod/spec.h"
#include "kubelet/testing/pods.h"

namespace kubelite::kubelet {
namespace {

using api::testing::MakePod;
using api::testing::PodBuilder;
using k8s::core::v1::Pod;
using testing::Exited;
using testing::MakeSandbox;
using testing::Running;

const absl::Time kNow = absl::FromUnixSeconds(1'900'000'000);
const char kBox[] = "uid-p/0";

// A pod "p" with container "main", and what the runtime has of it.
class PlanTest : public ::testing::Test {
 protected:
  PlanTest() : pod_(MakePod("p").Build()) {
    input_.now = kNow;
    input_.start_time = kNow - absl::Seconds(5);
    input_.state = PodState::kRunning;
  }
  void HasSandbox(bool ready = true) { input_.observed.sandboxes = {MakeSandbox("uid-p", ready)}; }
  void Has(const Container& container) {
    input_.observed.containers.push_back(container);
    SortContainers(&input_.observed);
  }
  void AddInit(const std::string& name, bool sidecar = false) {
    auto* init = pod_.mutable_spec()->add_initcontainers();
    init->set_name(name);
    init->set_image("hello:1");
    if (sidecar) init->set_restartpolicy("Always");
  }
  void AddApp(const std::string& name) {
    auto* app = pod_.mutable_spec()->add_containers();
    app->set_name(name);
    app->set_image("hello:1");
  }
  PodPlan Plan() {
    input_.pod = &pod_;
    return PlanPod(input_);
  }
  std::string Text() { return ToString(Plan()); }

  Pod pod_;
  PlanInput input_;
};

TEST_F(PlanTest, ANewPodGetsASandbox) { EXPECT_EQ(Text(), "Waiting create-sandbox(0)"); }

TEST_F(PlanTest, InTheSandboxContainersStart) {
  AddApp("second");
  HasSandbox();
  EXPECT_EQ(Text(), "Starting start(main/0) start(second/0)");
}

TEST_F(PlanTest, ARunningPodIsLeftAlone) {
  HasSandbox();
  Has(Running(kBox, "main", kNow));
  EXPECT_EQ(Text(), "Running");
  EXPECT_FALSE(Plan().Acts());
}

TEST_F(PlanTest, ALostSandboxIsReplacedAndItsContainersRestarted) {
  HasSandbox(false);
  Has(Exited(kBox, "main", 137, kNow));
  EXPECT_EQ(Text(), "Waiting create-sandbox(1)");
  input_.observed.sandboxes = {MakeSandbox("uid-p", true, 1)};
  EXPECT_EQ(Text(), "Starting start(main/1)");
}

TEST_F(PlanTest, TheFirstRestartIsImmediateAndTheNextOnesBackOff) {
  HasSandbox();
  Has(Exited(kBox, "main", 1, kNow));
  ASSERT_EQ(Text(), "Running start(main/1)");
  const absl::Duration delay = Plan().start[0].restart_delay;
  EXPECT_EQ(delay, absl::Seconds(10));

  Container second = Exited(kBox, "main", 1, kNow, 1);
  SetRestartDelay(delay, &second.annotations);
  Has(second);
  const PodPlan plan = Plan();
  EXPECT_EQ(ToString(plan), "Running waiting(main CrashLoopBackOff)");
  EXPECT_EQ(plan.waiting.at("main").message, "back-off 10s restarting failed container=main pod=p_default(uid-p)");
  EXPECT_EQ(plan.wake, kNow + absl::Seconds(10));

  input_.now = kNow + absl::Seconds(10);
  ASSERT_EQ(Text(), "Running start(main/2)");
  EXPECT_EQ(Plan().start[0].restart_delay, absl::Seconds(20));
}

struct PolicyCase {
  const char* policy;
  int exit_code;
  const char* plan;
};
class PolicyTest : public PlanTest, public ::testing::WithParamInterface<PolicyCase> {};

TEST_P(PolicyTest, AfterTheContainerEnded) {
  pod_.mutable_spec()->set_restartpolicy(GetParam().policy);
  HasSandbox();
  Has(Exited(kBox, "main", GetParam().exit_code, kNow));
  EXPECT_EQ(Text(), GetParam().plan);
}

INSTANTIATE_TEST_SUITE_P(All, PolicyTest,
                         ::testing::Values(PolicyCase{"Always", 0, "Running start(main/1)"},
                                           PolicyCase{"Always", 1, "Running start(main/1)"},
                                           PolicyCase{"OnFailure", 0, "Terminating stop-sandbox(uid-p/0)"},
                                           PolicyCase{"OnFailure", 1, "Running start(main/1)"},
                                           PolicyCase{"Never", 0, "Terminating stop-sandbox(uid-p/0)"},
                                           PolicyCase{"Never", 1, "Terminating stop-sandbox(uid-p/0)"}));

TEST_F(PlanTest, AFinishedPodWithoutSandboxIsTerminated) {
  pod_.mutable_spec()->set_restartpolicy("Never");
  HasSandbox(false);
  Has(Exited(kBox, "main", 0, kNow));
  EXPECT_EQ(Text(), "Terminated");
}

TEST_F(PlanTest, OneOfTwoThatEndedForGoodIsNotRestarted) {
  AddApp("second");
  pod_.mutable_spec()->set_restartpolicy("OnFailure");
  HasSandbox();
  Has(Exited(kBox, "main", 0, kNow));
  Has(Running(kBox, "second", kNow));
  EXPECT_EQ(Text(), "Running");
}

TEST_F(PlanTest, InitContainersRunOneByOne) {
  AddInit("one");
  AddInit("two");
  HasSandbox();
  EXPECT_EQ(Text(), "Starting start(one/0)");
  Has(Running(kBox, "one", kNow));
  EXPECT_EQ(Text(), "Starting");
  input_.observed.containers = {Exited(kBox, "one", 0, kNow)};
  EXPECT_EQ(Text(), "Starting start(two/0)");
  Has(Exited(kBox, "two", 0, kNow));
  EXPECT_EQ(Text(), "Starting start(main/0)");
}

TEST_F(PlanTest, AFailedInitContainerIsRunAgainOrFailsThePod) {
  AddInit("one");
  HasSandbox();
  Has(Exited(kBox, "one", 1, kNow));
  EXPECT_EQ(Text(), "Starting start(one/1)");
  pod_.mutable_spec()->set_restartpolicy("Never");
  EXPECT_EQ(Text(), "Terminating stop-sandbox(uid-p/0)");
}

TEST_F(PlanTest, InitContainersRunAgainInANewSandbox) {
  AddInit("one");
  input_.observed.sandboxes = {MakeSandbox("uid-p", true, 1)};
  Has(Exited(kBox, "one", 0, kNow - absl::Hours(1)));
  Has(Exited(kBox, "main", 137, kNow));
  EXPECT_EQ(Text(), "Starting start(one/1)");
}

TEST_F(PlanTest, InitContainersThatSucceededStayDoneOnceAnAppContainerStarted) {
  AddInit("one");
  HasSandbox();
  Has(Exited(kBox, "one", 0, kNow));
  Has(Exited(kBox, "main", 1, kNow));
  EXPECT_EQ(Text(), "Running start(main/1)");
}

TEST_F(PlanTest, ASidecarStartsFirstAndStaysBesideTheApp) {
  AddInit("side", /*sidecar=*/true);
  HasSandbox();
  EXPECT_EQ(Text(), "Starting start(side/0)");
  const Container side = Running(kBox, "side", kNow);
  Has(side);
  input_.probes[side.id] = {.started = false};
  EXPECT_EQ(Text(), "Starting");
  input_.probes[side.id] = {.started = true};
  EXPECT_EQ(Text(), "Starting start(main/0)");
  Has(Running(kBox, "main", kNow));
  input_.observed.containers[1] = Exited(kBox, "side", 0, kNow);
  EXPECT_EQ(Text(), "Running start(side/1)");
}

TEST_F(PlanTest, SidecarsDoNotKeepAFinishedPodAlive) {
  AddInit("side", /*sidecar=*/true);
  pod_.mutable_spec()->set_restartpolicy("Never");
  HasSandbox();
  Has(Running(kBox, "side", kNow));
  Has(Exited(kBox, "main", 0, kNow));
  EXPECT_EQ(Text(), "Terminating stop(uid-p/side/0 30s)");
}

TEST_F(PlanTest, ADeletedPodStopsWithItsGrace) {
  pod_.mutable_spec()->set_terminationgraceperiodseconds(60);
  pod_.mutable_metadata()->set_deletiongraceperiodseconds(7);
  HasSandbox();
  Has(Running(kBox, "main", kNow));
  input_.remove = true;
  EXPECT_EQ(Text(), "Terminating stop(uid-p/main/0 7s)");
  EXPECT_EQ(Plan().stop[0].message, "Stopping container main");
  input_.stopping = {"uid-p/main/0"};
  EXPECT_EQ(Plan().stop[0].message, "");
  input_.observed.containers = {Exited(kBox, "main", 143, kNow)};
  EXPECT_EQ(Text(), "Terminating stop-sandbox(uid-p/0)");
  HasSandbox(false);
  EXPECT_EQ(Text(), "Terminated");
}

TEST_F(PlanTest, ADeletedPodStopsItsSidecarsLast) {
  AddInit("side", /*sidecar=*/true);
  HasSandbox();
  Has(Running(kBox, "side", kNow));
  Has(Running(kBox, "main", kNow));
  input_.remove = true;
  EXPECT_EQ(Text(), "Terminating stop(uid-p/main/0 30s)");
  input_.observed.containers[0] = Exited(kBox, "main", 0, kNow);
  EXPECT_EQ(Text(), "Terminating stop(uid-p/side/0 30s)");
}

TEST_F(PlanTest, SidecarsStopInReverseWithinTheGraceOfThePod) {
  for (const char* name : {"a", "b"}) AddInit(name, /*sidecar=*/true);
  pod_.mutable_metadata()->set_deletiongraceperiodseconds(30);
  api::ToProto(kNow + absl::Seconds(5), pod_.mutable_metadata()->mutable_deletiontimestamp());
  HasSandbox();
  Has(Running(kBox, "a", kNow));
  Has(Running(kBox, "b", kNow));
  Has(Exited(kBox, "main", 0, kNow));
  input_.remove = true;
  EXPECT_EQ(Text(), "Terminating stop(uid-p/b/0 5s)");
  input_.now = kNow + absl::Seconds(60);
  EXPECT_EQ(Text(), "Terminating stop(uid-p/b/0 2s)");
  input_.observed.containers[1] = Exited(kBox, "b", 0, kNow);
  EXPECT_EQ(Text(), "Terminating stop(uid-p/a/0 2s)");
}

TEST_F(PlanTest, APodThatNeverRestartsEndsWithItsSandbox) {
  pod_.mutable_spec()->set_restartpolicy("Never");
  AddApp("second");
  AddInit("one");
  HasSandbox(false);
  EXPECT_EQ(Text(), "Waiting create-sandbox(1)");
  Container one = Running(kBox, "one", kNow);
  one.state = ContainerState::kCreated;
  Has(one);
  EXPECT_EQ(Text(), "Waiting create-sandbox(1)");
  input_.observed.containers = {Exited(kBox, "one", 0, kNow)};
  EXPECT_EQ(Text(), "Terminated");
}

TEST_F(PlanTest, AnInitContainerThatFailsForGoodInANewSandboxFailsThePod) {
  AddInit("one");
  pod_.mutable_spec()->mutable_initcontainers(0)->set_restartpolicy("Never");
  input_.observed.sandboxes = {MakeSandbox("uid-p", true, 1)};
  Has(Exited(kBox, "one", 0, kNow));
  Has(Exited(kBox, "main", 137, kNow));
  Has(Exited("uid-p/1", "one", 1, kNow, 1));
  EXPECT_EQ(Text(), "Terminating stop-sandbox(uid-p/1)");
}

TEST_F(PlanTest, AContainerThatWasMadeButNotStartedIsStartedAsItIs) {
  HasSandbox();
  Has(Exited(kBox, "main", 1, kNow));
  Container made = Running(kBox, "main", kNow, 1);
  made.state = ContainerState::kCreated;
  made.started_at = absl::InfinitePast();
  SetRestartDelay(absl::Seconds(10), &made.annotations);
  Has(made);
  ASSERT_EQ(Text(), "Running start(main/1)");
  EXPECT_EQ(Plan().start[0].restart_delay, absl::Seconds(10));
}

TEST_F(PlanTest, APodThatNeverStartedIsTerminatedAtOnce) {
  input_.remove = true;
  EXPECT_EQ(Text(), "Terminated");
}

TEST_F(PlanTest, WhatBeganToTerminateDoesNotStartAgain) {
  HasSandbox();
  Has(Exited(kBox, "main", 0, kNow));
  input_.state = PodState::kTerminating;
  EXPECT_EQ(Text(), "Terminating stop-sandbox(uid-p/0)");
  input_.state = PodState::kTerminated;
  HasSandbox(false);
  EXPECT_EQ(Text(), "Terminated");
}

TEST_F(PlanTest, AFailedLivenessProbeStopsTheContainerOnce) {
  HasSandbox();
  const Container main = Running(kBox, "main", kNow);
  Has(main);
  input_.probes[main.id] = {.kill = "Container main failed liveness probe, will be restarted",
                            .kill_grace = absl::Seconds(3)};
  ASSERT_EQ(Text(), "Running stop(uid-p/main/0 3s)");
  EXPECT_EQ(Plan().stop[0].message, "Container main failed liveness probe, will be restarted");
  input_.stopping = {main.id};
  EXPECT_EQ(Text(), "Running");
}

TEST_F(PlanTest, AChangedDefinitionRestartsTheContainer) {
  HasSandbox();
  Container main = Running(kBox, "main", kNow);
  main.annotations["io.kubernetes.container.hash"] = ContainerHash(pod_.spec().containers(0));
  Has(main);
  EXPECT_EQ(Text(), "Running");
  pod_.mutable_spec()->mutable_containers(0)->set_image("hello:2");
  ASSERT_EQ(Text(), "Running stop(uid-p/main/0 30s)");
  EXPECT_EQ(Plan().stop[0].message, "Container main definition changed, will be restarted");
}

TEST_F(PlanTest, AStartProblemIsWaitedOut) {
  HasSandbox();
  input_.problems["main"] = {"ImagePullBackOff", "text", kNow + absl::Seconds(10)};
  EXPECT_EQ(Text(), "Starting waiting(main ImagePullBackOff)");
  EXPECT_EQ(Plan().wake, kNow + absl::Seconds(10));
  input_.now = kNow + absl::Seconds(10);
  EXPECT_EQ(Text(), "Starting start(main/0) waiting(main ImagePullBackOff)");
}

TEST_F(PlanTest, TheActiveDeadlineFailsThePod) {
  pod_.mutable_spec()->set_activedeadlineseconds(60);
  HasSandbox();
  Has(Running(kBox, "main", kNow));
  EXPECT_EQ(Text(), "Running");
  EXPECT_EQ(Plan().wake, input_.start_time + absl::Seconds(60));
  input_.now = Plan().wake;
  EXPECT_EQ(Text(), "Terminating failed=DeadlineExceeded stop(uid-p/main/0 30s)");
}

TEST_F(PlanTest, OnlyTheLastTwoAttemptsAreKept) {
  HasSandbox();
  for (int attempt : {0, 1, 2}) Has(Exited(kBox, "main", 1, kNow, attempt));
  Has(Running(kBox, "main", kNow, 3));
  EXPECT_EQ(Text(), "Running remove(uid-p/main/1) remove(uid-p/main/0)");
}

}  // namespace
}  // namespace kubelite::kubelet
