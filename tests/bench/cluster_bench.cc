// How fast and how small a real cluster is. Prints one line per number; judges nothing.
//   build/release/tests/cluster_bench

#include <dirent.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/check.h"
#include "common/base/clock.h"
#include "common/client/client.h"
#include "k8s/apps/v1.pb.h"
#include "k8s/core/v1.pb.h"
#include "tests/integration/cluster.h"

namespace kubelite::testing {
namespace {

using k8s::apps::v1::Deployment;
using k8s::core::v1::Pod;

constexpr absl::Duration kIdleWindow = absl::Seconds(20);

absl::Time Now() { return base::SystemClock().Now(); }

void Report(const std::string& name, absl::Duration duration) {
  std::printf("%-58s %10.1f ms\n", name.c_str(), absl::ToDoubleMilliseconds(duration));
  std::fflush(stdout);
}

Deployment MakeDeployment(int replicas) {
  Deployment deployment;
  deployment.mutable_metadata()->set_name("bench");
  deployment.mutable_metadata()->set_namespace_("default");
  auto* spec = deployment.mutable_spec();
  spec->set_replicas(replicas);
  (*spec->mutable_selector()->mutable_matchlabels())["app"] = "bench";
  (*spec->mutable_template_()->mutable_metadata()->mutable_labels())["app"] = "bench";
  auto* pod = spec->mutable_template_()->mutable_spec();
  pod->set_terminationgraceperiodseconds(0);
  auto* container = pod->add_containers();
  container->set_name("hello");
  container->set_image("kube-lite/hello:1");
  return deployment;
}

int RunningPods(client::Client& client) {
  int running = 0;
  const auto pods = client::List<Pod>(client, {.name_space = "default", .label_selector = "app=bench"});
  for (const auto& pod : pods.ok() ? *pods : std::vector<std::shared_ptr<const Pod>>()) {
    running += pod->status().phase() == "Running" ? 1 : 0;
  }
  return running;
}

void Scale(client::Client& client, int replicas) {
  CHECK_OK(client
               .Patch(api::ResourceOf<Deployment>(), {"default", "bench"}, client::PatchType::kMerge,
                      absl::StrCat(R"({"spec":{"replicas":)", replicas, "}}"))
               .status());
}

std::string ReadText(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

struct Usage {
  int processes = 0;
  int64_t ticks = 0;
  int64_t pss_kib = 0;
};

// CPU and memory of all kube-lite processes, by program name.
std::map<std::string, Usage> Measure() {
  std::map<std::string, Usage> usage;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir("/proc"), closedir);
  while (const dirent* entry = readdir(directory.get())) {
    int pid = 0;
    if (!absl::SimpleAtoi(entry->d_name, &pid)) continue;
    const std::string command = ReadText(absl::StrCat("/proc/", pid, "/cmdline"));
    const std::string program = command.substr(0, command.find('\0'));
    const std::string name = program.substr(program.rfind('/') + 1);
    if (!absl::StartsWith(name, "kube-lite-")) continue;
    Usage& one = usage[name];
    ++one.processes;
    // Fields 14 and 15 of stat, counted after the parenthesised name: user and system time.
    const std::string stat = ReadText(absl::StrCat("/proc/", pid, "/stat"));
    const std::vector<std::string> fields = absl::StrSplit(stat.substr(stat.rfind(')') + 2), ' ');
    int64_t user = 0;
    int64_t system = 0;
    if (fields.size() > 12 && absl::SimpleAtoi(fields[11], &user) && absl::SimpleAtoi(fields[12], &system)) {
      one.ticks += user + system;
    }
    for (absl::string_view line : absl::StrSplit(ReadText(absl::StrCat("/proc/", pid, "/smaps_rollup")), '\n')) {
      if (!absl::StartsWith(line, "Pss:")) continue;
      const std::vector<absl::string_view> words = absl::StrSplit(line, ' ', absl::SkipEmpty());
      int64_t kib = 0;
      if (words.size() > 1 && absl::SimpleAtoi(words[1], &kib)) one.pss_kib += kib;
    }
  }
  return usage;
}

void ReportIdle(Cluster& cluster) {
  cluster.WaitUntil([] { return false; }, absl::Seconds(5));
  const std::map<std::string, Usage> before = Measure();
  cluster.WaitUntil([] { return false; }, kIdleWindow);
  int64_t total_kib = 0;
  double total_cpu = 0;
  for (const auto& [name, usage] : Measure()) {
    const auto earlier = before.find(name);
    const int64_t ticks = usage.ticks - (earlier == before.end() ? 0 : earlier->second.ticks);
    const double cpu = 100.0 * static_cast<double>(ticks) / static_cast<double>(sysconf(_SC_CLK_TCK)) /
                       absl::ToDoubleSeconds(kIdleWindow);
    std::printf("idle %-28s x%-3d %8.1f MiB PSS %8.2f %% of a core\n", name.c_str(), usage.processes,
                static_cast<double>(usage.pss_kib) / 1024, cpu);
    total_kib += usage.pss_kib;
    total_cpu += cpu;
  }
  std::printf("idle %-28s      %8.1f MiB PSS %8.2f %% of a core\n", "total", static_cast<double>(total_kib) / 1024,
              total_cpu);
}

void Run() {
  absl::Time start = Now();
  const std::unique_ptr<Cluster> cluster = NewRealCluster({});
  Report("kubectl-lite up, empty data directory, to node Ready", Now() - start);
  client::Client& client = cluster->client();
  ReportIdle(*cluster);

  start = Now();
  CHECK_OK(client::Create(client, MakeDeployment(3)).status());
  CHECK(cluster->WaitUntil([&] { return RunningPods(client) == 3; }, absl::Seconds(60)));
  Report("Deployment of 3 replicas, applied to 3 Running", Now() - start);

  start = Now();
  Scale(client, 100);
  CHECK(cluster->WaitUntil([&] { return RunningPods(client) == 100; }, absl::Seconds(120)));
  Report("scale from 3 to 100, to 100 Running", Now() - start);
  ReportIdle(*cluster);

  start = Now();
  Scale(client, 0);
  CHECK(cluster->WaitUntil([&] { return client::List<Pod>(client, {.name_space = "default"})->empty(); },
                           absl::Seconds(120)));
  Report("scale from 100 to 0, to no pod left", Now() - start);

  start = Now();
  constexpr int kWrites = 500;
  for (int i = 0; i < kWrites; ++i) {
    k8s::core::v1::ConfigMap config;
    config.mutable_metadata()->set_name(absl::StrCat("bench-", i));
    config.mutable_metadata()->set_namespace_("default");
    CHECK_OK(client::Create(client, config).status());
  }
  Report("one durable create of a ConfigMap (mean of 500, one client)", (Now() - start) / kWrites);
}

}  // namespace
}  // namespace kubelite::testing

int main() {
  kubelite::testing::Run();
  return 0;
}
