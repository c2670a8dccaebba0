#include <optional>
#include <ostream>
#include <string>

#include "common/base/status_macros.h"
#include "kubectl-lite/cluster/cluster.h"
#include "kubectl-lite/cluster/snapshots.h"
#include "kubectl-lite/commands/all.h"

namespace kubelite::cli {
namespace {

std::optional<int> Number(const Args& args, const std::string& flag) {
  if (!args.Has(flag)) return std::nullopt;
  return static_cast<int>(args.GetInt(flag));
}

absl::Status Run(const Args& args, Context& context) {
  if (!args.positional.empty()) return UsageError("up takes no words; name the cluster with --name");
  std::string snapshot;
  if (args.Has("from-snapshot")) {
    ASSIGN_OR_RETURN(snapshot, FindSnapshot(args.Get("from-snapshot")));
  }
  const UpOptions options{.name = args.Get("name"),
                          .data_directory = args.Get("data-dir"),
                          .nodes = Number(args, "nodes"),
                          .port = Number(args, "port"),
                          .ephemeral = args.GetBool("ephemeral"),
                          .binary_directory = args.Get("bin-dir"),
                          .from_snapshot = snapshot,
                          .timeout = args.GetDuration("timeout")};
  return Up(options, context.clock, [&](const std::string& line) { context.out << line << std::endl; });
}

}  // namespace

Command UpCommand() {
  using Kind = Flag::Kind;
  return {
      .name = "up",
      .aliases = {},
      .summary = "Start a local cluster, or bring a stopped one back with its data",
      .usage = "up [--name NAME] [flags]",
      .examples =
          "# The default cluster: one node, API on ports 6443 and 6444\n"
          "kubectl-lite up\n"
          "# A second cluster beside it: one control-plane node and three workers\n"
          "kubectl-lite up --name four --nodes 4 --port 7443\n"
          "# A new cluster that begins as a snapshot of the current one, beside it\n"
          "kubectl-lite up --name experiment --port 0 --from-snapshot before\n"
          "# For a test: any free ports, nothing kept\n"
          "kubectl-lite up --name test --port 0 --ephemeral",
      .flags =
          {{.name = "name", .default_value = "kube-lite", .help = "Name of the cluster"},
           {.name = "nodes",
            .kind = Kind::kInt,
            .help = "Number of nodes, the first also runs the control plane; default as it was, else 1"},
           {.name = "data-dir",
            .help = "Where the cluster keeps everything; default a folder of its name in $KUBE_LITE_HOME"},
           {.name = "port",
            .kind = Kind::kInt,
            .help =
                "Port of the REST API, gRPC listens on the next one; 0: any free ports; default as it was, else 6443"},
           {.name = "ephemeral", .kind = Kind::kBool, .help = "Keep the store in memory; `down` removes all data"},
           {.name = "from-snapshot",
            .help = "A new cluster begins as this snapshot: a directory, or a name of 'cluster snapshot ls'"},
           {.name = "bin-dir", .help = "Folder of the daemons; default that of kubectl-lite"},
           {.name = "timeout",
            .kind = Kind::kDuration,
            .default_value = "60s",
            .help = "Give up when the nodes are not ready after this long"}},
      .run = Run,
      .subcommands = {}};
}

}  // namespace kubelite::cli
