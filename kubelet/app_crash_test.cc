// A kubelet that dies at any of its calls, before or after the call has done its work: the next one goes on, and
// nothing is started twice or left behind.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/api/testing/builders.h"
#include "common/base/file.h"
#include "common/base/simulated_executor.h"
#include "common/base/status_macros.h"
#include "common/client/fake/fake_client.h"
#include "kubelet/app.h"
#include "kubelet/runtime/fake/fake_runtime.h"
#include "kubelet/testing/fake_prober.h"

namespace kubelite::kubelet {
namespace {

using api::testing::MakePod;
using client::FakeClient;
using k8s::core::v1::Pod;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// The calls of one kubelet, counted; after its death none has any effect.
class Life {
 public:
  // Dies at call number `call`: before its work, or after it.
  Life(int call, bool after) : left_(call), after_(after) {}
  bool dead() const { return dead_; }

  absl::Status Before() {
    if (dying_) dead_ = true;
    if (left_-- == 0) {
      dying_ = true;
      dead_ = !after_;
    }
    return dead_ ? absl::UnavailableError("dead") : absl::OkStatus();
  }
  absl::Status After() {
    dead_ = dead_ || dying_;
    return dead_ ? absl::UnavailableError("dead") : absl::OkStatus();
  }

 private:
  int left_;
  const bool after_;
  bool dying_ = false;
  bool dead_ = false;
};

class MortalRuntime : public Runtime {
 public:
  MortalRuntime(Runtime* real, Life* life) : real_(real), life_(life) {}

  RuntimeVersion Version() const override { return real_->Version(); }
  void SetListener(std::function<void(const std::string&)> listener) override {
    real_->SetListener(std::move(listener));
  }
  absl::StatusOr<std::string> RunPodSandbox(const SandboxConfig& config) override {
    RETURN_IF_ERROR(life_->Before());
    absl::StatusOr<std::string> id = real_->RunPodSandbox(config);
    RETURN_IF_ERROR(life_->After());
    return id;
  }
  absl::Status StopPodSandbox(const std::string& id) override {
    return Guarded([&] { return real_->StopPodSandbox(id); });
  }
  absl::Status RemovePodSandbox(const std::string& id) override {
    return Guarded([&] { return real_->RemovePodSandbox(id); });
  }
  absl::StatusOr<std::string> CreateContainer(const std::string& sandbox, const ContainerConfig& config) override {
    RETURN_IF_ERROR(life_->Before());
    absl::StatusOr<std::string> id = real_->CreateContainer(sandbox, config);
    RETURN_IF_ERROR(life_->After());
    return id;
  }
  absl::Status StartContainer(const std::string& id) override {
    return Guarded([&] { return real_->StartContainer(id); });
  }
  absl::Status StopContainer(const std::string& id, absl::Duration grace) override {
    return Guarded([&] { return real_->StopContainer(id, grace); });
  }
  absl::Status RemoveContainer(const std::string& id) override {
    return Guarded([&] { return real_->RemoveContainer(id); });
  }
  absl::StatusOr<ExecResult> ExecSync(const std::string& id, const std::vector<std::string>& command,
                                      absl::Duration timeout) override {
    return real_->ExecSync(id, command, timeout);
  }
  absl::StatusOr<std::unique_ptr<RuntimeStream>> Exec(const std::string& id, const std::vector<std::string>& command,
                                                      const StreamWishes& wishes,
                                                      RuntimeStream::OnReady on_ready) override {
    return real_->Exec(id, command, wishes, std::move(on_ready));
  }
  absl::StatusOr<std::unique_ptr<RuntimeStream>> Attach(const std::string& id, const StreamWishes& wishes,
                                                        RuntimeStream::OnReady on_ready) override {
    return real_->Attach(id, wishes, std::move(on_ready));
  }
  absl::StatusOr<std::unique_ptr<RuntimeStream>> PortForward(const std::string& sandbox, int port,
                                                             RuntimeStream::OnReady on_ready) override {
    return real_->PortForward(sandbox, port, std::move(on_ready));
  }
  RuntimePod PodStatus(const std::string& uid) override {
    RuntimePod pod = real_->PodStatus(uid);
    pod.stale = pod.stale || life_->dead();
    return pod;
  }
  std::map<std::string, RuntimePod> ListPods() override { return real_->ListPods(); }
  absl::StatusOr<Image> PullImage(const std::string& reference) override { return real_->PullImage(reference); }
  absl::StatusOr<Image> ImageStatus(const std::string& reference) override { return real_->ImageStatus(reference); }
  std::vector<Image> ListImages() override { return real_->ListImages(); }

