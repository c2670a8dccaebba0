// kube-lite-controllers: flags, object graph, shutdown. See README.md.

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
#include "controllers/app.h"

namespace kubelite::controllers {
namespace {

// Reconciles block on the API server, one thread each.
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
  cli->add_flag(
      "--leader-elect", options->leader_elect,
      "Work only while holding the lease kube-system/kube-controller-manager (default; --leader-elect=false)");
  AddDuration(cli, "--leader-elect-lease-duration", &options->leader_elect_lease_duration,
              "How long others wait before they take over a lease that is not renewed");
  AddDuration(cli, "--leader-elect-renew-deadline", &options->leader_elect_renew_deadline,
              "How long the leader tries to renew before it gives up");
  AddDuration(cli, "--leader-elect-retry-period", &options->leader_elect_retry_period, "Time between attempts");
  AddDuration(cli, "--node-monitor-period", &options->node_monitor_period,
              "How often nodes that are not ready are looked at");
  AddDuration(cli, "--node-monitor-grace-period", &options->node_monitor_grace_period,
              "A node without a heartbeat for so long is not ready");
  AddDuration(cli, "--node-startup-grace-period", &options->node_startup_grace_period,
              "The same for a node that has never sent one");
}

void AddLoopFlags(CLI::App* cli, Options* options) {
  const auto add = [cli](const std::string& flag, int* value, const std::string& help) {
    cli->add_option(flag, *value, help)->capture_default_str();
  };
  add("--concurrent-deployment-syncs", &options->concurrent_deployment_syncs, "Deployments reconciled at once");
  add("--concurrent-replicaset-syncs", &options->concurrent_replicaset_syncs, "ReplicaSets reconciled at once");
  add("--concurrent-rc-syncs", &options->concurrent_rc_syncs, "ReplicationControllers reconciled at once");
  add("--concurrent-namespace-syncs", &options->concurrent_namespace_syncs, "Namespaces emptied at once");
  add("--concurrent-gc-syncs", &options->concurrent_gc_syncs, "Objects collected at once");
  add("--concurrent-serviceaccount-token-syncs", &options->concurrent_serviceaccount_token_syncs,
      "Namespaces given their service account at once");
  add("--terminated-pod-gc-threshold", &options->terminated_pod_gc_threshold,
      "Ended pods that are kept before the oldest are deleted");
  cli->add_option("--node-eviction-rate", options->node_eviction_rate,
                  "Nodes per second whose pods may be evicted because the node is not ready")
      ->capture_default_str();
}

// Returns the exit code.
int Run(Options options) {
  if (absl::Status status = base::SetLogLevel(options.log_level); !status.ok()) {
    std::cerr << "kube-lite-controllers: --log-level: " << status.message() << "\n";
    return 2;
  }
  if (absl::Status status = options.Validate(); !status.ok()) {
    std::cerr << "kube-lite-controllers: " << status.message() << "\n";
    return 2;
  }
  absl::StatusOr<client::ResolvedContext> context = client::LoadKubeconfig(options.kubeconfig);
  if (!context.ok()) {
    std::cerr << "kube-lite-controllers: " << context.status().message() << "\n";
    return 1;
  }
  base::BlockTerminationSignals();
  const std::unique_ptr<base::Random> random = base::Random::FromSystem();
  const client::LeaderIdentity identity = client::LeaderIdentity::Claim(options.kubeconfig, random.get());
  options.leader_elect_identity = identity.text();
  context->grpc.field_manager = "kube-controller-manager";
  base::ThreadPool executor(kThreads);
  const std::unique_ptr<client::Client> client = client::NewGrpcClient(context->grpc);
  std::atomic<bool> lost{false};
  App app({client.get(), &executor, random.get()}, options, [&lost] {
    lost = true;
    kill(getpid(), SIGTERM);
  });
  base::LogInfo("Controllers start", {{"server", context->grpc.address}, {"leader_elect", options.leader_elect}});
  app.Start();
  base::WaitForTerminationSignal();
  base::LogInfo("Controllers stop", {{"lost_lease", lost.load()}});
  app.Stop();
  return lost ? 1 : 0;
}

}  // namespace
}  // namespace kubelite::controllers

int main(int argc, char** argv) {
  kubelite::base::InitLog("controllers", kubelite::base::LogLevel::kInfo);
  kubelite::controllers::Options options;
  CLI::App cli("Runs all controllers.", "kube-lite-controllers");
  kubelite::controllers::AddFlags(&cli, &options);
  kubelite::controllers::AddLoopFlags(&cli, &options);
  CLI11_PARSE(cli, argc, argv);
  return kubelite::controllers::Run(std::move(options));
}
