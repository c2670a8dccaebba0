// Load on an API server's REST port: requests a second, latencies and the server's CPU time for each kind of request.
//   api_load --kubeconfig FILE [--http 1|2] [--requests 1000] [--connections 1,16] [--pods 5000] [--watchers 100,1000]
// Works on any API server that the kubeconfig's client certificate may write to; CPU time only on one of this machine.

#include <dirent.h>
#include <poll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/check.h"
#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/base/mutex.h"
#include "common/base/thread_pool.h"
#include "common/client/kubeconfig.h"
#include "common/http/testing/client.h"

namespace kubelite::testing {
namespace {

using http::Request;
using http::testing::Client;
using http::testing::TlsPeer;
using http::testing::Version;

struct Options {
  std::string kubeconfig;
  int http = 2;
  int requests = 1000;
  std::vector<int> connections = {1, 16};
  int pods = 5000;
  std::vector<int> watchers = {100, 1000};
};

absl::Time Now() { return base::SystemClock().Now(); }

std::string ReadText(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

[[noreturn]] void Die(const std::string& problem) {
  std::fprintf(stderr, "api_load: %s\n", problem.c_str());
  std::_Exit(1);
}

// The process that listens on a port of this machine; 0: none.
int ListenerOf(int port) {
  std::string socket;
  for (absl::string_view line : absl::StrSplit(ReadText("/proc/net/tcp"), '\n')) {
    const std::vector<absl::string_view> words = absl::StrSplit(line, ' ', absl::SkipEmpty());
    constexpr absl::string_view kListen = "0A";
    if (words.size() < 10 || words[3] != kListen) continue;
    if (std::stoi(std::string(words[1].substr(words[1].find(':') + 1)), nullptr, 16) == port) {
      socket = absl::StrCat("socket:[", words[9], "]");
    }
  }
  const std::unique_ptr<DIR, int (*)(DIR*)> processes(opendir("/proc"), closedir);
  while (const dirent* process = readdir(processes.get())) {
    int pid = 0;
    if (socket.empty() || !absl::SimpleAtoi(process->d_name, &pid)) continue;
    const std::string folder = absl::StrCat("/proc/", pid, "/fd");
    const std::unique_ptr<DIR, int (*)(DIR*)> files(opendir(folder.c_str()), closedir);
    while (const dirent* file = files == nullptr ? nullptr : readdir(files.get())) {
      char target[64] = {};
      if (readlink(absl::StrCat(folder, "/", file->d_name).c_str(), target, sizeof(target) - 1) > 0 && socket == target)
        return pid;
    }
  }
  return 0;
}

class Load {
 public:
  Load(Options options, TlsPeer peer) : options_(std::move(options)), peer_(std::move(peer)) {
    pid_ = ListenerOf(peer_.port);
    prefix_ = absl::StrCat("load-", getpid(), "-");
  }

  void Run() {
    for (const int connections : options_.connections) Objects(connections);
    for (const int watchers : options_.watchers) Watches(watchers);
    if (options_.pods > 0) Lists();  // last: the deletion of so many goes on for a while
  }

 private:
  using Make = std::function<Request(int index)>;

  std::unique_ptr<Client> Dial() const {
    auto wire = http::testing::DialTls(peer_, options_.http == 2 ? "h2" : "http/1.1");
    CHECK(wire != nullptr);
    return Client::New(options_.http == 2 ? Version::kHttp2 : Version::kHttp1, std::move(wire));
  }

  // The server's CPU time so far.
  absl::Duration Cpu() const {
    if (pid_ == 0) return absl::ZeroDuration();
    const std::string stat = ReadText(absl::StrCat("/proc/", pid_, "/stat"));
    const std::vector<std::string> fields = absl::StrSplit(stat.substr(stat.rfind(')') + 2), ' ');
    int64_t user = 0, system = 0;
    CHECK(absl::SimpleAtoi(fields[11], &user) && absl::SimpleAtoi(fields[12], &system));
    return absl::Seconds(user + system) / static_cast<int64_t>(sysconf(_SC_CLK_TCK));
  }

  static Request Json(std::string method, std::string target, std::string body = "",
                      std::string type = "application/json") {
    Request request{.method = std::move(method), .target = std::move(target), .body = std::move(body)};
    request.headers = {{"accept", "application/json"}};
    if (!request.body.empty()) request.headers.emplace_back("content-type", std::move(type));
    return request;
  }

  // `count` requests over so many connections, one under way on each.
  void Measure(const std::string& name, int connections, int count, const Make& make) {
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < connections; ++i) clients.push_back(Dial());
    std::vector<absl::Duration> latencies(static_cast<size_t>(count));
    std::atomic<int> next{0};
    std::atomic<size_t> bytes{0};
    const absl::Duration cpu = Cpu();
    const absl::Time start = Now();
    {
      base::ThreadPool threads(connections);
      base::Mutex mutex;
      base::CondVar changed;
      int running = connections;
      for (const auto& client : clients) {
        threads.Post([&, client = client.get()] {
          for (int i = next++; i < count; i = next++) {
            const absl::Time sent = Now();
            const int id = client->Send(make(i));
            const Client::Answer answer = client->Wait(id);
            latencies[static_cast<size_t>(i)] = Now() - sent;
            if (answer.code >= 300 || answer.broken) Die(absl::StrCat(name, ": ", answer.code, " ", answer.body));
            bytes += answer.body.size();
            client->Forget(id);
          }
          base::MutexLock lock(&mutex);
          if (--running == 0) changed.SignalAll();
        });
      }
      base::MutexLock lock(&mutex);
      while (running > 0) changed.Wait(&mutex);
    }
    const absl::Duration took = Now() - start;
    std::sort(latencies.begin(), latencies.end());
    std::printf("%-28s %3d conn %9.0f/s  p50 %8.0f us  p99 %8.0f us  server CPU %7.0f us  %9zu bytes\n", name.c_str(),
                connections, count / absl::ToDoubleSeconds(took), Micros(latencies[latencies.size() / 2]),
                Micros(latencies[latencies.size() * 99 / 100]), Micros((Cpu() - cpu) / count),
                bytes / static_cast<size_t>(count));
    std::fflush(stdout);
  }
  static double Micros(absl::Duration duration) { return absl::ToDoubleMicroseconds(duration); }

  void Objects(int connections) {
    const std::string maps = "/api/v1/namespaces/default/configmaps";
    const std::string stem = absl::StrCat(prefix_, connections, "-");
    const auto path = [&](int i) { return absl::StrCat(maps, "/", stem, i); };
    Measure("create ConfigMap", connections, options_.requests, [&](int i) {
      return Json("POST", maps,
                  absl::StrCat(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":")", stem, i,
                               R"("},"data":{"a":")", std::string(100, 'x'), R"("}})"));
    });
    Measure("get", connections, options_.requests, [&](int i) { return Json("GET", path(i)); });
    Measure("merge patch", connections, options_.requests, [&](int i) {
      return Json("PATCH", path(i), absl::StrCat(R"({"data":{"b":")", i, "\"}}"), "application/merge-patch+json");
    });
    Measure("delete", connections, options_.requests, [&](int i) { return Json("DELETE", path(i)); });
  }

  // Pods that nobody schedules.
  void Lists() {
    const std::string space = absl::StrCat(prefix_, "pods");
    const std::string pods = absl::StrCat("/api/v1/namespaces/", space, "/pods");
    Measure("create Namespace", 1, 1, [&](int) {
      return Json("POST", "/api/v1/namespaces",
                  absl::StrCat(R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":")", space, "\"}}"));
    });
    Measure("create Pod", 16, options_.pods, [&](int i) {
      return Json("POST", pods,
                  absl::StrCat(R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"p)", i,
                               R"(","labels":{"app":"load","tier":"none"}},"spec":{"schedulerName":"none",)",
                               R"("containers":[{"name":"c","image":"i","env":[{"name":"A","value":"b"}],)",
                               R"("resources":{"requests":{"cpu":"10m","memory":"16Mi"}}}]}})"));
    });
    struct Form {
      const char* name;
      const char* accept;
    };
    for (const Form& form : {Form{"JSON", "application/json"}, Form{"protobuf", "application/vnd.kubernetes.protobuf"},
                             Form{"Table", "application/json;as=Table;v=v1;g=meta.k8s.io"}}) {
      Measure(absl::StrCat("list ", options_.pods, " pods, ", form.name), 1, 10, [&](int) {
        return Request{.method = "GET", .target = pods, .headers = {{"accept", form.accept}}};
      });
    }
    Measure("delete Namespace", 1, 1, [&](int) { return Json("DELETE", absl::StrCat("/api/v1/namespaces/", space)); });
  }

  struct Watch {
    Client* client;
    int id;
  };

  // From a create until the last of the watchers has it.
  void Watches(int count) {
    const std::string maps = "/api/v1/namespaces/default/configmaps";
    const std::string label = absl::StrCat(prefix_, count);
    std::vector<std::unique_ptr<Client>> clients;
    std::vector<Watch> watches;
    constexpr int kStreamsEach = 250;
    for (int i = 0; i < count; ++i) {
      if (i % (options_.http == 2 ? kStreamsEach : 1) == 0) clients.push_back(Dial());
      const int id = clients.back()->Send(
          Json("GET", absl::StrCat(maps, "?watch=1&resourceVersion=0&labelSelector=load%3D", label)));
      watches.push_back({clients.back().get(), id});
    }
    const auto wait = [&](const std::function<bool(Client::Answer&)>& arrived) {
      for (const Watch& watch : watches) {
        while (!arrived(watch.client->answer(watch.id))) CHECK(watch.client->Pump());
      }
    };
    wait([](Client::Answer& answer) { return answer.code == 200; });
    const auto writer = Dial();
    constexpr int kWrites = 50;
    std::vector<absl::Duration> latencies;
    const absl::Duration cpu = Cpu();
    for (int i = 0; i < kWrites; ++i) {
      const absl::Time start = Now();
      const int id = writer->Send(Json("POST", maps,
                                       absl::StrCat(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":")",
                                                    label, "-w", i, R"(","labels":{"load":")", label, "\"}}}")));
      wait([](Client::Answer& answer) { return absl::EndsWith(answer.body, "\n"); });
      latencies.push_back(Now() - start);
      CHECK(writer->Wait(id).code == 201);
      for (const Watch& watch : watches) watch.client->answer(watch.id).body.clear();
    }
    std::sort(latencies.begin(), latencies.end());
    std::printf("%-28s %3zu conn %21sp50 %8.0f us  p99 %8.0f us  server CPU %7.0f us\n",
                absl::StrCat("create to ", count, " watchers").c_str(), clients.size(), "",
                Micros(latencies[latencies.size() / 2]), Micros(latencies.back()), Micros((Cpu() - cpu) / kWrites));
    std::fflush(stdout);
    for (int i = 0; i < kWrites; ++i) {
      writer->Wait(writer->Send(Json("DELETE", absl::StrCat(maps, "/", label, "-w", i))));
    }
  }

  const Options options_;
  const TlsPeer peer_;
  std::string prefix_;
  int pid_ = 0;
};

