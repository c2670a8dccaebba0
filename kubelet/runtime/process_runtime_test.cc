// What only the process runtime does; the rest is in tests/contract/runtime_test.cc.

#include "kubelet/runtime/process_runtime.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <future>

#include "absl/strings/numbers.h"
#include "common/base/file.h"
#include "common/base/process.h"
#include "common/base/testing/status_matchers.h"

namespace kubelite::kubelet {
namespace {

using base::StatusIs;
using ::testing::HasSubstr;
using ::testing::SizeIs;

const absl::Duration kLimit = absl::Seconds(20);

class ProcessRuntimeTest : public ::testing::Test {
 protected:
  void SetUp() override { Restart(); }
  void TearDown() override {
    for (const auto& [uid, pod] : runtime_->ListPods()) EXPECT_OK(runtime_->RemovePodSandbox(pod.sandboxes[0].id));
    runtime_.reset();
  }
  // As a kubelet that is killed and started again.
  void Restart() {
    runtime_.reset();
    runtime_ = Create(dir_.path());
  }
  std::unique_ptr<ProcessRuntime> Create(const std::string& root_dir,
                                         absl::Duration shim_timeout = ShimOptions().timeout) {
    ProcessRuntimeOptions options;
    options.shim.timeout = shim_timeout;
    options.root_dir = root_dir;
    options.node_ip = "127.0.0.1";
    options.shim.shim_path = KUBELITE_BIN_DIR "/kube-lite-shim";
    std::unique_ptr<ProcessRuntime> runtime =
        ProcessRuntime::Create(options, &images_, &addresses_, &loop_, &base::SystemClock()).value();
    runtime->SetListener([this](const std::string&) {
      base::MutexLock lock(&mutex_);
      ++changes_;
      changed_.SignalAll();
    });
    return runtime;
  }
  std::string RunPod(const std::string& script, int attempt = 0) {
    SandboxConfig config;
    config.uid = "uid-1";
    config.name_space = "ns";
    config.name = "pod";
    config.hostname = "pod";
    config.attempt = attempt;
    absl::StatusOr<std::string> sandbox = runtime_->RunPodSandbox(config);
    EXPECT_OK(sandbox);
    return StartContainer(*sandbox, script, attempt);
  }
  std::string StartContainer(const std::string& sandbox, const std::string& script, int attempt) {
    const std::string id = CreateContainer(sandbox, script, attempt);
    EXPECT_OK(runtime_->StartContainer(id));
    return id;
  }
  std::string CreateContainer(const std::string& sandbox, const std::string& script, int attempt) {
    ContainerConfig config;
    config.name = "main";
    config.attempt = attempt;
    config.image = "host";
    config.command = {"sh", "-c", script};
    config.log_path = absl::StrCat(dir_.path(), "/logs/", attempt, ".log");
    absl::StatusOr<std::string> id = runtime_->CreateContainer(sandbox, config);
    EXPECT_OK(id);
    return *id;
  }
  // A process whose number the last container has written to its log.
  pid_t LoggedPid() {
    std::string log;
    while (log.find('\n') == std::string::npos) log = base::ReadFile(Status().log_path).value_or("");
    int pid = 0;
    EXPECT_TRUE(absl::SimpleAtoi(log.substr(log.rfind(' ') + 1), &pid)) << log;
    return pid;
  }
  Container Status() { return runtime_->PodStatus("uid-1").containers.back(); }
  // Waits for changes until the pod's last container has exited.
  Container WaitForExit() {
    base::MutexLock lock(&mutex_);
    while (true) {
      const int seen = changes_;
      mutex_.Unlock();
      Container status = Status();
      mutex_.Lock();
      if (status.state == ContainerState::kExited) return status;
      while (changes_ == seen) {
        if (!changed_.WaitForNanos(&mutex_, absl::ToInt64Nanoseconds(kLimit))) {
          ADD_FAILURE() << "no exit";
          return {};
        }
      }
    }
  }
  // The pod once its shim answers.
  RuntimePod FreshStatus() {
    RuntimePod pod = runtime_->PodStatus("uid-1");
    for (int i = 0; pod.stale && i < 1000; ++i) pod = runtime_->PodStatus("uid-1");
    EXPECT_FALSE(pod.stale);
    return pod;
  }
  pid_t ShimPid() {
    int pid = 0;
    (void)absl::SimpleAtoi(base::ReadFile(dir_.path() + "/pods/uid-1/shim.pid").value_or(""), &pid);
    return pid;
  }

