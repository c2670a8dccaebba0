// kube-lite-store beside etcd: the same load on both, in turns, on one machine and disk. See store-vs-etcd.

#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/file.h"
#include "tests/bench/store_bench_load.h"
#include "tests/bench/store_bench_server.h"

namespace kubelite::bench {
namespace {

constexpr int kListKeys = 10000;

struct Settings {
  std::string dir;
  std::string only;  // a part of the names of workloads to run; empty: all
  int rounds = 5;
  absl::Duration length = absl::Seconds(4);
  int watch_deliveries = 400000;
  int fill_keys = 1000000;
};

using Workload = std::function<LoadResult(const std::string& address)>;

template <typename T>
T Median(std::vector<T> values) {
  const auto middle = values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

class Comparison {
 public:
  explicit Comparison(const Settings& settings)
      : settings_(settings),
        etcd_(BenchServer::Kind::kEtcd, settings.dir + "/etcd"),
        ours_(BenchServer::Kind::kKubeLite, settings.dir + "/kube-lite-store") {}

  void Run() {
    etcd_.Start();
    ours_.Start();
    std::printf("%-22s %12s %12s %7s   %s\n", "workload", "etcd/s", "ours/s", "ratio",
                "p50 and p99 of etcd | ours, us; server CPU us each");
    for (const auto& [bytes, size] : {std::pair{256, "256B"}, {4096, "4KiB"}}) {
      for (const int clients : {1, 16, 64, 256}) {
        const std::string name = absl::StrCat("put ", size, " @", clients);
        Compare(name, [=, this](const std::string& address) {
          return RunPuts(address, {clients, clients}, static_cast<size_t>(bytes), settings_.length);
        });
      }
      Compare(absl::StrCat("put ", size, " @256/4conn"), [=, this](const std::string& address) {
        return RunPuts(address, {256, 4}, static_cast<size_t>(bytes), settings_.length);
      });
    }
    for (const int clients : {1, 64}) {
      Compare(absl::StrCat("get @", clients), [=, this](const std::string& address) {
        return RunGets(address, {clients, clients}, settings_.length);
      });
    }
    for (const int clients : {1, 4}) {
      Compare(absl::StrCat("list ", kListKeys, " @", clients), [=, this](const std::string& address) {
        return RunLists(address, {clients, clients}, kListKeys, settings_.length);
      });
    }
    for (const int watchers : {1, 100, 1000}) {
      const int events = std::clamp(settings_.watch_deliveries / watchers, 100, 4000);
      Compare(absl::StrCat("watch @", watchers),
              [=](const std::string& address) { return RunWatches(address, watchers, events); });
    }
    if (Wanted("fill")) CompareSizes();
    // The line that is compared with the goals.
    std::printf("put@1=%.2f put@64=%.2f list=%.2f watch@100=%.2f\n", ratios_["put 256B @1"], ratios_["put 256B @64"],
                ratios_[absl::StrCat("list ", kListKeys, " @1")], ratios_["watch @100"]);
  }

 private:
  bool Wanted(const std::string& name) const { return name.find(settings_.only) != std::string::npos; }

  void Compare(const std::string& name, const Workload& workload) {
    if (!Wanted(name)) return;
    struct Side {
      BenchServer* server;
      std::vector<double> rates, cpu;
      std::vector<absl::Duration> p50, p99;
    };
    Side sides[] = {{&etcd_, {}, {}, {}, {}}, {&ours_, {}, {}, {}, {}}};
    for (int round = 0; round < settings_.rounds; ++round) {
      for (Side& side : sides) {
        const absl::Duration cpu = side.server->CpuTime();
        const LoadResult result = workload(side.server->address());
        const absl::Duration used = side.server->CpuTime() - cpu;
        side.rates.push_back(result.per_second);
        side.p50.push_back(result.p50);
        side.p99.push_back(result.p99);
        side.cpu.push_back(absl::ToDoubleMicroseconds(used) / result.operations);
      }
    }
    const double etcd = Median(sides[0].rates);
    const double ours = Median(sides[1].rates);
    ratios_[name] = ours / etcd;
    std::printf("%-22s %12.0f %12.0f %7.2f   %.0f %.0f | %.0f %.0f; %.1f | %.1f\n", name.c_str(), etcd, ours,
                ours / etcd, absl::ToDoubleMicroseconds(Median(sides[0].p50)),
                absl::ToDoubleMicroseconds(Median(sides[0].p99)), absl::ToDoubleMicroseconds(Median(sides[1].p50)),
                absl::ToDoubleMicroseconds(Median(sides[1].p99)), Median(sides[0].cpu), Median(sides[1].cpu));
    std::fflush(stdout);
  }

  // On fresh servers: what a million keys cost.
  void CompareSizes() {
    etcd_.Stop();
    ours_.Stop();
    std::printf("%-22s %12s %12s %12s %12s %12s\n", absl::StrCat(settings_.fill_keys, " keys").c_str(), "PSS MiB",
                "disk MiB", "open ms", "PSS MiB", "(after the open)");
    for (const auto kind : {BenchServer::Kind::kEtcd, BenchServer::Kind::kKubeLite}) {
      BenchServer server(kind,
                         absl::StrCat(settings_.dir, kind == BenchServer::Kind::kEtcd ? "/fill-etcd" : "/fill-ours"));
      server.Start();
      Fill(server.address(), settings_.fill_keys);
      constexpr double kMiB = 1 << 20;
      const double pss = static_cast<double>(server.PssBytes()) / kMiB;
      const double disk = static_cast<double>(server.DiskBytes()) / kMiB;
      server.Stop();
      const double open = absl::ToDoubleMilliseconds(server.Start());
      std::printf("%-22s %12.0f %12.0f %12.0f %12.0f\n", server.name(), pss, disk, open,
                  static_cast<double>(server.PssBytes()) / kMiB);
      std::fflush(stdout);
    }
  }

  const Settings settings_;
  BenchServer etcd_;
  BenchServer ours_;
  std::map<std::string, double> ratios_;
};

int Main(int argc, char** argv) {
  Settings settings;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--quick") {
      settings.rounds = 3;
      settings.length = absl::Seconds(1);
      settings.watch_deliveries = 100000;
      settings.fill_keys = 50000;
    } else if (argument == "--dir" && i + 1 < argc) {
      settings.dir = argv[++i];
    } else if (argument == "--only" && i + 1 < argc) {
      settings.only = argv[++i];
    } else {
      std::fprintf(stderr, "store_vs_etcd: unknown argument '%s'\n", argument.c_str());
      return 2;
    }
  }
  CHECK(!settings.dir.empty());
  CHECK_OK(base::RemoveAll(settings.dir));
  Comparison(settings).Run();
  return 0;
}

}  // namespace
}  // namespace kubelite::bench

int main(int argc, char** argv) { return kubelite::bench::Main(argc, argv); }
