#include "kubectl-lite/cluster/snapshots.h"

#include <limits.h>
#include <rapidjson/document.h>
#include <stdlib.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/file.h"
#include "common/base/process.h"
#include "common/base/status_macros.h"

namespace kubelite::cli {
namespace {

constexpr char kBinary[] = "kube-lite-apiserver";

bool Exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

// What `kube-lite-apiserver snapshot <arguments>` prints; its error when it fails.
absl::StatusOr<std::string> RunSnapshotCommand(const std::string& binaries, std::vector<std::string> arguments) {
  const base::TemporaryDirectory scratch;
  const std::string out = scratch.path() + "/out";
  const std::string err = scratch.path() + "/err";
  arguments.insert(arguments.begin(), {absl::StrCat(binaries, "/", kBinary), "snapshot"});
  const absl::StatusOr<pid_t> pid = base::SpawnProcess({.argv = arguments,
                                                        .env = std::nullopt,
                                                        .working_directory = "",
                                                        .stdin_stream = base::Stream::Null(),
                                                        .stdout_stream = base::Stream::WriteTo(out),
                                                        .stderr_stream = base::Stream::WriteTo(err),
                                                        .passed_fds = {}});
  if (!pid.ok()) {
    return absl::NotFoundError(
        absl::StrCat(pid.status().message(), "; name the directory of the binaries with --bin-dir"));
  }
  ASSIGN_OR_RETURN(const base::ExitStatus status, base::WaitForExit(*pid, absl::InfiniteDuration()));
  if (status.code == 0) return base::ReadFile(out);
  const std::string text = base::ReadFile(err).value_or("");
  absl::string_view problem = absl::StripAsciiWhitespace(text);
  absl::ConsumePrefix(&problem, absl::StrCat(kBinary, ": "));
  return absl::InternalError(problem.empty() ? absl::StrCat(kBinary, " ended with status ", status.code)
                                             : std::string(problem));
}

// One line of what the command prints.
absl::StatusOr<Snapshot> ParseSnapshot(absl::string_view line) {
  rapidjson::Document document;
  document.Parse(line.data(), line.size());
  const auto is = [&](const char* name, auto check) { return document.HasMember(name) && (document[name].*check)(); };
  using Value = rapidjson::Value;
  if (document.HasParseError() || !document.IsObject() || !is("name", &Value::IsString)) {
    return absl::InternalError(
        absl::StrCat(kBinary, " snapshot printed \"", line, "\"; it must be of the same build as kubectl-lite"));
  }
  Snapshot snapshot{.name = document["name"].GetString()};
  if (is("problem", &Value::IsString)) snapshot.problem = document["problem"].GetString();
  if (is("revision", &Value::IsInt64)) snapshot.revision = document["revision"].GetInt64();
  if (is("bytes", &Value::IsInt64)) snapshot.bytes = document["bytes"].GetInt64();
  if (is("createdMicros", &Value::IsInt64)) {
    snapshot.created = absl::FromUnixMicros(document["createdMicros"].GetInt64());
  }
  return snapshot;
}

absl::StatusOr<Snapshot> RunForSnapshot(const std::string& binaries, std::vector<std::string> arguments) {
  ASSIGN_OR_RETURN(const std::string out, RunSnapshotCommand(binaries, std::move(arguments)));
  return ParseSnapshot(absl::StripAsciiWhitespace(out));
}

std::string NodesFlag(const ClusterRecord& record) {
  return absl::StrCat("--nodes=", absl::StrJoin(record.nodes, ","));
}

// The directory when `text` is one, "" otherwise.
absl::StatusOr<std::string> AsDirectory(const std::string& text) {
  const bool path = absl::StrContains(text, '/') || text == "." || text == "..";
  if (!path) return "";
  char resolved[PATH_MAX];
  if (realpath(text.c_str(), resolved) == nullptr) {
    return absl::ErrnoToStatus(errno, absl::StrCat("snapshot directory ", text));
  }
  return std::string(resolved);
}

}  // namespace

absl::StatusOr<std::vector<Snapshot>> ListSnapshots(const Layout& layout, const std::string& binaries) {
  std::vector<Snapshot> snapshots;
  if (!Exists(layout.Snapshots())) return snapshots;
  ASSIGN_OR_RETURN(const std::string out, RunSnapshotCommand(binaries, {"ls", "--snapshot-dir=" + layout.Snapshots()}));
  for (absl::string_view line : absl::StrSplit(out, '\n', absl::SkipEmpty())) {
    ASSIGN_OR_RETURN(Snapshot snapshot, ParseSnapshot(line));
    snapshots.push_back(std::move(snapshot));
  }
  return snapshots;
}

absl::StatusOr<Snapshot> VerifySnapshot(const std::string& directory, const std::string& binaries) {
  return RunForSnapshot(binaries, {"verify", "--from=" + directory});
}

absl::StatusOr<std::string> SnapshotDirectory(const Layout& layout, const std::string& name_or_directory) {
  ASSIGN_OR_RETURN(std::string directory, AsDirectory(name_or_directory));
  if (!directory.empty()) return directory;
  directory = absl::StrCat(layout.Snapshots(), "/", name_or_directory);
  if (Exists(directory)) return directory;
  return absl::NotFoundError(absl::StrCat("there is no snapshot \"", name_or_directory, "\" in ", layout.Snapshots(),
                                          "; 'kubectl-lite cluster snapshot ls' lists them, and a snapshot elsewhere "
                                          "is named by its directory"));
}

absl::StatusOr<std::string> FindSnapshot(const std::string& name_or_directory) {
  ASSIGN_OR_RETURN(const std::string directory, AsDirectory(name_or_directory));
  if (!directory.empty()) return directory;
  std::vector<std::string> found;
  const std::string current = CurrentClusterDirectory();
  if (!current.empty() && Exists(absl::StrCat(Layout(current).Snapshots(), "/", name_or_directory))) {
    return absl::StrCat(Layout(current).Snapshots(), "/", name_or_directory);
  }
  for (const std::string& cluster : KnownClusterDirectories()) {
    std::string candidate = absl::StrCat(Layout(cluster).Snapshots(), "/", name_or_directory);
    if (Exists(candidate)) found.push_back(std::move(candidate));
  }
  if (found.size() == 1) return found[0];
  if (found.empty()) {
    return absl::NotFoundError(
        absl::StrCat("--from-snapshot: no cluster has a snapshot \"", name_or_directory,
                     "\"; 'kubectl-lite cluster snapshot ls' lists those of the current cluster, "
                     "and any can be named by its directory"));
  }
  return absl::InvalidArgumentError(absl::StrCat("--from-snapshot: \"", name_or_directory,
                                                 "\" is the name of several: ", absl::StrJoin(found, ", "),
                                                 "; name one by its directory"));
}

absl::StatusOr<Snapshot> RestoreSnapshot(const Layout& layout, const std::string& directory,
                                         const std::string& binaries) {
  ASSIGN_OR_RETURN(const ClusterRecord record, ReadClusterRecord(layout));
  if (record.ephemeral) {
    return absl::FailedPreconditionError(absl::StrCat("cluster \"", record.name,
                                                      "\" keeps its store in memory; start one from the snapshot with "
                                                      "'kubectl-lite up --name <another> --from-snapshot ",
                                                      directory, "'"));
  }
  ASSIGN_OR_RETURN(const ClusterStatus status, GetClusterStatus(layout.directory()));
  bool runs = status.api_server_answers;
  for (const NodeProcess& node : status.nodes) runs = runs || node.kubelet_pid != 0;
  if (runs) {
    return absl::FailedPreconditionError(
        absl::StrCat("cluster \"", record.name, "\" runs; stop it first with 'kubectl-lite down --name ", record.name,
                     "' (its data stays), then restore, then 'kubectl-lite up --name ", record.name, "'"));
  }
  ASSIGN_OR_RETURN(const base::FileLock lock, base::FileLock::Acquire(layout.UpLock()));
  return RunForSnapshot(binaries,
                        {"restore", "--from=" + directory, "--data-dir=" + layout.Store(), NodesFlag(record)});
}

absl::StatusOr<Snapshot> ForkSnapshot(const Layout& layout, const ClusterRecord& record, const std::string& directory,
                                      const std::string& binaries) {
  return RunForSnapshot(binaries, {"fork", "--from=" + directory, "--data-dir=" + layout.Store(), NodesFlag(record)});
}

}  // namespace kubelite::cli
