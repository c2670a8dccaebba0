#include <ostream>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "kubectl-lite/cluster/cluster.h"
#include "kubectl-lite/cluster/layout.h"
#include "kubectl-lite/commands/all.h"
#include "kubectl-lite/commands/local_cluster.h"

namespace kubelite::cli {
namespace {

absl::Status Run(const Args& args, Context& context) {
  if (!args.positional.empty()) return UsageError("down takes no words; name the cluster with --name");
  ASSIGN_OR_RETURN(const std::string directory, LocalClusterDirectory(args));
  return Down(directory, args.GetBool("delete-data"),
              [&](const std::string& line) { context.out << line << std::endl; });
}

}  // namespace

absl::StatusOr<std::string> LocalClusterDirectory(const Args& args) {
  std::string directory = args.Get("data-dir");
  if (directory.empty() && args.Has("name")) directory = DefaultDataDirectory(args.Get("name"));
  if (directory.empty()) directory = CurrentClusterDirectory();
  if (directory.empty()) directory = DefaultDataDirectory(args.Get("name"));
  const absl::Status record = ReadClusterRecord(Layout(directory)).status();
  if (absl::IsNotFound(record)) {
    return absl::NotFoundError(
        absl::StrCat("there is no cluster in ", directory,
                     "; start one with 'kubectl-lite up', or name another with --name or --data-dir"));
  }
  RETURN_IF_ERROR(record);
  return directory;
}

std::vector<Flag> LocalClusterFlags() {
  return {{.name = "name", .default_value = "kube-lite", .help = "Name of the cluster; without it the current one"},
          {.name = "data-dir", .help = "Its data directory, when `up` was given one"}};
}

Command DownCommand() {
  std::vector<Flag> flags = LocalClusterFlags();
  flags.push_back(
      {.name = "delete-data", .kind = Flag::Kind::kBool, .help = "Remove the data directory too, with its snapshots"});
  return {.name = "down",
          .aliases = {},
          .summary = "Stop a local cluster: workloads, kubelets and control plane",
          .usage = "down [--name NAME] [flags]",
          .examples =
              "# The current cluster; `up` brings it back with its data\n"
              "kubectl-lite down\n"
              "# Another one, and its data is gone too\n"
              "kubectl-lite down --name four --delete-data",
          .flags = flags,
          .run = Run,
          .subcommands = {}};
}

}  // namespace kubelite::cli
