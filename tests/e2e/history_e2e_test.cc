// The past on real daemons: --at, history, snapshots under load, forks beside the original, restore.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/api/errors.h"
#include "common/base/file.h"
#include "common/base/mutex.h"
#include "common/base/process.h"
#include "common/base/testing/status_matchers.h"
#include "common/base/thread_pool.h"
#include "common/client/grpc_client.h"
#include "common/client/kubeconfig.h"
#include "k8s/apps/v1.pb.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::testing {
namespace {

using k8s::apps::v1::Deployment;
using k8s::core::v1::ConfigMap;
using k8s::core::v1::Node;
using k8s::core::v1::Pod;
using ::testing::HasSubstr;

constexpr int kWriters = 4;

// Names of config maps with the revisions that their writes were acknowledged with.
using Written = std::map<std::string, int64_t>;

class HistoryE2eTest : public ::testing::Test {
 protected:
  ~HistoryE2eTest() override {
    for (const std::string& cluster : started_) Run({"down", "--name", cluster, "--delete-data"});
  }

  // What `kubectl-lite <words>` prints; `code_` is its exit status.
  std::string Run(std::vector<std::string> words) {
    const std::string output = directory_.path() + "/output";
    words.insert(words.begin(), absl::StrCat(KUBELITE_BIN_DIR, "/kubectl-lite"));
    const auto pid = base::SpawnProcess(
        {.argv = words,
         .env = std::vector<std::string>{"HOME=" + directory_.path(), "KUBE_LITE_HOME=" + directory_.path() + "/home",
                                         "PATH=/usr/bin:/bin"},
         .working_directory = "",
         .stdin_stream = base::Stream::Null(),
         .stdout_stream = base::Stream::WriteTo(output),
         .stderr_stream = base::Stream::AppendTo(output),
         .passed_fds = {}});
    EXPECT_OK(pid);
    const auto status = base::WaitForExit(*pid, absl::Minutes(3));
    EXPECT_OK(status);
    code_ = status.ok() ? status->code : -1;
    return base::ReadFile(output).value_or("");
  }
  std::string MustRun(const std::vector<std::string>& words) {
    const std::string output = Run(words);
    EXPECT_EQ(code_, 0) << words[0] << ": " << output;
    return output;
  }
  void Up(const std::string& cluster, std::vector<std::string> flags = {}) {
    started_.push_back(cluster);
    flags.insert(flags.begin(), {"up", "--name", cluster, "--port", "0", "--timeout", "120s"});
    MustRun(flags);
  }
  std::unique_ptr<client::Client> ClientOf(const std::string& cluster) {
    auto context = client::LoadKubeconfig(absl::StrCat(directory_.path(), "/home/clusters/", cluster, "/kubeconfig"));
    EXPECT_OK(context);
    return client::NewGrpcClient(context->grpc);
  }
  static Written MapsOf(client::Client& client) {
    Written maps;
    const auto list = client::List<ConfigMap>(client, {.name_space = "default"});
    EXPECT_OK(list);
    for (const auto& map : list.ok() ? *list : std::vector<std::shared_ptr<const ConfigMap>>()) {
      if (absl::StartsWith(map->metadata().name(), "load-")) {
        maps[map->metadata().name()] = api::ResourceVersion(*map);
      }
    }
    return maps;
  }

  base::TemporaryDirectory directory_;
  std::vector<std::string> started_;
  int code_ = 0;
};

// Writes with several clients until it is told to stop.
class Load {
 public:
  explicit Load(std::vector<std::unique_ptr<client::Client>> clients) : clients_(std::move(clients)) {
    running_ = static_cast<int>(clients_.size());
    for (size_t i = 0; i < clients_.size(); ++i) pool_.Post([this, i] { Write(i); });
  }
  ~Load() { Stop(); }

  // Blocks until that many more were acknowledged.
  void Await(int64_t more) {
    base::MutexLock lock(&mutex_);
    const int64_t target = acknowledged_ + more;
    while (acknowledged_ < target) changed_.WaitForNanos(&mutex_, 100'000'000);
  }
  Written Stop() {
    stop_ = true;
    base::MutexLock lock(&mutex_);
    while (running_ > 0) changed_.WaitForNanos(&mutex_, 100'000'000);
    return written_;
  }

 private:
  void Write(size_t writer) {
    for (int i = 0; !stop_; ++i) {
      ConfigMap map;
      map.mutable_metadata()->set_name(absl::StrCat("load-", writer, "-", i));
      map.mutable_metadata()->set_namespace_("default");
      (*map.mutable_data())["k"] = std::string(500, 'x');
      const auto created = client::Create(*clients_[writer], map);
      if (!created.ok()) continue;
      base::MutexLock lock(&mutex_);
      written_[(*created)->metadata().name()] = api::ResourceVersion(**created);
      ++acknowledged_;
      changed_.SignalAll();
    }
    base::MutexLock lock(&mutex_);
    --running_;
    changed_.SignalAll();
  }

