// What every implementation of kubelet::Runtime promises, on the fake and on real processes.

#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>

#include <functional>

#include "absl/strings/str_cat.h"
#include "common/base/file.h"
#include "common/base/mutex.h"
#include "common/base/simulated_executor.h"
#include "common/base/testing/status_matchers.h"
#include "common/base/thread_pool.h"
#include "common/image/manifest.h"
#include "kubelet/runtime/fake/fake_runtime.h"
#include "kubelet/runtime/process_runtime.h"
#include "kubelet/shim/descriptors.h"

namespace kubelite::kubelet {
namespace {

using base::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A runtime and its machine.
class World {
 public:
  virtual ~World() = default;
  virtual Runtime* runtime() = 0;
  virtual void AddImage(const std::string& name, const FakeBehaviour& behaviour) = 0;
  // Lets the world go on until `condition` holds; false when it does not.
  virtual bool Until(const std::function<bool()>& condition) = 0;
  virtual std::string LogDirectory() = 0;
  // For streams: what Until waits for besides.
  virtual RuntimeStream::OnReady Waker() {
    return [] {};
  }
  // A server in the pod that sends back what it gets; returns its port.
  virtual int Serve(const std::string& uid) = 0;
};

// A server on an address that takes one connection and sends back what it gets.
class EchoServer {
 public:
  explicit EchoServer(const std::string& ip) : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    struct sockaddr_in address = {};
    address.sin_family = AF_INET;
    inet_pton(AF_INET, ip.c_str(), &address.sin_addr);
    socklen_t size = sizeof(address);
    auto* generic = reinterpret_cast<struct sockaddr*>(&address);
    EXPECT_EQ(bind(listener_.get(), generic, size), 0);
    EXPECT_EQ(listen(listener_.get(), 1), 0);
    EXPECT_EQ(getsockname(listener_.get(), generic, &size), 0);
    port_ = ntohs(address.sin_port);
    pool_.Post([this] {
      const shim::Fd connection(accept(listener_.get(), nullptr, nullptr));
      char bytes[4096];
      for (ssize_t n; (n = recv(connection.get(), bytes, sizeof(bytes), 0)) > 0;) {
        EXPECT_EQ(send(connection.get(), bytes, n, MSG_NOSIGNAL), n);
      }
    });
  }
  ~EchoServer() { shutdown(listener_.get(), SHUT_RDWR); }
  int port() const { return port_; }

 private:
  shim::Fd listener_;
  int port_ = 0;
  base::ThreadPool pool_{1};  // last: its task ends first
};

class FakeWorld : public World {
 public:
  Runtime* runtime() override { return &runtime_; }
  void AddImage(const std::string& name, const FakeBehaviour& behaviour) override {
    runtime_.AddImage(name, behaviour);
  }
  bool Until(const std::function<bool()>& condition) override {
    return executor_.AdvanceUntil([&] { return condition(); }, absl::Seconds(60));
  }
  std::string LogDirectory() override { return "/logs"; }
  int Serve(const std::string& uid) override {
    runtime_.ListenOn(uid, 80);
    return 80;
  }

