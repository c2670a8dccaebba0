// kube-lite-scheduler: flags, object graph, shutdown. See README.md.

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <iostream>

#include "CLI/CLI.hpp"
#include "common/base/log.h"
#include "common/base/options.h"
#include "common/base/random.h"
#include "common/base/signals.h"
#include "common/base/thread_pool.h"
#include "common/client/grpc_client.h"
#include "common/client/kubeconfig.h"
#include "common/client/leader_identity.h"
#include "scheduler/app.h"

namespace kubelite::scheduler {
namespace {

// Bindings block on the API server, one thread each.
constexpr int kThreads = 8;

// A flag that holds a duration such as 15s.
void AddDuration(CLI::App* cli, const std::string& flag, absl::Duration* value, const std::string& help) {
  cli->add_option_function<std::string>(
         flag,
         [flag, value](const std::string& text) {
           absl::StatusOr<absl::Duration> parsed = base::ParseDurationFlag(flag, text);
           if (!parsed.ok()) throw CLI::ValidationError(std::string(parsed.status().message()));
           *value = *parsed;
         },
         help)
      ->type_name("DURATION")
      ->default_str(absl::FormatDuration(*value));
}

void AddFlags(CLI::App* cli, Options* options) {
  cli->add_option("--kubeconfig", options->kubeconfig,
                  "File with the API server's address and this process's identity");
  cli->add_option("--log-level", options->log_level, "debug, info, warning or error")->capture_default_str();
  cli->add_option("--scheduler-name", options->scheduler_name, "Schedules pods with this spec.schedulerName")
      ->capture_default_str();
  cli->add_option("--leader-elect", options->leader_elect,
                  "Work only while holding the lease kube-system/kube-scheduler")
      ->capture_default_str();
  AddDuration(cli, "--leader-elect-lease-duration", &options->leader_elect_lease_duration,
              "How long others wait before they take over a lease that is not renewed");
  AddDuration(cli, "--leader-elect-renew-deadline", &options->leader_elect_renew_deadline,
              "How long the leader tries to renew before it gives up");
  AddDuration(cli, "--leader-elect-retry-period", &options->leader_elect_retry_period, "Time between attempts");
}

// Returns the exit code.
int Run(Options options) {
  if (absl::Status status = base::SetLogLevel(options.log_level); !status.ok()) {
    std::cerr << "kube-lite-scheduler: --log-level: " << status.message() << "\n";
    return 2;
  }
  if (absl::Status status = options.Validate(); !status.ok()) {
    std::cerr << "kube-lite-scheduler: " << status.message() << "\n";
    return 2;
  }
  absl::StatusOr<client::ResolvedContext> context = client::LoadKubeconfig(options.kubeconfig);
  if (!context.ok()) {
    std::cerr << "kube-lite-scheduler: " << context.status().message() << "\n";
    return 1;
  }
  base::BlockTerminationSignals();
  const std::unique_ptr<base::Random> random = base::Random::FromSystem();
  const client::LeaderIdentity identity = client::LeaderIdentity::Claim(options.kubeconfig, random.get());
  options.leader_elect_identity = identity.text();
  context->grpc.field_manager = "kube-scheduler";
  base::ThreadPool executor(kThreads);
  const std::unique_ptr<client::Client> client = client::NewGrpcClient(context->grpc);
  std::atomic<bool> lost{false};
  App app({client.get(), &executor, random.get()}, options, [&lost] {
    lost = true;
    kill(getpid(), SIGTERM);
  });
  base::LogInfo("Scheduler starts", {{"server", context->grpc.address}, {"leader_elect", options.leader_elect}});
  app.Start();
  base::WaitForTerminationSignal();
  base::LogInfo("Scheduler stops", {{"lost_lease", lost.load()}});
  app.Stop();
  return lost ? 1 : 0;
}

}  // namespace
}  // namespace kubelite::scheduler

int main(int argc, char** argv) {
  kubelite::base::InitLog("scheduler", kubelite::base::LogLevel::kInfo);
  kubelite::scheduler::Options options;
  CLI::App cli("Assigns pods to nodes.", "kube-lite-scheduler");
  kubelite::scheduler::AddFlags(&cli, &options);
  CLI11_PARSE(cli, argc, argv);
  return kubelite::scheduler::Run(std::move(options));
}
