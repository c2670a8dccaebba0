// kube-lite-controllers: flags, object graph. See README.md.

#include "CLI/CLI.hpp"
#include "common/base/log.h"
#include "common/daemon/flags.h"
#include "common/daemon/run.h"
#include "controllers/app.h"

namespace kubelite::controllers {
namespace {

void AddFlags(CLI::App* cli, Options* options) {
  daemon::AddFlags(cli, kComponent, options);
  daemon::AddDuration(cli, "--node-monitor-period", &options->node_monitor_period,
                      "How often nodes that are not ready are looked at");
  daemon::AddDuration(cli, "--node-monitor-grace-period", &options->node_monitor_grace_period,
                      "A node without a heartbeat for so long is not ready");
  daemon::AddDuration(cli, "--node-startup-grace-period", &options->node_startup_grace_period,
                      "The same for a node that has never sent one");
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

}  // namespace
}  // namespace kubelite::controllers

int main(int argc, char** argv) {
  using kubelite::controllers::App;
  kubelite::base::InitLog("controllers", kubelite::base::LogLevel::kInfo);
  kubelite::controllers::Options options;
  CLI::App cli("Runs all controllers.", "kube-lite-controllers");
  kubelite::controllers::AddFlags(&cli, &options);
  CLI11_PARSE(cli, argc, argv);
  return kubelite::daemon::Run(
      {.name = "kube-lite-controllers", .component = kubelite::controllers::kComponent}, options.Validate(), &options,
      [&options](const auto& deps, auto on_lost) { return std::make_unique<App>(deps, options, std::move(on_lost)); });
}