std::string DataOr(const std::string& data, const std::string& file) {
  if (!data.empty()) return data;
  absl::StatusOr<std::string> text = base::ReadFile(file);
  CHECK_OK(text.status());
  return *std::move(text);
}

TlsPeer PeerOf(const std::string& path) {
  const absl::StatusOr<client::Kubeconfig> config = client::ReadKubeconfig(path);
  CHECK_OK(config.status());
  const client::Kubeconfig::Cluster& cluster = config->clusters.front();
  const client::Kubeconfig::User& user = config->users.front();
  TlsPeer peer;
  const std::pair<std::string, std::string> address =
      absl::StrSplit(absl::StripPrefix(cluster.server, "https://"), absl::MaxSplits(':', 1));
  peer.host = address.first;
  CHECK(absl::SimpleAtoi(address.second, &peer.port));
  peer.ca_pem = DataOr(cluster.certificate_authority_data, cluster.certificate_authority);
  peer.identity.certificate_pem = DataOr(user.client_certificate_data, user.client_certificate);
  peer.identity.private_key_pem = DataOr(user.client_key_data, user.client_key);
  return peer;
}

}  // namespace
}  // namespace kubelite::testing

int main(int argc, char** argv) {
  kubelite::testing::Options options;
  CLI::App app("Load on an API server's REST port");
  app.add_option("--kubeconfig", options.kubeconfig, "Its first cluster and user are used")->required();
  app.add_option("--http", options.http, "Version: 1 or 2");
  app.add_option("--requests", options.requests, "Of each kind");
  app.add_option("--connections", options.connections, "Numbers of connections to try")->delimiter(',');
  app.add_option("--pods", options.pods, "To list; 0: none");
  app.add_option("--watchers", options.watchers, "Numbers of watches to try")->delimiter(',');
  CLI11_PARSE(app, argc, argv);
  const kubelite::http::testing::TlsPeer peer = kubelite::testing::PeerOf(options.kubeconfig);
  kubelite::testing::Load(options, peer).Run();
  return 0;
}
