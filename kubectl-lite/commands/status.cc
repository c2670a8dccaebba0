#include <ostream>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "kubectl-lite/cluster/cluster.h"
#include "kubectl-lite/cluster/layout.h"
#include "kubectl-lite/commands/all.h"
#include "kubectl-lite/commands/local_cluster.h"
#include "kubectl-lite/print/tab_text.h"

namespace kubelite::cli {
namespace {

absl::Status Run(const Args& args, Context& context) {
  if (!args.positional.empty()) return UsageError("status takes no words; name the cluster with --name");
  ASSIGN_OR_RETURN(const std::string directory, LocalClusterDirectory(args));
  ASSIGN_OR_RETURN(const ClusterStatus status, GetClusterStatus(directory));
  std::string text = absl::StrCat("Cluster:\t", status.name, "\n");
  absl::StrAppend(&text, "Status:\t", status.running() ? "Running" : "Stopped", "\n");
  absl::StrAppend(&text, "API server:\t", status.grpc_address,
                  status.api_server_answers ? " answers" : " does not answer", "\n");
  for (const NodeProcess& node : status.nodes) {
    absl::StrAppend(&text, "Kubelet ", node.node, ":\t",
                    node.kubelet_pid == 0 ? "not running" : absl::StrCat("pid ", node.kubelet_pid), "\n");
  }
  absl::StrAppend(&text, "Kubeconfig:\t", Layout(directory).Kubeconfig(), "\nData:\t", directory, "\n");
  context.out << AlignTabs(text);
  return status.running() ? absl::OkStatus() : AlreadyReported();
}

}  // namespace

Command StatusCommand() {
  return {.name = "status",
          .aliases = {},
          .summary = "Show whether a local cluster runs; status 1 when it does not",
          .usage = "status [--name NAME] [flags]",
          .examples = "# The current cluster\nkubectl-lite status\n# Another one\nkubectl-lite status --name four",
          .flags = LocalClusterFlags(),
          .run = Run,
          .subcommands = {}};
}

}  // namespace kubelite::cli