 private:
  template <typename Call>
  absl::Status Guarded(const Call& call) {
    RETURN_IF_ERROR(life_->Before());
    const absl::Status status = call();
    RETURN_IF_ERROR(life_->After());
    return status;
  }
  Runtime* const real_;
  Life* const life_;
};

class World {
 public:
  World() {
    FakeBehaviour once;
    once.run_for = absl::Seconds(1);
    runtime_.AddImage("once:1", once);
    runtime_.AddImage("serve:1");
  }
  // Runs a kubelet for a while, which dies at that call if it comes so far. Returns whether it died.
  bool RunKubelet(int call, bool after, const std::function<void()>& meanwhile) {
    Life life(call, after);
    MortalRuntime mortal(&runtime_, &life);
    KubeletSettings settings;
    settings.node.name = "n1";
    settings.node.ip = "127.0.0.1";
    settings.log_dir = dir_.path() + "/logs";
    auto kubelet = std::make_unique<Kubelet>(
        settings, KubeletDeps{client_.get(), &executor_, &random_, &mortal, &prober_, nullptr});
    kubelet->Start();
    executor_.Settle();
    meanwhile();
    client_->SetFault(
        [&life](const FakeClient::Call& c) { return c.verb == "watch" ? absl::OkStatus() : life.Before(); });
    executor_.Advance(absl::Seconds(60));
    client_->SetFault(nullptr);
    kubelet.reset();
    return life.dead();
  }
  void CreatePod() {
    Pod pod = MakePod("a").Node("n1").Image("serve:1").Container("second", "serve:1").Build();
    for (const char* name : {"setup", "side"}) {
      auto* init = pod.mutable_spec()->add_initcontainers();
      init->set_name(name);
      init->set_image(std::string(name) == "side" ? "serve:1" : "once:1");
      if (std::string(name) == "side") init->set_restartpolicy("Always");
    }
    ASSERT_TRUE(client::Create(*client_, pod).ok());
  }
  void DeletePod() {
    client::DeleteOptions options;
    options.grace_period_seconds = 30;
    ASSERT_TRUE(client::Delete<Pod>(*client_, {"default", "a"}, options).ok());
  }
  std::shared_ptr<const Pod> InApi() {
    auto pod = client::Get<Pod>(*client_, {"default", "a"});
    return pod.ok() ? *pod : nullptr;
  }
  Runtime& runtime() { return runtime_; }

 private:
  base::TemporaryDirectory dir_;
  base::SimulatedExecutor executor_{1};
  base::Random random_{1};
  std::unique_ptr<FakeClient> client_ = FakeClient::New(&executor_, &random_);
  FakeRuntime runtime_{&executor_};
  testing::FakeProber prober_;
};

constexpr int kNever = 1 << 30;

class CrashTest : public ::testing::TestWithParam<bool> {};

TEST_P(CrashTest, APodStartsOnce) {
  bool died = true;
  int call = 0;
  for (; died; ++call) {
    SCOPED_TRACE(call);
    World world;
    died = world.RunKubelet(call, GetParam(), [&] { world.CreatePod(); });
    if (died) world.RunKubelet(kNever, false, [] {});
    const auto pod = world.InApi();
    ASSERT_NE(pod, nullptr);
    EXPECT_EQ(pod->status().phase(), "Running");
    for (const auto* statuses : {&pod->status().initcontainerstatuses(), &pod->status().containerstatuses()}) {
      for (const auto& status : *statuses) EXPECT_EQ(status.restartcount(), 0) << status.name();
    }
    const RuntimePod observed = world.runtime().PodStatus(pod->metadata().uid());
    ASSERT_THAT(observed.sandboxes, SizeIs(1));
    EXPECT_EQ(observed.sandboxes[0].attempt, 0);
    EXPECT_THAT(observed.containers, SizeIs(4));
    if (HasFailure()) return;
  }
  EXPECT_GT(call, 9);
}

TEST_P(CrashTest, APodEndsAndNothingIsLeft) {
  bool died = true;
  int call = 0;
  for (; died; ++call) {
    SCOPED_TRACE(call);
    World world;
    world.RunKubelet(kNever, false, [&] { world.CreatePod(); });
    ASSERT_EQ(world.InApi()->status().phase(), "Running");
    died = world.RunKubelet(call, GetParam(), [&] { world.DeletePod(); });
    if (died) world.RunKubelet(kNever, false, [] {});
    EXPECT_EQ(world.InApi(), nullptr);
    EXPECT_THAT(world.runtime().ListPods(), IsEmpty());
    if (HasFailure()) return;
  }
  EXPECT_GT(call, 5);
}

INSTANTIATE_TEST_SUITE_P(All, CrashTest, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "AfterTheCall" : "BeforeTheCall"; });

}  // namespace
}  // namespace kubelite::kubelet