  const std::vector<std::unique_ptr<client::Client>> clients_;
  std::atomic<bool> stop_{false};
  base::Mutex mutex_;
  base::CondVar changed_;
  int running_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t acknowledged_ ABSL_GUARDED_BY(mutex_) = 0;
  Written written_ ABSL_GUARDED_BY(mutex_);
  base::ThreadPool pool_{kWriters};
};

// "snapshot "s1" saved: revision 123, ..."
int64_t RevisionIn(const std::string& text) {
  const size_t at = text.find("revision ");
  int64_t revision = 0;
  if (at != std::string::npos) {
    EXPECT_TRUE(
        absl::SimpleAtoi(text.substr(at + 9, text.find_first_not_of("0123456789", at + 9) - at - 9), &revision));
  }
  return revision;
}

TEST_F(HistoryE2eTest, AnObjectsPastIsShown) {
  Up("past");
  MustRun({"create", "deployment", "web", "--image=kube-lite/hello:1", "--replicas=2"});
  MustRun({"rollout", "status", "deployment/web", "--timeout=60s"});
  const std::string before = MustRun({"debug", "store", "stats"});
  std::string revision = before.substr(before.find_first_of("0123456789"));
  revision = revision.substr(0, revision.find('\n'));
  MustRun({"scale", "deployment", "web", "--replicas=4"});
  MustRun({"rollout", "status", "deployment/web", "--timeout=60s"});

  EXPECT_THAT(MustRun({"get", "deployment", "web", "--at", revision}), HasSubstr("2/2"));
  EXPECT_THAT(MustRun({"get", "deployment", "web"}), HasSubstr("4/4"));
  EXPECT_THAT(MustRun({"describe", "deployment", "web", "--at", revision}),
              HasSubstr("2 desired | 2 updated | 2 total"));
  const std::string then = MustRun({"get", "pods", "-o", "name", "--at", revision});
  EXPECT_EQ(std::count(then.begin(), then.end(), '\n'), 2) << then;
  MustRun({"delete", "deployment", "web"});
  const std::string history = MustRun({"history", "deployment", "web", "--limit", "0"});
  EXPECT_THAT(history, HasSubstr("spec.replicas 2->4"));
  EXPECT_THAT(history, HasSubstr("kubernetes-admin"));
  EXPECT_THAT(history, HasSubstr("system:kube-controller-manager"));
  EXPECT_THAT(history, HasSubstr("<deleted>"));
  EXPECT_THAT(MustRun({"history", "deployment", "web", "--diff"}), HasSubstr("-  replicas: 2\n+  replicas: 4\n"));
  EXPECT_THAT(MustRun({"debug", "store", "ls", "/registry/core/namespaces/"}),
              HasSubstr("/registry/core/namespaces/kube-system\n"));
  EXPECT_THAT(Run({"get", "pods", "--at", "-100h"}), HasSubstr("--retention"));
  EXPECT_EQ(code_, 1);
}

TEST_F(HistoryE2eTest, SnapshotsAreSavedUnderLoadForkedAndRestored) {
  Up("original");
  MustRun({"create", "deployment", "web", "--image=kube-lite/hello:1", "--replicas=2"});
  MustRun({"rollout", "status", "deployment/web", "--timeout=60s"});
  int64_t revision = 0;
  Written written;
  {
    std::vector<std::unique_ptr<client::Client>> clients;
    for (int i = 0; i < kWriters; ++i) clients.push_back(ClientOf("original"));
    Load load(std::move(clients));
    load.Await(100);
    revision = RevisionIn(MustRun({"cluster", "snapshot", "save", "s1"}));
    load.Await(100);
    written = load.Stop();
  }
  ASSERT_GT(revision, 0);
  Written saved = written;
  std::erase_if(saved, [revision](const auto& map) { return map.second > revision; });
  EXPECT_GE(saved.size(), 100u);
  EXPECT_LT(saved.size(), written.size()) << "writes went on after the snapshot";
  EXPECT_THAT(MustRun({"cluster", "snapshot", "ls"}), HasSubstr(absl::StrCat("s1     ", revision, " ")));
  EXPECT_THAT(MustRun({"cluster", "snapshot", "verify", "s1"}), HasSubstr("is whole"));

  // A fork runs beside the original, which goes on.
  Up("fork", {"--from-snapshot", "s1"});
  const auto fork = ClientOf("fork");
  const auto original = ClientOf("original");
  EXPECT_EQ(MapsOf(*fork), saved);
  EXPECT_EQ(MapsOf(*original), written);
  ASSERT_OK_AND_ASSIGN(const auto nodes, client::List<Node>(*fork));
  ASSERT_EQ(nodes.size(), 1u);
  EXPECT_EQ(nodes[0]->metadata().name(), "fork-control-plane");
  MustRun({"rollout", "status", "deployment/web", "--timeout=60s"});
  ASSERT_OK_AND_ASSIGN(const auto pods, client::List<Pod>(*fork, {.name_space = "default"}));
  for (const auto& pod : pods) EXPECT_EQ(pod->spec().nodename(), "fork-control-plane") << pod->metadata().name();
  ASSERT_OK(client::Delete<Deployment>(*fork, {"default", "web"}));
  EXPECT_OK(client::Get<Deployment>(*original, {"default", "web"}));
  EXPECT_THAT(Run({"up", "--name", "fork", "--from-snapshot", "s1"}), HasSubstr("choose another --name"));
  MustRun({"down", "--name", "fork", "--delete-data"});

  // The original goes back.
  ASSERT_OK(client::Delete<Deployment>(*original, {"default", "web"}));
  EXPECT_THAT(Run({"cluster", "snapshot", "restore", "s1", "--name", "original"}),
              HasSubstr("stop it first with 'kubectl-lite down --name original'"));
  EXPECT_EQ(code_, 1);
  MustRun({"down", "--name", "original"});
  MustRun({"cluster", "snapshot", "restore", "s1", "--name", "original"});
  MustRun({"up", "--name", "original", "--timeout", "120s"});
  EXPECT_EQ(MapsOf(*ClientOf("original")), saved);
  MustRun({"rollout", "status", "deployment/web", "--timeout=60s"});
}

}  // namespace
}  // namespace kubelite::testing
