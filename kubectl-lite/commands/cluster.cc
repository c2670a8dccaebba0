#include <ostream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/api/errors.h"
#include "common/api/time.h"
#include "common/base/status_macros.h"
#include "k8s/meta/v1.pb.h"
#include "kubectl-lite/cluster/snapshots.h"
#include "kubectl-lite/commands/all.h"
#include "kubectl-lite/commands/local_cluster.h"
#include "kubectl-lite/print/table.h"

namespace kubelite::cli {
namespace {

std::string SizeText(int64_t bytes) {
  if (bytes < 1 << 20) return absl::StrFormat("%.1fKi", static_cast<double>(bytes) / (1 << 10));
  return absl::StrFormat("%.1fMi", static_cast<double>(bytes) / (1 << 20));
}

std::string Binaries(const Args& args) { return args.Get("bin-dir").empty() ? OwnDirectory() : args.Get("bin-dir"); }

// The one word of a command, which `what` describes.
absl::StatusOr<std::string> OneWord(const Args& args, absl::string_view what) {
  if (args.positional.size() == 1) return args.positional[0];
  return UsageError(absl::StrCat("name one snapshot: ", what));
}

absl::Status RunSave(const Args& args, Context& context) {
  if (args.positional.size() > 1) return UsageError("save takes one name");
  const std::string name = args.positional.empty() ? "" : args.positional[0];
  ASSIGN_OR_RETURN(const std::string directory, LocalClusterDirectory(args));
  ASSIGN_OR_RETURN(client::ResolvedContext resolved, client::LoadKubeconfig(Layout(directory).Kubeconfig()));
  resolved.grpc.timeout = args.GetDuration("request-timeout");
  resolved.grpc.wait_for_ready = false;
  const absl::StatusOr<kubelite::v1::Snapshot> saved = context.connect_store(resolved.grpc)->SaveSnapshot(name);
  if (absl::IsUnavailable(saved.status()) && !api::IsApiError(saved.status())) {
    return absl::UnavailableError(absl::StrCat(saved.status().message(),
                                               "; a snapshot is saved by the running cluster: start it with "
                                               "'kubectl-lite up'"));
  }
  RETURN_IF_ERROR(saved.status());
  context.out << "snapshot \"" << saved->name() << "\" saved: revision " << saved->revision() << ", "
              << SizeText(saved->bytes()) << ", " << saved->directory() << "\n";
  return absl::OkStatus();
}

absl::Status RunLs(const Args& args, Context& context) {
  if (!args.positional.empty()) return UsageError("ls takes no words; name the cluster with --name");
  ASSIGN_OR_RETURN(const std::string directory, LocalClusterDirectory(args));
  ASSIGN_OR_RETURN(const std::vector<Snapshot> snapshots, ListSnapshots(Layout(directory), Binaries(args)));
  if (snapshots.empty()) {
    context.err << "No snapshots found in " << Layout(directory).Snapshots() << ".\n";
    return absl::OkStatus();
  }
  std::vector<std::vector<std::string>> rows = {{"NAME", "REVISION", "CREATED", "AGE", "SIZE"}};
  for (const Snapshot& snapshot : snapshots) {
    if (snapshot.problem.empty()) {
      rows.push_back({snapshot.name, absl::StrCat(snapshot.revision), api::FormatRfc3339(snapshot.created),
                      api::FormatAge(snapshot.created, context.clock.Now()), SizeText(snapshot.bytes)});
    } else {
      rows.push_back({snapshot.name, absl::StrCat("<", snapshot.problem, ">")});
    }
  }
  PrintAligned(rows, context.out);
  return absl::OkStatus();
}

absl::Status RunVerify(const Args& args, Context& context) {
  ASSIGN_OR_RETURN(const std::string word, OneWord(args, "its name or its directory"));
  std::string directory;
  if (absl::StrContains(word, '/')) {
    ASSIGN_OR_RETURN(directory, FindSnapshot(word));
  } else {
    ASSIGN_OR_RETURN(const std::string cluster, LocalClusterDirectory(args));
    ASSIGN_OR_RETURN(directory, SnapshotDirectory(Layout(cluster), word));
  }
  ASSIGN_OR_RETURN(const Snapshot snapshot, VerifySnapshot(directory, Binaries(args)));
  context.out << "snapshot \"" << snapshot.name << "\" is whole: revision " << snapshot.revision << ", "
              << SizeText(snapshot.bytes) << " read\n";
  return absl::OkStatus();
}

absl::Status RunRestore(const Args& args, Context& context) {
  ASSIGN_OR_RETURN(const std::string word, OneWord(args, "its name or its directory"));
  ASSIGN_OR_RETURN(const std::string cluster, LocalClusterDirectory(args));
  const Layout layout(cluster);
  ASSIGN_OR_RETURN(const std::string directory, SnapshotDirectory(layout, word));
  ASSIGN_OR_RETURN(const Snapshot snapshot, RestoreSnapshot(layout, directory, Binaries(args)));
  ASSIGN_OR_RETURN(const ClusterRecord record, ReadClusterRecord(layout));
  context.out << "snapshot \"" << snapshot.name << "\" restored: revision " << snapshot.revision
              << "; what was there is in " << layout.Store() << "/db.before-restore\n"
              << "start the cluster with 'kubectl-lite up --name " << record.name << "'\n";
  return absl::OkStatus();
}

std::vector<Flag> SnapshotFlags() {
  std::vector<Flag> flags = LocalClusterFlags();
  flags.push_back({.name = "bin-dir", .help = "Folder of the daemons; default that of kubectl-lite"});
  return flags;
}

Command SnapshotCommand() {
  Command command{.name = "snapshot",
                  .aliases = {},
                  .summary = "Save a local cluster's state, and go back to it",
                  .usage = "cluster snapshot (save | ls | verify | restore) [flags]",
                  .examples = "# What there is\nkubectl-lite cluster snapshot ls",
                  .flags = {},
                  .run = nullptr,
                  .subcommands = {}};
  command.subcommands = {
      {.name = "save",
       .aliases = {},
       .summary = "Save the state of a running cluster, which goes on meanwhile",
       .usage = "cluster snapshot save [NAME] [flags]",
       .examples = "# Under a name made from the time; under a name of your own\n"
                   "kubectl-lite cluster snapshot save\n"
                   "kubectl-lite cluster snapshot save before-upgrade",
       .flags = LocalClusterFlags(),
       .run = RunSave,
       .subcommands = {}},
      {.name = "ls",
       .aliases = {},
       .summary = "List the snapshots of a cluster",
       .usage = "cluster snapshot ls [flags]",
       .examples = "# Of the current cluster, whether it runs or not\nkubectl-lite cluster snapshot ls",
       .flags = SnapshotFlags(),
       .run = RunLs,
       .subcommands = {}},
      {.name = "verify",
       .aliases = {},
       .summary = "Read a snapshot and compare every file with its checksum",
       .usage = "cluster snapshot verify (NAME | DIRECTORY) [flags]",
       .examples = "# One of the current cluster; one that was copied elsewhere\n"
                   "kubectl-lite cluster snapshot verify before-upgrade\n"
                   "kubectl-lite cluster snapshot verify /backup/before-upgrade",
       .flags = SnapshotFlags(),
       .run = RunVerify,
       .subcommands = {}},
      {.name = "restore",
       .aliases = {},
       .summary = "Put a snapshot in place of a stopped cluster's state",
       .usage = "cluster snapshot restore (NAME | DIRECTORY) [flags]",
       .examples = "# After 'kubectl-lite down'; then 'kubectl-lite up'\n"
                   "kubectl-lite cluster snapshot restore before-upgrade",
       .flags = SnapshotFlags(),
       .run = RunRestore,
       .subcommands = {}}};
  return command;
}

}  // namespace

Command ClusterCommand() {
  return {.name = "cluster",
          .aliases = {},
          .summary = "Work on a local cluster as a whole",
          .usage = "cluster snapshot (save | ls | verify | restore) [flags]",
          .examples = "# Save the state of the current cluster\nkubectl-lite cluster snapshot save",
          .flags = {},
          .run = nullptr,
          .subcommands = {SnapshotCommand()}};
}

}  // namespace kubelite::cli
