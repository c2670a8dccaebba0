#include "kubelet/pod/pod_status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/api/testing/builders.h"
#include "common/api/time.h"
#include "common/control/pods.h"
#include "kubelet/testing/pods.h"

namespace kubelite::kubelet {
namespace {

using api::testing::MakePod;
using k8s::core::v1::ContainerStatus;
using k8s::core::v1::Pod;
using k8s::core::v1::PodStatus;
using ::testing::ElementsAre;
using testing::Exited;
using testing::MakeSandbox;
using testing::Running;

const absl::Time kNow = absl::FromUnixSeconds(1'900'000'000);
const char kBox[] = "uid-p/0";

class PodStatusTest : public ::testing::Test {
 protected:
  PodStatusTest() : pod_(MakePod("p").Generation(3).Build()) {
    input_.host_ip = "127.0.0.1";
    input_.start_time = kNow - absl::Seconds(5);
    input_.now = kNow;
    input_.observed.sandboxes = {MakeSandbox("uid-p")};
  }
  void Has(const Container& container) {
    input_.observed.containers.push_back(container);
    SortContainers(&input_.observed);
  }
  void AddInit(const std::string& name) {
    auto* init = pod_.mutable_spec()->add_initcontainers();
    init->set_name(name);
    init->set_image("hello:1");
  }
  void AddApp(const std::string& name) {
    auto* app = pod_.mutable_spec()->add_containers();
    app->set_name(name);
    app->set_image("hello:1");
  }
  PodStatus Compute() {
    input_.pod = &pod_;
    return ComputePodStatus(input_);
  }
  // "status reason message" of a condition.
  std::string Condition(const std::string& type) {
    const PodStatus status = Compute();
    const auto* condition = control::FindPodCondition(status, type);
    if (condition == nullptr) return "(none)";
    std::string text = condition->status();
    for (const std::string& part : {condition->reason(), condition->message()}) text += part.empty() ? "" : " " + part;
    return text;
  }

  Pod pod_;
  StatusInput input_;
};

TEST_F(PodStatusTest, ARunningPod) {
  Has(Running(kBox, "main", kNow));
  const PodStatus status = Compute();
  EXPECT_EQ(status.phase(), "Running");
  EXPECT_EQ(status.podip(), "127.64.0.1");
  EXPECT_EQ(status.hostip(), "127.0.0.1");
  EXPECT_EQ(status.podips(0).ip(), "127.64.0.1");
  EXPECT_EQ(status.hostips(0).ip(), "127.0.0.1");
  EXPECT_EQ(status.qosclass(), "BestEffort");
  EXPECT_EQ(status.observedgeneration(), 3);
  EXPECT_EQ(api::FromProto(status.starttime()), input_.start_time);
  const ContainerStatus& main = status.containerstatuses(0);
  EXPECT_TRUE(main.ready());
  EXPECT_TRUE(main.started());
  EXPECT_EQ(api::FromProto(main.state().running().startedat()), kNow);
  EXPECT_EQ(main.containerid(), "kube-lite://uid-p/main/0");
}

TEST_F(PodStatusTest, ConditionsComeInUpstreamsOrder) {
  Has(Running(kBox, "main", kNow));
  std::vector<std::string> types;
  const PodStatus status = Compute();
  for (const auto& condition : status.conditions()) {
    types.push_back(condition.type());
    EXPECT_EQ(condition.status(), "True") << condition.type();
    EXPECT_EQ(condition.observedgeneration(), 3);
  }
  EXPECT_THAT(types,
              ElementsAre("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"));
}

TEST_F(PodStatusTest, TransitionTimesMoveOnlyWithTheStatus) {
  Has(Running(kBox, "main", kNow));
  input_.previous = Compute();
  input_.now = kNow + absl::Seconds(60);
  input_.probes["uid-p/main/0"] = {.ready = false};
  const PodStatus status = Compute();
  EXPECT_EQ(api::FromProto(control::FindPodCondition(status, "Initialized")->lasttransitiontime()), kNow);
  EXPECT_EQ(api::FromProto(control::FindPodCondition(status, "Ready")->lasttransitiontime()), input_.now);
}

TEST_F(PodStatusTest, BeforeAnythingStarted) {
  input_.observed = {};
  AddInit("setup");
  const PodStatus status = Compute();
  EXPECT_EQ(status.phase(), "Pending");
  EXPECT_EQ(status.containerstatuses(0).state().waiting().reason(), "PodInitializing");
  EXPECT_EQ(Condition("PodReadyToStartContainers"), "False");
  EXPECT_EQ(Condition("Initialized"), "False ContainersNotInitialized containers with incomplete status: [setup]");
  EXPECT_EQ(Condition("Ready"), "False ContainersNotReady containers with unready status: [main]");
  EXPECT_EQ(Condition("ContainersReady"), "False ContainersNotReady containers with unready status: [main]");
}

TEST_F(PodStatusTest, WithoutInitContainersItIsBeingCreated) {
  EXPECT_EQ(Compute().containerstatuses(0).state().waiting().reason(), "ContainerCreating");
}

TEST_F(PodStatusTest, AWaitingReasonIsShown) {
  input_.waiting["main"] = {"ImagePullBackOff", "Back-off pulling image \"x\""};
  const PodStatus status = Compute();
  EXPECT_EQ(status.containerstatuses(0).state().waiting().reason(), "ImagePullBackOff");
  EXPECT_EQ(status.phase(), "Pending");
}

TEST_F(PodStatusTest, CrashLoopShowsTheLastEnd) {
  Has(Exited(kBox, "main", 3, kNow - absl::Seconds(20)));
  Has(Exited(kBox, "main", 4, kNow, 1));
  input_.waiting["main"] = {"CrashLoopBackOff", "back-off 10s"};
  const ContainerStatus main = Compute().containerstatuses(0);
  EXPECT_EQ(main.restartcount(), 1);
  EXPECT_EQ(main.state().waiting().reason(), "CrashLoopBackOff");
  EXPECT_FALSE(main.state().has_terminated());
  EXPECT_EQ(main.laststate().terminated().exitcode(), 4);
  EXPECT_EQ(Compute().phase(), "Running");
}

TEST_F(PodStatusTest, ARestartedContainerKeepsItsLastState) {
  Has(Exited(kBox, "main", 3, kNow));
  Has(Running(kBox, "main", kNow, 1));
  const ContainerStatus main = Compute().containerstatuses(0);
  EXPECT_TRUE(main.state().has_running());
  EXPECT_EQ(main.laststate().terminated().exitcode(), 3);
  EXPECT_EQ(main.laststate().terminated().reason(), "Error");
}

TEST_F(PodStatusTest, ProbesGateReadiness) {
  Has(Running(kBox, "main", kNow));
  input_.probes["uid-p/main/0"] = {.started = true, .ready = false};
  EXPECT_FALSE(Compute().containerstatuses(0).ready());
  EXPECT_EQ(Condition("Ready"), "False ContainersNotReady containers with unready status: [main]");
  input_.probes["uid-p/main/0"] = {.started = false, .ready = true};
  EXPECT_FALSE(Compute().containerstatuses(0).ready());
  EXPECT_FALSE(Compute().containerstatuses(0).started());
}

TEST_F(PodStatusTest, ReadinessGatesAreOthersConditions) {
  Has(Running(kBox, "main", kNow));
  pod_.mutable_spec()->add_readinessgates()->set_conditiontype("example.com/ok");
  EXPECT_EQ(Condition("Ready"),
            "False ReadinessGatesNotReady corresponding condition of pod readiness gate "
            "\"example.com/ok\" does not exist.");
  EXPECT_EQ(Condition("ContainersReady"), "True");
  control::SetPodCondition(&input_.previous, "example.com/ok", "True", "", "", kNow);
  EXPECT_EQ(Condition("Ready"), "True");
}

TEST_F(PodStatusTest, ContainersAreSortedByName) {
  AddApp("a");
  EXPECT_EQ(Compute().containerstatuses(0).name(), "a");
}

TEST_F(PodStatusTest, AnInitContainerThatSucceededIsReady) {
  AddInit("setup");
  Has(Exited(kBox, "setup", 0, kNow));
  EXPECT_TRUE(Compute().initcontainerstatuses(0).ready());
  EXPECT_EQ(Condition("Initialized"), "True");
  EXPECT_EQ(Compute().phase(), "Pending");
}

struct PhaseCase {
  const char* policy;
  std::vector<int> exit_codes;  // of ended containers; -1 runs, -2 never started
  bool terminated;
  const char* phase;
};
class PhaseTest : public PodStatusTest, public ::testing::WithParamInterface<PhaseCase> {};

TEST_P(PhaseTest, OfItsContainers) {
  pod_.mutable_spec()->clear_containers();
  pod_.mutable_spec()->set_restartpolicy(GetParam().policy);
  for (size_t i = 0; i < GetParam().exit_codes.size(); ++i) {
    const std::string name = "c" + std::to_string(i);
    AddApp(name);
    const int code = GetParam().exit_codes[i];
    if (code == -1) Has(Running(kBox, name, kNow));
    if (code >= 0) Has(Exited(kBox, name, code, kNow));
  }
  input_.terminated = GetParam().terminated;
  EXPECT_EQ(Compute().phase(), GetParam().phase);
}

INSTANTIATE_TEST_SUITE_P(
    All, PhaseTest,
    ::testing::Values(PhaseCase{"Always", {-2}, false, "Pending"}, PhaseCase{"Always", {-1, -2}, false, "Pending"},
                      PhaseCase{"Always", {-1, 1}, false, "Running"}, PhaseCase{"Always", {0, 1}, false, "Running"},
                      PhaseCase{"OnFailure", {0, 1}, false, "Running"},
                      PhaseCase{"OnFailure", {0, 0}, false, "Succeeded"},
                      PhaseCase{"Never", {0, 0}, false, "Succeeded"}, PhaseCase{"Never", {0, 1}, false, "Failed"},
                      PhaseCase{"Never", {0, -1}, false, "Running"}, PhaseCase{"Always", {0, 0}, true, "Succeeded"},
                      PhaseCase{"Always", {143}, true, "Failed"}, PhaseCase{"Always", {-2}, true, "Failed"}));

TEST_F(PodStatusTest, AFailedInitContainerFailsAPodThatNeverRestarts) {
  AddInit("setup");
  Has(Exited(kBox, "setup", 1, kNow));
  EXPECT_EQ(Compute().phase(), "Pending");
  pod_.mutable_spec()->set_restartpolicy("Never");
  EXPECT_EQ(Compute().phase(), "Failed");
}

// States of init containers, then of app containers, in a pod that has ended: exit codes, -2 for one that the runtime
// does not know.
struct EndedCase {
  std::vector<int> init;
  std::vector<int> apps;
  std::string states;  // exit codes or waiting reasons
  std::string phase;
};
class EndedTest : public PodStatusTest, public ::testing::WithParamInterface<EndedCase> {};

TEST_P(EndedTest, OnlyWhatHadItsTurnHasEnded) {
  pod_.mutable_spec()->clear_containers();
  pod_.mutable_spec()->set_restartpolicy("Never");
  for (size_t i = 0; i < GetParam().init.size(); ++i) {
    AddInit(absl::StrCat("i", i));
    if (GetParam().init[i] >= 0) Has(Exited(kBox, absl::StrCat("i", i), GetParam().init[i], kNow));
  }
  for (size_t i = 0; i < GetParam().apps.size(); ++i) {
    AddApp(absl::StrCat("c", i));
    if (GetParam().apps[i] >= 0) Has(Exited(kBox, absl::StrCat("c", i), GetParam().apps[i], kNow));
  }
  input_.observed.sandboxes[0].ready = false;
  input_.terminated = true;
  const PodStatus status = Compute();
  std::vector<std::string> states;
  for (const auto* statuses : {&status.initcontainerstatuses(), &status.containerstatuses()}) {
    for (const ContainerStatus& container : *statuses) {
      const auto& state = container.state();
      EXPECT_EQ(container.restartcount(), 0) << container.name();
      EXPECT_NE(state.has_terminated(), state.has_waiting()) << container.name();
      states.push_back(state.has_terminated() ? absl::StrCat(state.terminated().exitcode()) : state.waiting().reason());
    }
  }
  EXPECT_EQ(absl::StrJoin(states, " "), GetParam().states);
  EXPECT_EQ(status.phase(), GetParam().phase);
}

INSTANTIATE_TEST_SUITE_P(All, EndedTest,
                         ::testing::Values(EndedCase{{1}, {-2}, "1 PodInitializing", "Failed"},
                                           EndedCase{{1}, {-2, -2}, "1 PodInitializing PodInitializing", "Failed"},
                                           EndedCase{{0, 1, -2}, {-2}, "0 1 PodInitializing PodInitializing", "Failed"},
                                           // Deleted before, between and after init containers.
                                           EndedCase{{-2, -2}, {-2}, "137 PodInitializing PodInitializing", "Failed"},
                                           EndedCase{{0, -2}, {-2}, "0 PodInitializing PodInitializing", "Failed"},
                                           EndedCase{{0, 0}, {-2}, "0 0 137", "Failed"},
                                           EndedCase{{0}, {0, -2}, "0 0 137", "Failed"},
                                           EndedCase{{0}, {0, 0}, "0 0 0", "Succeeded"},
                                           EndedCase{{}, {-2}, "137", "Failed"}));

TEST_F(PodStatusTest, AFailedInitContainerThatIsRunAgainCountsItsOwnRestarts) {
  AddInit("setup");
  Has(Exited(kBox, "setup", 1, kNow));
  Has(Exited(kBox, "setup", 1, kNow, 1));
  input_.waiting["setup"] = {"CrashLoopBackOff", "back-off 10s"};
  const PodStatus status = Compute();
  EXPECT_EQ(status.phase(), "Pending");
  EXPECT_EQ(status.initcontainerstatuses(0).restartcount(), 1);
  EXPECT_EQ(status.initcontainerstatuses(0).state().waiting().reason(), "CrashLoopBackOff");
  EXPECT_EQ(status.containerstatuses(0).restartcount(), 0);
  EXPECT_EQ(status.containerstatuses(0).state().waiting().reason(), "PodInitializing");
  EXPECT_FALSE(status.containerstatuses(0).has_laststate());
}

TEST_F(PodStatusTest, ATerminatedPodHasNoWaitingContainers) {
  input_.terminated = true;
  const PodStatus status = Compute();
  EXPECT_EQ(status.containerstatuses(0).state().terminated().reason(), "ContainerStatusUnknown");
  EXPECT_EQ(status.containerstatuses(0).state().terminated().exitcode(), 137);
}

TEST_F(PodStatusTest, CompletedPodsSayWhyTheyAreNotReady) {
  pod_.mutable_spec()->set_restartpolicy("Never");
  Has(Exited(kBox, "main", 0, kNow));
  EXPECT_EQ(Condition("Ready"), "False PodCompleted");
  EXPECT_EQ(Condition("Initialized"), "True PodCompleted");
  input_.observed.containers = {Exited(kBox, "main", 1, kNow)};
  EXPECT_EQ(Condition("ContainersReady"), "False PodFailed");
}

TEST_F(PodStatusTest, AFailureIsTheReasonAndThePhaseFollowsTheEnd) {
  Has(Running(kBox, "main", kNow));
  input_.failure = {"DeadlineExceeded", "too long"};
  EXPECT_EQ(Compute().phase(), "Running");
  EXPECT_EQ(Compute().reason(), "DeadlineExceeded");
  input_.observed.containers = {Exited(kBox, "main", 0, kNow)};
  input_.terminated = true;
  EXPECT_EQ(Compute().phase(), "Failed");
}

TEST_F(PodStatusTest, TerminalPhasesNeverGoBack) {
  Has(Running(kBox, "main", kNow));
  input_.previous.set_phase("Failed");
  input_.previous.set_reason("Evicted");
  EXPECT_EQ(Compute().phase(), "Failed");
  EXPECT_EQ(Compute().reason(), "Evicted");
}

TEST_F(PodStatusTest, WhatTheRuntimeForgotIsKeptFromTheLastStatus) {
  Has(Exited(kBox, "main", 0, kNow));
  input_.previous = Compute();
  input_.observed = {};
  const PodStatus status = Compute();
  EXPECT_EQ(status.containerstatuses(0).state().terminated().exitcode(), 0);
  EXPECT_EQ(status.podip(), "127.64.0.1");
}

TEST_F(PodStatusTest, AContainerThatRanAndIsForgottenHasEndedSomehow) {
  Has(Running(kBox, "main", kNow));
  input_.previous = Compute();
  input_.observed = {};
  for (int i = 0; i < 2; ++i) {
    const PodStatus status = Compute();
    const ContainerStatus& main = status.containerstatuses(0);
    EXPECT_EQ(main.state().waiting().reason(), "ContainerCreating");
    EXPECT_FALSE(main.state().has_running());
    EXPECT_EQ(main.laststate().terminated().reason(), "ContainerStatusUnknown");
    EXPECT_EQ(main.restartcount(), 1);
    EXPECT_EQ(status.phase(), "Running");
    input_.previous = status;
  }
}

}  // namespace
}  // namespace kubelite::kubelet
