#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "apiserver/testing/test_server.h"
#include "common/base/check.h"
#include "common/base/simulated_executor.h"
#include "controllers/app.h"
#include "k8s/core/v1.pb.h"
#include "kubelet/app.h"
#include "kubelet/runtime/fake/fake_runtime.h"
#include "scheduler/app.h"
#include "tests/integration/cluster.h"

namespace kubelite::testing {
namespace {

constexpr absl::Duration kStep = absl::Milliseconds(50);

// Every probe succeeds after a moment, as the sample's would.
class HealthyProber : public kubelet::Prober {
 public:
  explicit HealthyProber(base::Executor* executor) : executor_(executor) {}
  void HttpGet(const kubelet::HttpProbe&, absl::Duration, Done done) override { Succeed(std::move(done)); }
  void TcpConnect(const std::string&, int, absl::Duration, Done done) override { Succeed(std::move(done)); }

 private:
  void Succeed(Done done) {
    executor_->PostAfter(absl::Milliseconds(5), [done = std::move(done)] { done({}); });
  }
  base::Executor* const executor_;
};

// A node: its machine (the runtime and what runs there) outlives its kubelet.
struct SimulatedNode {
  std::string name;
  std::unique_ptr<client::Client> client;
  std::unique_ptr<kubelet::FakeRuntime> runtime;
  std::unique_ptr<kubelet::Kubelet> kubelet;
};

class InProcessCluster : public SimulatedCluster {
 public:
  explicit InProcessCluster(const ClusterConfig& config)
      : executor_(config.seed), random_(config.seed), prober_(&executor_), server_(&executor_, &random_) {
    client_ = server_.AdminClient();
    scheduler_client_ = server_.ClientFor("system:kube-scheduler");
    controllers_client_ = server_.ClientFor("system:kube-controller-manager");
    StartScheduler();
    StartControllers();
    for (int i = 0; i < config.nodes; ++i) AddNode(i);
  }

  ~InProcessCluster() override {
    for (SimulatedNode& node : nodes_) node.kubelet.reset();
    scheduler_.reset();
    controllers_.reset();
  }

  client::Client& client() override { return *client_; }

  bool WaitUntil(const std::function<bool()>& condition, absl::Duration limit) override {
    const absl::Time deadline = executor_.clock().Now() + limit;
    while (!condition()) {
      if (executor_.clock().Now() >= deadline) return false;
      executor_.Advance(kStep);
    }
    return true;
  }

  void KillContainers(const std::string& pod) override {
    const auto object = client::Get<k8s::core::v1::Pod>(*client_, {"default", pod});
    CHECK(object.ok());
    for (const auto& status : (*object)->status().containerstatuses()) {
      // "fake://<id>"
      const std::string id = status.containerid().substr(status.containerid().find("://") + 3);
      for (SimulatedNode& node : nodes_) {
        if (node.name == (*object)->spec().nodename()) node.runtime->Exit(id, 137);
      }
    }
  }

  void Kill(Component component) override {
    switch (component) {
      case Component::kApiServer:
        break;  // in this process it lives as long as the test
      case Component::kScheduler:
        StartScheduler();
        break;
      case Component::kControllers:
        StartControllers();
        break;
      case Component::kKubelet:
        for (SimulatedNode& node : nodes_) StartKubelet(&node);
        break;
    }
  }

  void StopKubelet(const std::string& name) override { Find(name)->kubelet.reset(); }
  void StartKubelet(const std::string& name) override { StartKubelet(Find(name)); }

 private:
  void StartScheduler() {
    scheduler_.reset();
    scheduler::Options options;
    options.leader_elect_identity = random_.Uuid();
    scheduler_ =
        std::make_unique<scheduler::App>(daemon::Deps{scheduler_client_.get(), &executor_, &random_}, options, [] {});
    scheduler_->Start();
  }

  void StartControllers() {
    controllers_.reset();
    controllers::Options options;
    controllers_ = std::make_unique<controllers::App>(daemon::Deps{controllers_client_.get(), &executor_, &random_},
                                                      options, [] {});
    controllers_->Start();
  }

  SimulatedNode* Find(const std::string& name) {
    for (SimulatedNode& node : nodes_) {
      if (node.name == name) return &node;
    }
    CHECK(false);
    return nullptr;
  }

  void AddNode(int index) {
    SimulatedNode node;
    node.name = absl::StrCat("node-", index);
    node.client = server_.ClientFor(absl::StrCat("system:node:", node.name), {"system:nodes"});
    node.runtime = std::make_unique<kubelet::FakeRuntime>(&executor_, index);
    for (const char* tag : {"1", "2"}) node.runtime->AddImage(absl::StrCat("kube-lite/hello:", tag));
    nodes_.push_back(std::move(node));
    StartKubelet(&nodes_.back());
  }

  void StartKubelet(SimulatedNode* node) {
    node->kubelet.reset();
    kubelet::KubeletSettings settings;
    settings.node.name = node->name;
    settings.node.ip = "127.0.0.1";
    settings.node.machine.cpus = 4;
    settings.node.machine.memory_bytes = int64_t{8} << 30;
    settings.node.runtime = node->runtime->Version();
    settings.log_dir = "/nonexistent";
    node->kubelet = std::make_unique<kubelet::Kubelet>(
        settings,
        kubelet::KubeletDeps{node->client.get(), &executor_, &random_, node->runtime.get(), &prober_, nullptr});
    node->kubelet->Start();
  }

  base::SimulatedExecutor executor_;
  base::Random random_;
  HealthyProber prober_;
  apiserver::TestServer server_;
  std::unique_ptr<client::Client> client_;
  std::unique_ptr<client::Client> scheduler_client_;
  std::unique_ptr<client::Client> controllers_client_;
  std::vector<SimulatedNode> nodes_;
  std::unique_ptr<scheduler::App> scheduler_;
  std::unique_ptr<controllers::App> controllers_;
};

}  // namespace

std::unique_ptr<SimulatedCluster> NewSimulatedCluster(const ClusterConfig& config) {
  return std::make_unique<InProcessCluster>(config);
}

}  // namespace kubelite::testing
