#include <dirent.h>
#include <signal.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <sstream>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/file.h"
#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/base/process.h"
#include "common/client/grpc_client.h"
#include "common/client/kubeconfig.h"
#include "k8s/apps/v1.pb.h"
#include "k8s/core/v1.pb.h"
#include "tests/integration/cluster.h"

namespace kubelite::testing {
namespace {

// The NUL-separated text of /proc/<pid>/<file>; empty when the process is gone.
std::string ReadProc(int pid, const std::string& file) {
  std::ifstream in(absl::StrCat("/proc/", pid, "/", file), std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<int> AllPids() {
  std::vector<int> pids;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir("/proc"), closedir);
  while (const dirent* entry = readdir(directory.get())) {
    int pid = 0;
    if (absl::SimpleAtoi(entry->d_name, &pid)) pids.push_back(pid);
  }
  return pids;
}

// Wakes the test when an object of one of its watches changed; shared with callbacks.
struct Changes {
  base::Mutex mutex;
  base::CondVar changed;
  bool pending ABSL_GUARDED_BY(mutex) = false;

  void Notify() {
    base::MutexLock lock(&mutex);
    pending = true;
    changed.SignalAll();
  }
  void WaitFor(absl::Duration limit) {
    base::MutexLock lock(&mutex);
    if (!pending) changed.WaitForNanos(&mutex, absl::ToInt64Nanoseconds(limit));
    pending = false;
  }
};

class RealCluster : public Cluster {
 public:
  explicit RealCluster(const ClusterConfig& config) {
    CHECK_OK(Run({"up", "--name=" + kName, "--data-dir=" + DataDirectory(), absl::StrCat("--nodes=", config.nodes),
                  "--port=0", "--timeout=120s"}));
    Reconnect();
  }

  ~RealCluster() override {
    watches_.clear();
    client_.reset();
    CHECK_OK(Run({"down", "--name=" + kName, "--data-dir=" + DataDirectory()}));
  }

  client::Client& client() override { return *client_; }

  bool WaitUntil(const std::function<bool()>& condition, absl::Duration limit) override {
    const absl::Time deadline = base::SystemClock().Now() + limit;
    while (!condition()) {
      const absl::Duration left = deadline - base::SystemClock().Now();
      if (left <= absl::ZeroDuration()) return false;
      DrainWatches();
      changes_->WaitFor(std::min(left, absl::Milliseconds(200)));
    }
    return true;
  }

  void KillContainers(const std::string& pod) override {
    for (const int pid : AllPids()) {
      if (absl::StrContains(ReadProc(pid, "environ"), absl::StrCat("HOSTNAME=", pod, std::string(1, '\0'))) &&
          absl::StrContains(ReadProc(pid, "cmdline"), "kube-lite-hello")) {
        kill(pid, SIGKILL);
      }
    }
  }

  void Kill(Component component) override {
    const std::string binary = component == Component::kApiServer     ? "kube-lite-apiserver"
                               : component == Component::kScheduler   ? "kube-lite-scheduler"
                               : component == Component::kControllers ? "kube-lite-controllers"
                                                                      : "kube-lite-kubelet";
    for (const int pid : AllPids()) {
      const std::string command = ReadProc(pid, "cmdline");
      // Only the daemon itself, of this cluster.
      if (!absl::StrContains(command.substr(0, command.find('\0')), binary)) continue;
      if (!absl::StrContains(command, DataDirectory())) continue;
      kill(pid, SIGKILL);
      CHECK_OK(base::WaitUntilGone(pid, absl::Seconds(10)));
    }
    // Nobody supervises a kubelet but the user (or systemd): `up` starts what is missing.
    if (component == Component::kKubelet) {
      CHECK_OK(Run({"up", "--name=" + kName, "--data-dir=" + DataDirectory(), "--timeout=120s"}));
    }
  }

 private:
  static inline const std::string kName = "e2e";

  std::string DataDirectory() const { return directory_.path() + "/cluster"; }

  absl::Status Run(std::vector<std::string> arguments) {
    const std::string output = directory_.path() + "/output";
    arguments.insert(arguments.begin(), absl::StrCat(KUBELITE_BIN_DIR, "/kubectl-lite"));
    const auto pid =
        base::SpawnProcess({.argv = arguments,
                            .env = std::vector<std::string>{"HOME=" + directory_.path(), "PATH=/usr/bin:/bin"},
                            .working_directory = "",
                            .stdin_stream = base::Stream::Null(),
                            .stdout_stream = base::Stream::WriteTo(output),
                            .stderr_stream = base::Stream::AppendTo(output),
                            .passed_fds = {}});
    if (!pid.ok()) return pid.status();
    const auto status = base::WaitForExit(*pid, absl::Minutes(3));
    if (!status.ok()) return status.status();
    if (status->code == 0) return absl::OkStatus();
    return absl::InternalError(absl::StrCat("kubectl-lite ", arguments[1], ": ", base::ReadFile(output).value_or("")));
  }

  void Reconnect() {
    auto context = client::LoadKubeconfig(DataDirectory() + "/kubeconfig");
    CHECK_OK(context.status());
    context->grpc.field_manager = "test";
    client_ = client::NewGrpcClient(context->grpc);
  }

  // Empties the watches and opens those that are missing or were lost.
  void DrainWatches() {
    const api::ResourceInfo* const resources[] = {
        &api::ResourceOf<k8s::core::v1::Pod>(),        &api::ResourceOf<k8s::core::v1::Node>(),
        &api::ResourceOf<k8s::core::v1::Event>(),      &api::ResourceOf<k8s::core::v1::Namespace>(),
        &api::ResourceOf<k8s::apps::v1::Deployment>(), &api::ResourceOf<k8s::apps::v1::ReplicaSet>()};
    watches_.resize(std::size(resources));
    for (size_t i = 0; i < watches_.size(); ++i) {
      if (watches_[i] == nullptr) {
        auto opened = client_->Watch(*resources[i], {}, [changes = changes_] { changes->Notify(); });
        if (opened.ok()) watches_[i] = *std::move(opened);
      }
      while (watches_[i] != nullptr) {
        const auto events = watches_[i]->Poll(1000);
        if (!events.ok())
          watches_[i].reset();
        else if (events->empty())
          break;
      }
    }
  }

  base::TemporaryDirectory directory_;
  std::shared_ptr<Changes> changes_ = std::make_shared<Changes>();
  std::unique_ptr<client::Client> client_;
  std::vector<std::unique_ptr<client::WatchStream>> watches_;
};

}  // namespace

std::unique_ptr<Cluster> NewRealCluster(const ClusterConfig& config) { return std::make_unique<RealCluster>(config); }

}  // namespace kubelite::testing
