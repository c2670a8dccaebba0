// The whole kubelet over a fake API server and a fake runtime, on virtual time.

#include "kubelet/app.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "common/api/int_or_string.h"
#include "common/api/testing/builders.h"
#include "common/api/time.h"
#include "common/base/file.h"
#include "common/base/simulated_executor.h"
#include "common/client/fake/fake_client.h"
#include "common/control/pods.h"
#include "kubelet/runtime/fake/fake_runtime.h"
#include "kubelet/testing/fake_prober.h"
#include "kubelite/v1/api.pb.h"

namespace kubelite::kubelet {
namespace {

using api::testing::MakePod;
using api::testing::PodBuilder;
using client::FakeClient;
using k8s::core::v1::ContainerStatus;
using k8s::core::v1::Event;
using k8s::core::v1::Node;
using k8s::core::v1::Pod;
using PodPtr = std::shared_ptr<const Pod>;
using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class AppTest : public ::testing::Test {
 protected:
  AppTest() {
    runtime_.AddImage("hello:1");
    EXPECT_TRUE(base::MakeDirectories(dir_.path() + "/manifests").ok());
  }
  void Start() {
    KubeletSettings settings;
    settings.node.name = "n1";
    settings.node.ip = "127.0.0.1";
    settings.log_dir = dir_.path() + "/logs";
    settings.pod_manifest_path = dir_.path() + "/manifests";
    kubelet_ = std::make_unique<Kubelet>(
        settings, KubeletDeps{client_.get(), &executor_, &random_, &runtime_, &prober_, nullptr});
    kubelet_->Start();
    executor_.Settle();
  }
  void Restart() {
    kubelet_.reset();
    Start();
  }
  void Create(const PodBuilder& builder) {
    PodBuilder copy = builder;
    ASSERT_TRUE(client::Create(*client_, copy.Node("n1").Build()).ok());
    executor_.Settle();
  }
  PodPtr Get(const std::string& name, const std::string& ns = "default") {
    absl::StatusOr<PodPtr> pod = client::Get<Pod>(*client_, {ns, name});
    return pod.ok() ? *pod : nullptr;
  }
  ContainerStatus Main(const std::string& pod) { return Get(pod)->status().containerstatuses(0); }
  std::string Uid(const std::string& pod) { return Get(pod)->metadata().uid(); }
  Container InRuntime(const std::string& pod) { return runtime_.PodStatus(Uid(pod)).containers.back(); }
  void Delete(const std::string& pod, int64_t grace) {
    client::DeleteOptions options;
    options.grace_period_seconds = grace;
    ASSERT_TRUE(client::Delete<Pod>(*client_, {"default", pod}, options).ok());
    executor_.Settle();
  }
  std::vector<std::string> Events() {
    std::vector<std::string> texts;
    const auto events = client::List<Event>(*client_).value();
    for (const auto& event : events) texts.push_back(event->reason() + ": " + event->message());
    return texts;
  }
  void WriteManifest(const std::string& file, const std::string& name, const std::string& image = "hello:1") {
    ASSERT_TRUE(base::WriteFileAtomically(dir_.path() + "/manifests/" + file,
                                          "apiVersion: v1\nkind: Pod\nmetadata: {name: " + name +
                                              ", namespace: kube-system}\nspec: {containers: [{name: c, image: '" +
                                              image + "'}]}")
                    .ok());
  }
  PodPtr Mirror() { return Get("web-n1", "kube-system"); }

  base::TemporaryDirectory dir_;
  base::SimulatedExecutor executor_{1};
  base::Random random_{1};
  std::unique_ptr<FakeClient> client_ = FakeClient::New(&executor_, &random_);
  FakeRuntime runtime_{&executor_};
  testing::FakeProber prober_;
  std::unique_ptr<Kubelet> kubelet_;
};

TEST_F(AppTest, RunsAPodOfItsNode) {
  Start();
  Create(MakePod("a"));
  const PodPtr pod = Get("a");
  EXPECT_EQ(pod->status().phase(), "Running");
  EXPECT_TRUE(control::IsPodReady(*pod));
  EXPECT_EQ(pod->status().podip(), runtime_.PodStatus(Uid("a")).sandboxes[0].ip);
  executor_.Advance(absl::Seconds(1));
  for (const char* event :
       {"Pulled: Container image \"hello:1\" already present on machine and can be accessed by the pod",
        "Created: Container created", "Started: Container started"}) {
    EXPECT_THAT(Events(), Contains(event));
  }
}

TEST_F(AppTest, LeavesPodsOfOtherNodesAlone) {
  Start();
  ASSERT_TRUE(client::Create(*client_, MakePod("b").Node("n2").Build()).ok());
  executor_.Settle();
  EXPECT_THAT(runtime_.ListPods(), IsEmpty());
}

TEST_F(AppTest, RegistersItsNode) {
  Start();
  EXPECT_TRUE(client::Get<Node>(*client_, {"", "n1"}).ok());
}

TEST_F(AppTest, RestartsACrashedContainerAtOnceThenWithBackOff) {
  Start();
  Create(MakePod("a"));
  runtime_.Exit(InRuntime("a").id, 1);
  executor_.Settle();
  EXPECT_EQ(Main("a").restartcount(), 1);
  EXPECT_TRUE(Main("a").state().has_running());
  EXPECT_EQ(Main("a").laststate().terminated().exitcode(), 1);

  runtime_.Exit(InRuntime("a").id, 2);
  executor_.Settle();
  EXPECT_EQ(Main("a").state().waiting().reason(), "CrashLoopBackOff");
  EXPECT_EQ(Main("a").laststate().terminated().exitcode(), 2);
  EXPECT_FALSE(control::IsPodReady(*Get("a")));
  executor_.Advance(absl::Seconds(9));
  EXPECT_EQ(Main("a").restartcount(), 1);
  executor_.Advance(absl::Seconds(1.1));
  EXPECT_EQ(Main("a").restartcount(), 2);
  EXPECT_TRUE(Main("a").state().has_running());
  EXPECT_THAT(Events(),
              Contains("BackOff: Back-off restarting failed container main in pod a_default(" + Uid("a") + ")"));
}

TEST_F(AppTest, BackOffSurvivesARestartOfTheKubelet) {
  Start();
  Create(MakePod("a"));
  runtime_.Exit(InRuntime("a").id, 1);
  executor_.Settle();
  runtime_.Exit(InRuntime("a").id, 1);
  executor_.Settle();
  Restart();
  EXPECT_EQ(Main("a").restartcount(), 1);
  executor_.Advance(absl::Seconds(11));
  EXPECT_EQ(Main("a").restartcount(), 2);
}

TEST_F(AppTest, ADeletedPodIsStoppedAndGone) {
  Start();
  Create(MakePod("a"));
  const std::string uid = Uid("a");
  Delete("a", 30);
  EXPECT_EQ(Get("a"), nullptr);
  EXPECT_THAT(runtime_.ListPods(), IsEmpty());
  executor_.Advance(absl::Seconds(1));
  EXPECT_THAT(Events(), Contains("Killing: Stopping container main"));
  EXPECT_TRUE(kubelet_->idle());
}

TEST_F(AppTest, AContainerThatIgnoresItsStopSignalIsKilledAfterTheGrace) {
  FakeBehaviour deaf;
  deaf.ignores_stop_signal = true;
  runtime_.AddImage("deaf:1", deaf);
  Start();
  Create(MakePod("a").Image("deaf:1"));
  Delete("a", 5);
  executor_.Advance(absl::Seconds(4.9));
  ASSERT_NE(Get("a"), nullptr);
  executor_.Advance(absl::Seconds(0.2));
  EXPECT_EQ(Get("a"), nullptr);
}

TEST_F(AppTest, APodDeletedByForceIsStoppedAllTheSame) {
  Start();
  Create(MakePod("a"));
  Delete("a", 0);
  EXPECT_EQ(Get("a"), nullptr);
  executor_.Advance(absl::Seconds(31));
  EXPECT_THAT(runtime_.ListPods(), IsEmpty());
}

TEST_F(AppTest, ARestartedKubeletChangesNothing) {
  Start();
  Create(MakePod("a"));
  const Container before = InRuntime("a");
  const std::string status = Get("a")->status().SerializeAsString();
  kubelet_.reset();
  executor_.Advance(absl::Seconds(100));
  Start();
  EXPECT_EQ(InRuntime("a").id, before.id);
  EXPECT_EQ(InRuntime("a").state, ContainerState::kRunning);
  EXPECT_EQ(Get("a")->status().SerializeAsString(), status);
}

TEST_F(AppTest, WhatHappenedWhileItWasAwayIsMadeGood) {
  Start();
  Create(MakePod("crashed"));
  Create(MakePod("deleted"));
  const std::string crashed = InRuntime("crashed").id;
  kubelet_.reset();
  runtime_.Exit(crashed, 1);
  client::DeleteOptions options;
  options.grace_period_seconds = 0;
  ASSERT_TRUE(client::Delete<Pod>(*client_, {"default", "deleted"}, options).ok());
  Start();
  EXPECT_EQ(Main("crashed").restartcount(), 1);
  executor_.Advance(absl::Seconds(2));
  EXPECT_THAT(runtime_.ListPods(), SizeIs(1));
}

TEST_F(AppTest, ALostSandboxIsMadeAnew) {
  Start();
  Create(MakePod("a"));
  runtime_.LoseSandbox(Uid("a"));
  executor_.Settle();
  EXPECT_EQ(Main("a").restartcount(), 1);
  EXPECT_TRUE(Main("a").state().has_running());
  EXPECT_EQ(Main("a").laststate().terminated().reason(), "ContainerStatusUnknown");
  executor_.Advance(absl::Seconds(1));
  EXPECT_THAT(Events(), Contains("SandboxChanged: Pod sandbox changed, it will be killed and re-created."));
}

TEST_F(AppTest, APodThatRunsOnceSucceeds) {
  FakeBehaviour once;
  once.run_for = absl::Seconds(3);
  runtime_.AddImage("once:1", once);
  Start();
  Create(MakePod("a").Image("once:1").RestartPolicy("Never"));
  EXPECT_EQ(Get("a")->status().phase(), "Running");
  executor_.Advance(absl::Seconds(3));
  EXPECT_EQ(Get("a")->status().phase(), "Succeeded");
  EXPECT_FALSE(runtime_.PodStatus(Uid("a")).sandboxes[0].ready);
  Restart();
  executor_.Advance(absl::Seconds(10));
  EXPECT_EQ(Get("a")->status().phase(), "Succeeded");
  EXPECT_EQ(Main("a").restartcount(), 0);
}

TEST_F(AppTest, AnUnknownImageWaitsUntilItIsThere) {
  Start();
  Create(MakePod("a").Image("later:1"));
  EXPECT_EQ(Main("a").state().waiting().reason(), "ErrImagePull");
  executor_.Advance(absl::Seconds(2));
  EXPECT_EQ(Main("a").state().waiting().reason(), "ImagePullBackOff");
  EXPECT_EQ(Get("a")->status().phase(), "Pending");
  runtime_.AddImage("later:1");
  executor_.Advance(absl::Seconds(10));
  EXPECT_TRUE(Main("a").state().has_running());
}

TEST_F(AppTest, AContainerThatCannotStartBacksOff) {
  FakeBehaviour broken;
  broken.start_error = "exec: \"x\": executable file not found in $PATH";
  runtime_.AddImage("broken:1", broken);
  Start();
  Create(MakePod("a").Image("broken:1"));
  EXPECT_EQ(Main("a").state().waiting().reason(), "CrashLoopBackOff");
  EXPECT_EQ(Main("a").laststate().terminated().reason(), "StartError");
  EXPECT_EQ(Main("a").laststate().terminated().exitcode(), 128);
  EXPECT_FALSE(Main("a").state().has_terminated());
}

TEST_F(AppTest, AMissingConfigMapHoldsTheContainerBack) {
  Start();
  Create(MakePod("a").With([](Pod* pod) {
    pod->mutable_spec()
        ->mutable_containers(0)
        ->add_envfrom()
        ->mutable_configmapref()
        ->mutable_localobjectreference()
        ->set_name("c");
  }));
  EXPECT_EQ(Main("a").state().waiting().reason(), "CreateContainerConfigError");
  EXPECT_EQ(Main("a").state().waiting().message(), "configmap \"c\" not found");
  k8s::core::v1::ConfigMap map;
  map.mutable_metadata()->set_namespace_("default");
  map.mutable_metadata()->set_name("c");
  (*map.mutable_data())["COLOR"] = "red";
  client_->Seed(map);
  executor_.Advance(absl::Seconds(10));
  ASSERT_TRUE(Main("a").state().has_running());
  EXPECT_THAT(runtime_.Config(InRuntime("a").id)->env, Contains(::testing::Pair("COLOR", "red")));
}

TEST_F(AppTest, AMountThatCannotBeMadeHoldsThePodBack) {
  Start();
  Create(MakePod("a").With([](Pod* pod) {
    auto* volume = pod->mutable_spec()->add_volumes();
    volume->set_name("v");
    volume->mutable_volumesource()->mutable_emptydir();
    auto* mount = pod->mutable_spec()->mutable_containers(0)->add_volumemounts();
    mount->set_name("v");
    mount->set_mountpath("/data");
  }));
  executor_.Advance(absl::Seconds(5));
  EXPECT_EQ(Main("a").state().waiting().reason(), "ContainerCreating");
  EXPECT_THAT(Events(), Contains(::testing::HasSubstr("FailedMount: MountVolume.SetUp failed for volume \"v\"")));
  Delete("a", 30);
  EXPECT_EQ(Get("a"), nullptr);
}

TEST_F(AppTest, ReadinessFollowsItsProbe) {
  prober_.SetDefault({ProbeOutcome::Kind::kFailure, "HTTP probe failed with statuscode: 500"});
  Start();
  Create(MakePod("a").With([](Pod* pod) {
    auto* probe = pod->mutable_spec()->mutable_containers(0)->mutable_readinessprobe();
    *probe->mutable_handler()->mutable_httpget()->mutable_port() = api::MakeInt(8080);
    probe->set_periodseconds(1);
  }));
  EXPECT_EQ(Get("a")->status().phase(), "Running");
  EXPECT_FALSE(control::IsPodReady(*Get("a")));
  prober_.SetDefault({});
  executor_.Advance(absl::Seconds(1));
  EXPECT_TRUE(control::IsPodReady(*Get("a")));
}

TEST_F(AppTest, AFailedLivenessProbeRestartsTheContainer) {
  Start();
  Create(MakePod("a").With([](Pod* pod) {
    auto* probe = pod->mutable_spec()->mutable_containers(0)->mutable_livenessprobe();
    *probe->mutable_handler()->mutable_httpget()->mutable_port() = api::MakeInt(8080);
    probe->set_periodseconds(1);
    probe->set_failurethreshold(2);
  }));
  prober_.SetDefault({ProbeOutcome::Kind::kFailure, "no"});
  executor_.Advance(absl::Seconds(2));
  prober_.SetDefault({});
  executor_.Advance(absl::Seconds(1));
  EXPECT_EQ(Main("a").restartcount(), 1);
  EXPECT_TRUE(Main("a").state().has_running());
  EXPECT_THAT(Events(), Contains("Killing: Container main failed liveness probe, will be restarted"));
}

TEST_F(AppTest, APodOverItsDeadlineFails) {
  Start();
  Create(MakePod("a").With([](Pod* pod) { pod->mutable_spec()->set_activedeadlineseconds(10); }));
  executor_.Advance(absl::Seconds(10));
  EXPECT_EQ(Get("a")->status().phase(), "Failed");
  EXPECT_EQ(Get("a")->status().reason(), "DeadlineExceeded");
}

TEST_F(AppTest, APodOfTheSameNameWaitsForTheOldOne) {
  FakeBehaviour deaf;
  deaf.ignores_stop_signal = true;
  runtime_.AddImage("deaf:1", deaf);
  Start();
  Create(MakePod("a").Uid("old").Image("deaf:1"));
  const std::string old_uid = Uid("a");
  Delete("a", 0);
  Create(MakePod("a").Uid("new"));
  EXPECT_EQ(Get("a")->status().phase(), "Pending");
  executor_.Advance(absl::Seconds(31));
  EXPECT_EQ(Get("a")->status().phase(), "Running");
  EXPECT_TRUE(runtime_.PodStatus(old_uid).sandboxes.empty());
}

TEST_F(AppTest, StatusIsWrittenWhenTheServerIsBack) {
  Start();
  Create(MakePod("a"));
  const std::string container = InRuntime("a").id;
  client_->CutWatches();
  client_->SetFault([](const FakeClient::Call&) { return absl::UnavailableError("away"); });
  runtime_.Exit(container, 1);
  executor_.Advance(absl::Seconds(60));
  client_->SetFault(nullptr);
  executor_.Advance(absl::Seconds(30));
  EXPECT_EQ(Main("a").restartcount(), 1);
}

TEST_F(AppTest, AFailedInitContainerFailsAPodThatNeverRestarts) {
  FakeBehaviour fails;
  fails.run_for = absl::Seconds(1);
  fails.exit_code = 3;
  runtime_.AddImage("fails:1", fails);
  Start();
  Create(MakePod("a").RestartPolicy("Never").With([](Pod* pod) {
    auto* init = pod->mutable_spec()->add_initcontainers();
    init->set_name("setup");
    init->set_image("fails:1");
  }));
  EXPECT_EQ(Main("a").state().waiting().reason(), "PodInitializing");
  executor_.Advance(absl::Seconds(1));
  const PodPtr pod = Get("a");
  EXPECT_EQ(pod->status().phase(), "Failed");
  EXPECT_EQ(pod->status().initcontainerstatuses(0).state().terminated().exitcode(), 3);
  EXPECT_EQ(Main("a").state().waiting().reason(), "PodInitializing");
  EXPECT_EQ(Main("a").restartcount(), 0);
  EXPECT_FALSE(Main("a").has_laststate());
}

TEST_F(AppTest, NothingIsDoneToAPodOfWhichTheRuntimeKnowsNothingNow) {
  Start();
  Create(MakePod("a"));
  const std::string uid = Uid("a");
  runtime_.SetStale(uid, true);
  runtime_.LoseSandbox(uid);
  executor_.Advance(absl::Minutes(5));
  EXPECT_THAT(runtime_.PodStatus(uid).containers, SizeIs(1));
  EXPECT_FALSE(runtime_.PodStatus(uid).sandboxes[0].ready);
  runtime_.SetStale(uid, false);
  executor_.Advance(absl::Minutes(1));
  EXPECT_TRUE(runtime_.PodStatus(uid).sandboxes[0].ready);
  EXPECT_EQ(Main("a").restartcount(), 1);
}

TEST_F(AppTest, AStartWithoutAnAnswerIsTriedAgain) {
  Start();
  runtime_.SetFault([](const std::string& call) {
    return call == "StartContainer" ? absl::UnavailableError("no answer") : absl::OkStatus();
  });
  Create(MakePod("a"));
  EXPECT_EQ(Main("a").state().waiting().reason(), "RunContainerError");
  runtime_.SetFault(nullptr);
  executor_.Advance(absl::Seconds(10));
  EXPECT_TRUE(Main("a").state().has_running());
  EXPECT_EQ(Main("a").restartcount(), 0);
  EXPECT_EQ(InRuntime("a").attempt, 0);
}

TEST_F(AppTest, StaticPodsRunWithoutTheServer) {
  client_->SetFault([](const FakeClient::Call&) { return absl::UnavailableError("away"); });
  WriteManifest("web.yaml", "web");
  Start();
  executor_.Advance(absl::Seconds(10));
  ASSERT_THAT(runtime_.ListPods(), SizeIs(1));
  client_->SetFault(nullptr);
  executor_.Advance(absl::Seconds(10));
  ASSERT_NE(Mirror(), nullptr);
  EXPECT_EQ(Mirror()->status().phase(), "Running");
  EXPECT_EQ(Mirror()->metadata().ownerreferences(0).name(), "n1");
}

TEST_F(AppTest, ADeletedMirrorPodComesBackAndTheStaticPodGoesOn) {
  WriteManifest("web.yaml", "web");
  Start();
  const std::string uid = Mirror()->metadata().uid();
  const std::string container = runtime_.ListPods().begin()->second.containers[0].id;
  client::DeleteOptions options;
  options.grace_period_seconds = 0;
  ASSERT_TRUE(client::Delete<Pod>(*client_, {"kube-system", "web-n1"}, options).ok());
  executor_.Settle();
  ASSERT_NE(Mirror(), nullptr);
  EXPECT_NE(Mirror()->metadata().uid(), uid);
  EXPECT_EQ(Mirror()->status().phase(), "Running");
  EXPECT_EQ(runtime_.ListPods().begin()->second.containers[0].id, container);
  EXPECT_EQ(runtime_.ListPods().begin()->second.containers[0].state, ContainerState::kRunning);
}

TEST_F(AppTest, AChangedManifestReplacesTheStaticPod) {
  runtime_.AddImage("hello:2");
  WriteManifest("web.yaml", "web");
  Start();
  WriteManifest("web.yaml", "web", "hello:2");
  executor_.Advance(absl::Seconds(2));
  ASSERT_THAT(runtime_.ListPods(), SizeIs(1));
  EXPECT_EQ(runtime_.ListPods().begin()->second.containers[0].image, "hello:2");
  ASSERT_NE(Mirror(), nullptr);
  EXPECT_EQ(Mirror()->spec().containers(0).image(), "hello:2");
  EXPECT_EQ(Mirror()->status().phase(), "Running");
}

TEST_F(AppTest, ARemovedManifestEndsTheStaticPodAndItsMirror) {
  WriteManifest("web.yaml", "web");
  Start();
  ASSERT_EQ(unlink((dir_.path() + "/manifests/web.yaml").c_str()), 0);
  executor_.Advance(absl::Seconds(2));
  EXPECT_THAT(runtime_.ListPods(), IsEmpty());
  EXPECT_EQ(Mirror(), nullptr);
}

TEST_F(AppTest, AManifestChangedWhileItWasAwayReplacesTheStaticPod) {
  runtime_.AddImage("hello:2");
  WriteManifest("web.yaml", "web");
  Start();
  kubelet_.reset();
  WriteManifest("web.yaml", "web", "hello:2");
  Start();
  executor_.Advance(absl::Seconds(2));
  ASSERT_THAT(runtime_.ListPods(), SizeIs(1));
  EXPECT_EQ(runtime_.ListPods().begin()->second.containers[0].image, "hello:2");
  EXPECT_EQ(Mirror()->spec().containers(0).image(), "hello:2");
}

TEST_F(AppTest, AStaticPodKeepsRunningThroughARestart) {
  WriteManifest("web.yaml", "web");
  Start();
  const std::string uid = Mirror()->metadata().uid();
  const absl::Time started = api::FromProto(Mirror()->status().starttime());
  executor_.Advance(absl::Minutes(1));
  Restart();
  executor_.Advance(absl::Seconds(5));
  EXPECT_EQ(Mirror()->metadata().uid(), uid);
  EXPECT_EQ(api::FromProto(Mirror()->status().starttime()), started);
  EXPECT_EQ(Mirror()->status().containerstatuses(0).restartcount(), 0);
  EXPECT_EQ(runtime_.ListPods().begin()->second.containers[0].state, ContainerState::kRunning);
}

TEST_F(AppTest, FindsTheLogsOfAContainer) {
  Start();
  Create(MakePod("a").Container("side", "hello:1"));
  kubelite::v1::StreamOpen open;
  open.set_namespace_("default");
  open.set_pod("a");
  open.mutable_log();
  EXPECT_EQ(kubelet_->FindLog(open).status().message(),
            "a container name must be specified for pod a, choose one of: [main side]");
  open.mutable_log()->set_container("main");
  const absl::StatusOr<LogTarget> target = kubelet_->FindLog(open);
  ASSERT_TRUE(target.ok());
  EXPECT_EQ(target->path, dir_.path() + "/logs/default_a_" + Uid("a") + "/main/0.log");
  EXPECT_TRUE(target->running());
  open.mutable_log()->set_previous(true);
  EXPECT_EQ(kubelet_->FindLog(open).status().message(),
            "previous terminated container \"main\" in pod \"a\" not found");
  runtime_.Exit(runtime_.PodStatus(Uid("a")).containers[0].id, 1);
  executor_.Settle();
  EXPECT_TRUE(kubelet_->FindLog(open).ok());
  EXPECT_FALSE(target->running());
  open.set_pod("none");
  EXPECT_FALSE(kubelet_->FindLog(open).ok());
}

TEST_F(AppTest, RestartsAreCountedByLogsWhenTheRuntimeForgotThePod) {
  Start();
  Create(MakePod("a"));
  const std::string uid = Uid("a");
  kubelet_.reset();
  ASSERT_TRUE(runtime_.RemovePodSandbox(uid + "/0").ok());
  const std::string logs = dir_.path() + "/logs/default_a_" + uid + "/main";
  ASSERT_TRUE(base::MakeDirectories(logs).ok());
  for (const char* name : {"0.log", "1.log", "1.log.1", "x"})
    ASSERT_TRUE(base::WriteFileAtomically(logs + "/" + name, "").ok());
  Start();
  EXPECT_EQ(Main("a").restartcount(), 2);
  EXPECT_TRUE(Main("a").state().has_running());
}

TEST_F(AppTest, HundredPodsStartAndEnd) {
  Start();
  for (int i = 0; i < 100; ++i) Create(MakePod("p" + std::to_string(i)));
  EXPECT_THAT(runtime_.ListPods(), SizeIs(100));
  for (int i = 0; i < 100; ++i) Delete("p" + std::to_string(i), 30);
  EXPECT_THAT(runtime_.ListPods(), IsEmpty());
  EXPECT_THAT(client::List<Pod>(*client_).value(), IsEmpty());
}

}  // namespace
}  // namespace kubelite::kubelet