 private:
  base::SimulatedExecutor executor_{1};
  FakeRuntime runtime_{&executor_};
};

class ProcessWorld : public World {
 public:
  ProcessWorld() {
    ProcessRuntimeOptions options;
    options.root_dir = dir_.path();
    options.node_ip = "127.0.0.1";
    options.shim.shim_path = KUBELITE_BIN_DIR "/kube-lite-shim";
    runtime_ = ProcessRuntime::Create(options, &images_, &addresses_, &loop_, &base::SystemClock()).value();
    runtime_->SetListener([this](const std::string&) { Wake(); });
    signal(SIGPIPE, SIG_IGN);  // as in the kubelet
  }
  ~ProcessWorld() override {
    for (const auto& [uid, pod] : runtime_->ListPods()) {
      EXPECT_OK(runtime_->RemovePodSandbox(pod.sandboxes[0].id));
    }
  }
  Runtime* runtime() override { return runtime_.get(); }
  void AddImage(const std::string& name, const FakeBehaviour& behaviour) override {
    std::string script = "exec sleep 1000";
    if (behaviour.run_for)
      script = absl::StrCat("sleep ", absl::ToDoubleSeconds(*behaviour.run_for), "; exit ", behaviour.exit_code);
    if (behaviour.echoes_input) script = "exec cat";
    if (behaviour.ignores_stop_signal) script = "trap '' TERM; while :; do sleep 1000; done";
    image::Manifest manifest;
    manifest.reference = name;
    manifest.entrypoint = {"sh", "-c", script};
    if (!behaviour.start_error.empty()) manifest.entrypoint = {"/no/such/program"};
    EXPECT_OK(image::WriteImageManifest(images_.directory(), manifest));
  }
  bool Until(const std::function<bool()>& condition) override {
    while (true) {
      int seen;
      {
        base::MutexLock lock(&mutex_);
        seen = changes_;
      }
      if (condition()) return true;
      base::MutexLock lock(&mutex_);
      if (changes_ == seen && !changed_.WaitForNanos(&mutex_, absl::ToInt64Nanoseconds(absl::Seconds(20))))
        return false;
    }
  }
  std::string LogDirectory() override { return dir_.path() + "/logs"; }
  RuntimeStream::OnReady Waker() override {
    return [this] { Wake(); };
  }
  int Serve(const std::string& uid) override {
    server_ = std::make_unique<EchoServer>(runtime_->PodStatus(uid).sandboxes[0].ip);
    return server_->port();
  }

 private:
  void Wake() {
    base::MutexLock lock(&mutex_);
    ++changes_;
    changed_.SignalAll();
  }

  base::TemporaryDirectory dir_;
  ImageStore images_{dir_.path() + "/images"};
  AddressPool addresses_{dir_.path()};
  EventLoop loop_;
  base::Mutex mutex_;
  base::CondVar changed_;
  int changes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::unique_ptr<ProcessRuntime> runtime_;
  std::unique_ptr<EchoServer> server_;
};

using Factory = std::function<std::unique_ptr<World>()>;

class RuntimeContract : public ::testing::TestWithParam<std::pair<const char*, Factory>> {
 protected:
  RuntimeContract() : world_(GetParam().second()), runtime_(*world_->runtime()) {
    world_->AddImage("serve:1", {});
    FakeBehaviour behaviour;
    behaviour.ignores_stop_signal = true;
    world_->AddImage("deaf:1", behaviour);
    behaviour = {};
    behaviour.start_error = "stat /no/such/program: no such file or directory";
    world_->AddImage("broken:1", behaviour);
    behaviour = {};
    behaviour.run_for = absl::Milliseconds(20);
    world_->AddImage("once:1", behaviour);
    behaviour.exit_code = 5;
    world_->AddImage("fails:1", behaviour);
    behaviour = {};
    behaviour.echoes_input = true;
    world_->AddImage("echo:1", behaviour);
  }
  static SandboxConfig Pod(const std::string& uid, int attempt = 0) {
    SandboxConfig config;
    config.uid = uid;
    config.name_space = "ns";
    config.name = "pod-" + uid;
    config.hostname = "host";
    config.attempt = attempt;
    config.annotations = {{"k", "v"}};
    return config;
  }
  ContainerConfig Config(const std::string& image, const std::string& name = "main", int attempt = 0) {
    ContainerConfig config;
    config.name = name;
    config.attempt = attempt;
    config.image = image;
    config.log_path = absl::StrCat(world_->LogDirectory(), "/", name, "/", attempt, ".log");
    config.annotations = {{"hash", "1"}};
    return config;
  }
  std::string Sandbox(const std::string& uid = "u1", int attempt = 0) {
    return runtime_.RunPodSandbox(Pod(uid, attempt)).value();
  }
  std::string Started(const std::string& sandbox, const ContainerConfig& config) {
    const std::string id = runtime_.CreateContainer(sandbox, config).value();
    EXPECT_OK(runtime_.StartContainer(id));
    return id;
  }
  std::optional<Container> Find(const std::string& id, const std::string& uid = "u1") {
    for (const Container& container : runtime_.PodStatus(uid).containers) {
      if (container.id == id) return container;
    }
    return std::nullopt;
  }
  Container WaitForExit(const std::string& id) {
    EXPECT_TRUE(world_->Until([&] { return Find(id)->state == ContainerState::kExited; }));
    return *Find(id);
  }
  // What comes on a channel, until it is `size` bytes or the channel ends.
  std::string ReadFrom(RuntimeStream& stream, int channel, size_t size) {
    std::string all;
    EXPECT_TRUE(world_->Until([&] {
      while (all.size() < size) {
        const absl::StatusOr<std::string> data = stream.Read(channel, std::min<size_t>(size - all.size(), 32 << 10));
        if (absl::IsOutOfRange(data.status())) return true;
        if (data->empty()) return false;
        all += *data;
      }
      return true;
    }));
    return all;
  }
  std::string ReadAll(RuntimeStream& stream, int channel = RuntimeStream::kStdout) {
    return ReadFrom(stream, channel, 100 << 20);
  }
  absl::StatusOr<int> ResultOf(RuntimeStream& stream) {
    EXPECT_TRUE(world_->Until([&] { return stream.Result().has_value(); }));
    return stream.Result().value_or(-1);
  }
  absl::StatusOr<std::unique_ptr<RuntimeStream>> Exec(const std::string& id, const std::vector<std::string>& command,
                                                      bool in = false) {
    return runtime_.Exec(id, command, {.in = in, .out = true, .err = true}, world_->Waker());
  }