  base::TemporaryDirectory dir_;
  base::TemporaryDirectory other_dir_;
  ImageStore images_{dir_.path() + "/images"};
  AddressPool addresses_{dir_.path()};
  EventLoop loop_;
  base::Mutex mutex_;
  base::CondVar changed_;
  int changes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::unique_ptr<ProcessRuntime> runtime_;
};

TEST_F(ProcessRuntimeTest, AdoptsRunningContainersAfterARestart) {
  RunPod("exec sleep 1000");
  const Container before = Status();
  const RuntimePod pod_before = runtime_->PodStatus("uid-1");
  Restart();
  const RuntimePod pod = runtime_->PodStatus("uid-1");
  ASSERT_THAT(pod.containers, SizeIs(1));
  EXPECT_EQ(pod.containers[0].pid, before.pid);
  EXPECT_EQ(pod.containers[0].state, ContainerState::kRunning);
  EXPECT_EQ(pod.containers[0].started_at, before.started_at);
  EXPECT_TRUE(pod.sandboxes[0].ready);
  EXPECT_EQ(pod.sandboxes[0].ip, pod_before.sandboxes[0].ip);
  ASSERT_EQ(kill(before.pid, SIGKILL), 0);
  EXPECT_EQ(WaitForExit().exit_code, 137);
}

TEST_F(ProcessRuntimeTest, FindsExitsThatHappenedWhileItWasAway) {
  // It ends when the file is there, which is after the runtime went away.
  const std::string file = dir_.path() + "/go";
  RunPod(absl::StrCat("until [ -e ", file, " ]; do sleep 0.01; done; exit 9"));
  const pid_t pid = Status().pid;
  runtime_.reset();
  ASSERT_OK(base::WriteFileAtomically(file, ""));
  ASSERT_OK(base::WaitUntilGone(pid, kLimit));
  Restart();
  EXPECT_EQ(WaitForExit().exit_code, 9);
}

TEST_F(ProcessRuntimeTest, AKilledShimLeavesNothingRunningAndAnUnknownStatus) {
  RunPod("setsid sleep 1000 & echo $!; exec sleep 1000");
  const pid_t pid = Status().pid;
  const pid_t escaped = LoggedPid();
  ASSERT_EQ(kill(ShimPid(), SIGKILL), 0);
  const Container status = WaitForExit();
  EXPECT_EQ(status.exit_code, 137);
  EXPECT_EQ(status.reason, "ContainerStatusUnknown");
  EXPECT_OK(base::WaitUntilGone(pid, kLimit));
  EXPECT_OK(base::WaitUntilGone(escaped, kLimit));
  EXPECT_FALSE(runtime_->PodStatus("uid-1").sandboxes[0].ready);
  Restart();
  EXPECT_EQ(Status().reason, "ContainerStatusUnknown");
  RunPod("exec sleep 1000", 1);
  EXPECT_TRUE(runtime_->PodStatus("uid-1").sandboxes[0].ready);
  EXPECT_THAT(runtime_->PodStatus("uid-1").containers, SizeIs(2));
}

TEST_F(ProcessRuntimeTest, AShimKilledWhileTheKubeletWasAwayIsFound) {
  RunPod("exec sleep 1000");
  runtime_.reset();
  const pid_t shim = ShimPid();
  ASSERT_EQ(kill(shim, SIGKILL), 0);
  ASSERT_OK(base::WaitUntilGone(shim, kLimit));
  Restart();
  EXPECT_EQ(Status().reason, "ContainerStatusUnknown");
}

TEST_F(ProcessRuntimeTest, LeftoversAreFoundHoweverTheRootIsWritten) {
  RunPod("setsid sleep 1000 & echo $!; exec sleep 1000");
  const pid_t escaped = LoggedPid();
  runtime_.reset();
  const pid_t shim = ShimPid();
  ASSERT_EQ(kill(shim, SIGKILL), 0);
  ASSERT_OK(base::WaitUntilGone(shim, kLimit));
  runtime_ = Create(dir_.path() + "/./");
  EXPECT_OK(base::WaitUntilGone(escaped, kLimit));
}

TEST_F(ProcessRuntimeTest, AKilledShimHarmsNoPodOfAnotherKubelet) {
  RunPod("exec sleep 1000");
  runtime_.reset();
  const pid_t shim = ShimPid();
  ASSERT_EQ(kill(shim, SIGKILL), 0);
  ASSERT_OK(base::WaitUntilGone(shim, kLimit));
  runtime_ = Create(other_dir_.path());
  const std::string id = RunPod("exec sleep 1000");  // of the same uid
  const std::unique_ptr<ProcessRuntime> first = Create(dir_.path());
  EXPECT_EQ(first->PodStatus("uid-1").containers[0].reason, "ContainerStatusUnknown");
  // Were it killed with the other's leftovers, that would come before the stop signal.
  ASSERT_OK(runtime_->StopContainer(id, absl::Hours(1)));
  EXPECT_EQ(WaitForExit().exit_code, 143);
  EXPECT_OK(first->RemovePodSandbox("uid-1/0"));
}

TEST_F(ProcessRuntimeTest, AShimThatDoesNotAnswerIsNotTakenForDead) {
  RunPod("exec sleep 1000");
  const pid_t pid = Status().pid;
  runtime_.reset();
  ASSERT_EQ(kill(ShimPid(), SIGSTOP), 0);
  runtime_ = Create(dir_.path(), absl::Milliseconds(20));
  const RuntimePod unknown = runtime_->PodStatus("uid-1");
  EXPECT_TRUE(unknown.stale);
  EXPECT_TRUE(unknown.sandboxes[0].ready);
  EXPECT_EQ(unknown.containers[0].state, ContainerState::kRunning);
  ASSERT_EQ(kill(ShimPid(), SIGCONT), 0);
  EXPECT_EQ(FreshStatus().containers[0].pid, pid);
  ASSERT_EQ(kill(pid, SIGTERM), 0);
  EXPECT_EQ(WaitForExit().exit_code, 143);
}

TEST_F(ProcessRuntimeTest, AStartWithoutAnAnswerMayHaveHappened) {
  RunPod("exec sleep 1000");
  runtime_ = Create(dir_.path(), absl::Milliseconds(20));
  const std::string id = CreateContainer("uid-1/0", "exec sleep 1000", 1);
  ASSERT_EQ(kill(ShimPid(), SIGSTOP), 0);
  EXPECT_THAT(runtime_->StartContainer(id), StatusIs(absl::StatusCode::kUnavailable, ""));
  EXPECT_EQ(Status().state, ContainerState::kCreated);
  ASSERT_EQ(kill(ShimPid(), SIGCONT), 0);
  EXPECT_EQ(FreshStatus().containers[1].state, ContainerState::kRunning);
  EXPECT_THAT(runtime_->StartContainer(id), StatusIs(absl::StatusCode::kFailedPrecondition, "started before"));
}

TEST_F(ProcessRuntimeTest, AStuckShimIsKilledWithItsPod) {
  RunPod("exec sleep 1000");
  const pid_t pid = Status().pid;
  const pid_t shim = ShimPid();
  runtime_ = Create(dir_.path(), absl::Milliseconds(20));
  ASSERT_EQ(kill(shim, SIGSTOP), 0);
  ASSERT_OK(runtime_->StopPodSandbox("uid-1/0"));
  EXPECT_OK(base::WaitUntilGone(shim, kLimit));
  EXPECT_OK(base::WaitUntilGone(pid, kLimit));
  EXPECT_EQ(Status().state, ContainerState::kExited);
  Restart();
  RunPod("exec sleep 1000", 1);
}

TEST_F(ProcessRuntimeTest, AShimThatCannotBeReachedMakesWayForAnother) {
  RunPod("exec sleep 1000");
  const pid_t pid = Status().pid;
  ASSERT_OK(base::RemoveAll(dir_.path() + "/pods/uid-1/shim.sock"));
  Restart();
  EXPECT_EQ(Status().reason, "ContainerStatusUnknown");
  EXPECT_OK(base::WaitUntilGone(pid, kLimit));
  RunPod("exec sleep 1000", 1);
  EXPECT_EQ(Status().state, ContainerState::kRunning);
}

TEST_F(ProcessRuntimeTest, NothingIsKilledBecauseFilesCannotBeReadNow) {
  RunPod("exec sleep 1000");
  const pid_t pid = Status().pid;
  runtime_.reset();
  struct rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  struct rlimit none = before;
  none.rlim_cur = 0;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  ProcessRuntimeOptions options;
  options.root_dir = dir_.path();
  const auto result = ProcessRuntime::Create(options, &images_, &addresses_, &loop_, &base::SystemClock());
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_FALSE(result.ok());
  Restart();
  EXPECT_EQ(Status().pid, pid);
  EXPECT_EQ(Status().state, ContainerState::kRunning);
}

TEST_F(ProcessRuntimeTest, AContainerWhoseCheckpointIsLostIsKilled) {
  RunPod("exec sleep 1000");
  const pid_t pid = Status().pid;
  runtime_.reset();
  ASSERT_OK(base::RemoveAll(dir_.path() + "/pods/uid-1/main/0.json"));
  Restart();
  EXPECT_TRUE(runtime_->PodStatus("uid-1").containers.empty());
  EXPECT_OK(base::WaitUntilGone(pid, kLimit));
}

TEST_F(ProcessRuntimeTest, AContainerThatWasNotStartedBeforeARestartIsMadeAgain) {
  RunPod("exec sleep 1000");
  CreateContainer("uid-1/0", "exec sleep 1000", 1);
  Restart();
  EXPECT_EQ(Status().state, ContainerState::kCreated);
  StartContainer("uid-1/0", "exec sleep 1000", 1);
  EXPECT_EQ(Status().state, ContainerState::kRunning);
}

TEST_F(ProcessRuntimeTest, ASandboxThatCannotStartLeavesNothing) {
  ProcessRuntimeOptions options;
  options.root_dir = dir_.path();
  options.shim.shim_path = "/no/such/shim";
  ASSERT_OK_AND_ASSIGN(const auto runtime,
                       ProcessRuntime::Create(options, &images_, &addresses_, &loop_, &base::SystemClock()));
  SandboxConfig config;
  config.uid = "uid-2";
  EXPECT_THAT(runtime->RunPodSandbox(config), StatusIs(absl::StatusCode::kNotFound, "/no/such/shim"));
  EXPECT_TRUE(runtime->ListPods().empty());
  EXPECT_NE(access((dir_.path() + "/pods/uid-2").c_str(), F_OK), 0);
}

TEST_F(ProcessRuntimeTest, TheContainerSeesItsEnvironment) {
  RunPod("echo $HOSTNAME $KUBE_LITE_POD_IP $KUBE_LITE_POD_UID");
  WaitForExit();
  const std::string ip = runtime_->PodStatus("uid-1").sandboxes[0].ip;
  EXPECT_THAT(base::ReadFile(Status().log_path).value(), HasSubstr(absl::StrCat(" pod ", ip, " uid-1\n")));
}

TEST_F(ProcessRuntimeTest, TornCheckpointsAreRemoved) {
  ASSERT_OK(base::MakeDirectories(dir_.path() + "/pods/torn"));
  ASSERT_OK(base::WriteFileAtomically(dir_.path() + "/pods/torn/sandbox.json", "{\"id\""));
  Restart();
  EXPECT_TRUE(runtime_->ListPods().empty());
  EXPECT_THAT(base::ReadFile(dir_.path() + "/pods/torn/sandbox.json"), StatusIs(absl::StatusCode::kNotFound, ""));
}

TEST_F(ProcessRuntimeTest, RemovingTheSandboxRemovesItsFiles) {
  RunPod("exec sleep 1000");
  const pid_t pid = Status().pid;
  ASSERT_OK(runtime_->RemovePodSandbox("uid-1/0"));
  EXPECT_OK(base::WaitUntilGone(pid, kLimit));
  EXPECT_THAT(base::ReadFile(dir_.path() + "/pods/uid-1/sandbox.json"), StatusIs(absl::StatusCode::kNotFound, ""));
}

}  // namespace
}  // namespace kubelite::kubelet