  const std::unique_ptr<World> world_;
  Runtime& runtime_;
};

TEST_P(RuntimeContract, ASandboxIsReadyAndHasAnAddressOfItsOwn) {
  const std::string id = Sandbox("u1");
  Sandbox("u2");
  const RuntimePod one = runtime_.PodStatus("u1");
  ASSERT_THAT(one.sandboxes, SizeIs(1));
  EXPECT_EQ(one.sandboxes[0].id, id);
  EXPECT_TRUE(one.sandboxes[0].ready);
  EXPECT_EQ(one.sandboxes[0].name_space, "ns");
  EXPECT_EQ(one.sandboxes[0].name, "pod-u1");
  EXPECT_EQ(one.sandboxes[0].annotations.at("k"), "v");
  EXPECT_FALSE(one.sandboxes[0].ip.empty());
  EXPECT_NE(one.sandboxes[0].ip, runtime_.PodStatus("u2").sandboxes[0].ip);
}

TEST_P(RuntimeContract, HostNetworkPodsShareTheNodesAddress) {
  SandboxConfig config = Pod("u1");
  config.host_network = true;
  ASSERT_OK(runtime_.RunPodSandbox(config));
  EXPECT_EQ(runtime_.PodStatus("u1").sandboxes[0].ip, "127.0.0.1");
}

TEST_P(RuntimeContract, OneReadySandboxPerPod) {
  Sandbox();
  EXPECT_THAT(runtime_.RunPodSandbox(Pod("u1", 1)), StatusIs(absl::StatusCode::kAlreadyExists, ""));
}

TEST_P(RuntimeContract, UnknownPodsAreEmpty) {
  EXPECT_THAT(runtime_.PodStatus("none").sandboxes, IsEmpty());
  EXPECT_OK(runtime_.StopPodSandbox("none/0"));
  EXPECT_OK(runtime_.RemovePodSandbox("none/0"));
}

TEST_P(RuntimeContract, AContainerIsCreatedThenRuns) {
  const std::string sandbox = Sandbox();
  const std::string id = runtime_.CreateContainer(sandbox, Config("serve:1")).value();
  EXPECT_EQ(Find(id)->state, ContainerState::kCreated);
  ASSERT_OK(runtime_.StartContainer(id));
  const Container container = *Find(id);
  EXPECT_EQ(container.state, ContainerState::kRunning);
  EXPECT_EQ(container.sandbox_id, sandbox);
  EXPECT_EQ(container.name, "main");
  EXPECT_EQ(container.image, "serve:1");
  EXPECT_FALSE(container.image_id.empty());
  EXPECT_EQ(container.annotations.at("hash"), "1");
  EXPECT_GE(container.started_at, container.created_at - absl::Seconds(1));
  EXPECT_FALSE(runtime_.StartContainer(id).ok());
}

TEST_P(RuntimeContract, CreatingChecksSandboxImageAndName) {
  const std::string sandbox = Sandbox();
  EXPECT_THAT(runtime_.CreateContainer("u1/7", Config("serve:1")), StatusIs(absl::StatusCode::kNotFound, ""));
  EXPECT_THAT(runtime_.CreateContainer(sandbox, Config("none:1")), StatusIs(absl::StatusCode::kNotFound, ""));
  Started(sandbox, Config("serve:1"));
  EXPECT_THAT(runtime_.CreateContainer(sandbox, Config("serve:1")), StatusIs(absl::StatusCode::kAlreadyExists, ""));
}

TEST_P(RuntimeContract, AContainerThatWasNeverStartedMayBeMadeAgain) {
  const std::string sandbox = Sandbox();
  const std::string id = runtime_.CreateContainer(sandbox, Config("once:1")).value();
  EXPECT_EQ(runtime_.CreateContainer(sandbox, Config("serve:1")).value(), id);
  EXPECT_EQ(Find(id)->image, "serve:1");
  ASSERT_OK(runtime_.StartContainer(id));
  EXPECT_EQ(Find(id)->state, ContainerState::kRunning);
}

TEST_P(RuntimeContract, AnEndIsReported) {
  const std::string sandbox = Sandbox();
  const Container good = WaitForExit(Started(sandbox, Config("once:1", "good")));
  EXPECT_EQ(good.exit_code, 0);
  EXPECT_EQ(good.reason, "Completed");
  EXPECT_GE(good.finished_at, good.started_at);
  const Container bad = WaitForExit(Started(sandbox, Config("fails:1", "bad")));
  EXPECT_EQ(bad.exit_code, 5);
  EXPECT_EQ(bad.reason, "Error");
}

TEST_P(RuntimeContract, AContainerThatCannotStartIsExitedWith128) {
  const std::string id = runtime_.CreateContainer(Sandbox(), Config("broken:1")).value();
  EXPECT_FALSE(runtime_.StartContainer(id).ok());
  EXPECT_EQ(Find(id)->state, ContainerState::kExited);
  EXPECT_EQ(Find(id)->exit_code, 128);
  EXPECT_EQ(Find(id)->reason, "StartError");
  EXPECT_FALSE(Find(id)->message.empty());
}

TEST_P(RuntimeContract, StoppingSendsTheStopSignal) {
  const std::string id = Started(Sandbox(), Config("serve:1"));
  ASSERT_OK(runtime_.StopContainer(id, absl::Minutes(10)));
  EXPECT_EQ(WaitForExit(id).exit_code, 143);
  EXPECT_OK(runtime_.StopContainer(id, absl::Minutes(10)));
}

TEST_P(RuntimeContract, AfterTheGraceItIsKilled) {
  const std::string id = Started(Sandbox(), Config("deaf:1"));
  ASSERT_OK(runtime_.StopContainer(id, absl::Hours(1)));
  ASSERT_OK(runtime_.StopContainer(id, absl::Milliseconds(1)));  // a shorter one counts
  WaitForExit(id);
}

TEST_P(RuntimeContract, NoGraceKillsAtOnce) {
  const std::string id = Started(Sandbox(), Config("deaf:1"));
  ASSERT_OK(runtime_.StopContainer(id, absl::ZeroDuration()));
  EXPECT_EQ(WaitForExit(id).exit_code, 137);
}

TEST_P(RuntimeContract, StoppingASandboxEndsItsContainersButKeepsTheirStatus) {
  const std::string sandbox = Sandbox();
  const std::string id = Started(sandbox, Config("serve:1"));
  ASSERT_OK(runtime_.StopPodSandbox(sandbox));
  EXPECT_FALSE(runtime_.PodStatus("u1").sandboxes[0].ready);
  EXPECT_EQ(Find(id)->state, ContainerState::kExited);
  EXPECT_OK(runtime_.StopPodSandbox(sandbox));
}

TEST_P(RuntimeContract, ANewSandboxFollowsAStoppedOne) {
  ASSERT_OK(runtime_.StopPodSandbox(Sandbox()));
  const std::string second = Sandbox("u1", 1);
  EXPECT_EQ(runtime_.PodStatus("u1").sandboxes.back().id, second);
  EXPECT_TRUE(runtime_.PodStatus("u1").sandboxes.back().ready);
}

TEST_P(RuntimeContract, RemovingASandboxForgetsThePod) {
  const std::string sandbox = Sandbox();
  Started(sandbox, Config("serve:1"));
  ASSERT_OK(runtime_.RemovePodSandbox(sandbox));
  EXPECT_THAT(runtime_.PodStatus("u1").sandboxes, IsEmpty());
  EXPECT_THAT(runtime_.ListPods(), IsEmpty());
  EXPECT_OK(runtime_.RemovePodSandbox(sandbox));
}

TEST_P(RuntimeContract, OnlyEndedContainersAreRemoved) {
  const std::string sandbox = Sandbox();
  const std::string id = Started(sandbox, Config("serve:1"));
  EXPECT_THAT(runtime_.RemoveContainer(id), StatusIs(absl::StatusCode::kFailedPrecondition, ""));
  ASSERT_OK(runtime_.StopContainer(id, absl::ZeroDuration()));
  WaitForExit(id);
  ASSERT_OK(runtime_.RemoveContainer(id));
  EXPECT_FALSE(Find(id));
  EXPECT_OK(runtime_.RemoveContainer(id));
}

TEST_P(RuntimeContract, ContainersAreInOrderOfNameAndAttempt) {
  const std::string sandbox = Sandbox();
  for (const auto& [name, attempt] : std::vector<std::pair<std::string, int>>{{"b", 0}, {"a", 10}, {"a", 9}}) {
    ASSERT_OK(runtime_.CreateContainer(sandbox, Config("serve:1", name, attempt)));
  }
  std::vector<std::string> order;
  for (const Container& container : runtime_.PodStatus("u1").containers) {
    order.push_back(absl::StrCat(container.name, container.attempt));
  }
  EXPECT_THAT(order, ElementsAre("a9", "a10", "b0"));
}

TEST_P(RuntimeContract, CommandsRunOnlyBesideARunningContainer) {
  const std::string id = Started(Sandbox(), Config("serve:1"));
  ASSERT_OK_AND_ASSIGN(const ExecResult result, runtime_.ExecSync(id, {"true"}, absl::Seconds(20)));
  EXPECT_EQ(result.exit_code, 0);
  ASSERT_OK(runtime_.StopContainer(id, absl::ZeroDuration()));
  WaitForExit(id);
  EXPECT_THAT(runtime_.ExecSync(id, {"true"}, absl::Seconds(20)), StatusIs(absl::StatusCode::kFailedPrecondition, ""));
}

TEST_P(RuntimeContract, ACommandsOutputAndExitCodeAreStreamed) {
  const std::string id = Started(Sandbox(), Config("serve:1"));
  ASSERT_OK_AND_ASSIGN(const auto hello, Exec(id, {"echo", "hello", "you"}));
  EXPECT_EQ(ReadAll(*hello), "hello you\n");
  EXPECT_EQ(ReadAll(*hello, RuntimeStream::kStderr), "");
  EXPECT_EQ(ResultOf(*hello).value(), 0);
  ASSERT_OK_AND_ASSIGN(const auto fails, Exec(id, {"false"}));
  EXPECT_EQ(ResultOf(*fails).value(), 1);
  EXPECT_EQ(ReadAll(*fails), "");
}

TEST_P(RuntimeContract, InputGoesThroughACommandUntilItIsClosed) {
  const std::string id = Started(Sandbox(), Config("serve:1"));
  ASSERT_OK_AND_ASSIGN(const auto cat, Exec(id, {"cat"}, /*in=*/true));
  std::string input;
  for (int i = 0; i < 100'000; ++i) absl::StrAppend(&input, i, "\n");
  std::string output;
  size_t written = 0;
  ASSERT_TRUE(world_->Until([&] {
    while (written < input.size()) {
      const size_t taken = cat->Write(absl::string_view(input).substr(written)).value_or(0);
      written += taken;
      const absl::StatusOr<std::string> data = cat->Read(RuntimeStream::kStdout, 32 << 10);
      output += *data;
      if (taken == 0 && data->empty()) return false;
    }
    return true;
  }));
  EXPECT_EQ(cat->Result(), std::nullopt);
  cat->CloseInput();
  output += ReadAll(*cat);
  EXPECT_EQ(ResultOf(*cat).value(), 0);
  EXPECT_EQ(output, input);
  EXPECT_THAT(cat->Write("x"), StatusIs(absl::StatusCode::kOutOfRange, ""));
}

TEST_P(RuntimeContract, ACommandThatCannotStartIsRefused) {
  const std::string id = Started(Sandbox(), Config("serve:1"));
  EXPECT_THAT(Exec(id, {"nope"}),
              StatusIs(absl::StatusCode::kInternal, "exec: \"nope\": executable file not found in $PATH"));
  ASSERT_OK(runtime_.StopContainer(id, absl::ZeroDuration()));
  WaitForExit(id);
  EXPECT_THAT(Exec(id, {"true"}), StatusIs(absl::StatusCode::kFailedPrecondition, ""));
  EXPECT_THAT(runtime_.Attach(id, {.out = true}, world_->Waker()), StatusIs(absl::StatusCode::kFailedPrecondition, ""));
  EXPECT_THAT(Exec("u1/none/0", {"true"}), StatusIs(absl::StatusCode::kNotFound, ""));
}

TEST_P(RuntimeContract, AttachedOnesTalkToTheMainProcess) {
  ContainerConfig config = Config("echo:1");
  config.stdin_open = true;
  const std::string id = Started(Sandbox(), config);
  ASSERT_OK_AND_ASSIGN(auto first, runtime_.Attach(id, {.in = true, .out = true}, world_->Waker()));
  EXPECT_EQ(first->Write("one\n").value(), 4u);
  EXPECT_EQ(ReadFrom(*first, RuntimeStream::kStdout, 4), "one\n");
  first->CloseInput();
  first.reset();
  // Its input stays open for the next.
  ASSERT_OK_AND_ASSIGN(const auto second, runtime_.Attach(id, {.in = true, .out = true}, world_->Waker()));
  EXPECT_EQ(second->Write("two\n").value(), 4u);
  EXPECT_EQ(ReadFrom(*second, RuntimeStream::kStdout, 4), "two\n");
  ASSERT_OK(runtime_.StopContainer(id, absl::ZeroDuration()));
  EXPECT_EQ(ResultOf(*second).value(), 0);
  EXPECT_EQ(ReadAll(*second), "");
}

TEST_P(RuntimeContract, InputForOneClientEndsWithIt) {
  ContainerConfig config = Config("echo:1");
  config.stdin_open = true;
  config.stdin_once = true;
  const std::string id = Started(Sandbox(), config);
  ASSERT_OK_AND_ASSIGN(const auto stream, runtime_.Attach(id, {.in = true, .out = true}, world_->Waker()));
  EXPECT_EQ(stream->Write("one\n").value(), 4u);
  EXPECT_EQ(ReadFrom(*stream, RuntimeStream::kStdout, 4), "one\n");
  stream->CloseInput();
  EXPECT_EQ(WaitForExit(id).exit_code, 0);
  EXPECT_EQ(ResultOf(*stream).value(), 0);
}

TEST_P(RuntimeContract, AContainerWithoutInputTakesNone) {
  const std::string id = Started(Sandbox(), Config("serve:1"));
  ASSERT_OK_AND_ASSIGN(const auto stream, runtime_.Attach(id, {.in = true, .out = true}, world_->Waker()));
  // Taken by nobody, one way or another.
  stream->Write("one\n").IgnoreError();
  EXPECT_EQ(stream->Read(RuntimeStream::kStdout, 100).value(), "");
  EXPECT_EQ(stream->Result(), std::nullopt);
}

TEST_P(RuntimeContract, PortsAreForwarded) {
  const std::string sandbox = Sandbox();
  const int port = world_->Serve("u1");
  ASSERT_OK_AND_ASSIGN(const auto stream, runtime_.PortForward(sandbox, port, world_->Waker()));
  size_t taken = 0;
  ASSERT_TRUE(world_->Until([&] { return (taken = stream->Write("ping").value_or(0)) > 0; }));
  EXPECT_EQ(ReadFrom(*stream, RuntimeStream::kStdout, 4), "ping");
  stream->CloseInput();
  EXPECT_EQ(ReadAll(*stream), "");
  EXPECT_EQ(ResultOf(*stream).value(), 0);
}

TEST_P(RuntimeContract, APortWithoutAServerRefuses) {
  const std::string sandbox = Sandbox();
  const absl::StatusOr<std::unique_ptr<RuntimeStream>> stream = runtime_.PortForward(sandbox, 1, world_->Waker());
  if (stream.ok()) ReadAll(**stream);
  const absl::Status status = stream.ok() ? ResultOf(**stream).status() : stream.status();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable, "connect: connection refused"));
  ASSERT_OK(runtime_.StopPodSandbox(sandbox));
  EXPECT_THAT(runtime_.PortForward(sandbox, 1, world_->Waker()), StatusIs(absl::StatusCode::kFailedPrecondition, ""));
  EXPECT_THAT(runtime_.PortForward("none/0", 1, world_->Waker()), StatusIs(absl::StatusCode::kNotFound, ""));
}

TEST_P(RuntimeContract, ImagesArePresentUnknownOrMalformed) {
  EXPECT_OK(runtime_.ImageStatus("host"));
  ASSERT_OK_AND_ASSIGN(const Image image, runtime_.PullImage("docker.io/library/serve:1"));
  EXPECT_EQ(image.reference, "serve:1");
  EXPECT_THAT(runtime_.PullImage("none:1"), StatusIs(absl::StatusCode::kNotFound, "none:1"));
  EXPECT_THAT(runtime_.ImageStatus("None:1"), StatusIs(absl::StatusCode::kInvalidArgument, "invalid reference format"));
  EXPECT_GE(runtime_.ListImages().size(), 6u);
}

INSTANTIATE_TEST_SUITE_P(
    All, RuntimeContract,
    ::testing::Values(std::pair<const char*, Factory>("Fake", [] { return std::make_unique<FakeWorld>(); }),
                      std::pair<const char*, Factory>("Process", [] { return std::make_unique<ProcessWorld>(); })),
    [](const auto& info) { return info.param.first; });

}  // namespace
}  // namespace kubelite::kubelet
