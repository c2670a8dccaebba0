#include <fcntl.h>
#include <unistd.h>

#include <climits>

#include "absl/strings/str_cat.h"
#include "common/api/names.h"
#include "common/base/file.h"
#include "common/base/options.h"
#include "common/base/sockets.h"
#include "common/base/status_macros.h"
#include "common/client/kubeconfig.h"
#include "kubectl-lite/cluster/cluster.h"
#include "kubectl-lite/cluster/kubelet_process.h"
#include "kubectl-lite/cluster/layout.h"
#include "kubectl-lite/cluster/node_wait.h"
#include "kubectl-lite/cluster/provision.h"
#include "kubectl-lite/cluster/snapshots.h"

namespace kubelite::cli {
namespace {

constexpr char kHost[] = "127.0.0.1";
constexpr int kDefaultPort = 6443;

absl::Status CheckBinaries(const std::string& directory) {
  for (const char* binary :
       {"kube-lite-kubelet", "kube-lite-shim", "kube-lite-apiserver", "kube-lite-scheduler", "kube-lite-controllers"}) {
    const std::string path = absl::StrCat(directory, "/", binary);
    if (access(path.c_str(), X_OK) != 0) {
      return absl::NotFoundError(absl::StrCat(
          path, " is missing or not executable; build it, or name the directory of the ", "binaries with --bin-dir"));
    }
  }
  return absl::OkStatus();
}

std::vector<std::string> NodeNames(const std::string& cluster, int nodes) {
  std::vector<std::string> names = {cluster + "-control-plane"};
  for (int i = 1; i < nodes; ++i) names.push_back(absl::StrCat(cluster, "-worker", i == 1 ? "" : absl::StrCat(i)));
  return names;
}

absl::Status CheckPorts(int grpc_port) {
  for (const int port : {grpc_port - 1, grpc_port}) {
    if (base::PortIsFree(kHost, port).ok()) continue;
    return absl::FailedPreconditionError(absl::StrCat("port ", port, " of --port=", grpc_port - 1, " (REST ",
                                                      grpc_port - 1, ", gRPC ", grpc_port, ") is in use on ", kHost,
                                                      "; stop what listens there or choose another --port"));
  }
  return absl::OkStatus();
}

// What cannot change while the cluster runs.
absl::Status CheckUnchanged(const UpOptions& options, const ClusterRecord& running) {
  if (options.port.value_or(0) != 0 && *options.port + 1 != running.grpc_port) {
    return absl::FailedPreconditionError(absl::StrCat("--port ", *options.port, ": cluster \"", running.name,
                                                      "\" runs on port ", running.grpc_port - 1,
                                                      "; run `kubectl-lite down` first"));
  }
  if (options.ephemeral && !running.ephemeral) {
    return absl::FailedPreconditionError(absl::StrCat("--ephemeral: cluster \"", running.name,
                                                      "\" runs with a store on disk; run `kubectl-lite down` first"));
  }
  return absl::OkStatus();
}

// The REST port is one below the gRPC port, so a chosen pair must be free together.
absl::StatusOr<int> FreePortPair() {
  for (int attempt = 0; attempt < 50; ++attempt) {
    ASSIGN_OR_RETURN(const int port, base::FreeTcpPort(kHost));
    if (CheckPorts(port).ok()) return port;
  }
  return absl::UnavailableError("--port 0: no two free ports in a row; choose one with --port");
}

absl::StatusOr<int> ChooseGrpcPort(const UpOptions& options) {
  if (options.port == 0) return FreePortPair();
  return options.port.value_or(kDefaultPort) + 1;
}

// The recorded cluster with what the options change, or a new one.
absl::StatusOr<ClusterRecord> Decide(const Layout& layout, const UpOptions& options) {
  absl::StatusOr<ClusterRecord> record = ReadClusterRecord(layout);
  if (absl::IsNotFound(record.status())) {
    record = ClusterRecord{.name = options.name, .ephemeral = options.ephemeral};
    ASSIGN_OR_RETURN(record->grpc_port, ChooseGrpcPort(options));
    record->nodes = NodeNames(options.name, options.nodes.value_or(1));
    return record;
  }
  RETURN_IF_ERROR(record.status());
  if (record->name != options.name) {
    return absl::FailedPreconditionError(absl::StrCat("--data-dir ", layout.directory(), " holds cluster \"",
                                                      record->name, "\", not \"", options.name,
                                                      "\"; give --name=", record->name, " or another --data-dir"));
  }
  record->ephemeral = record->ephemeral || options.ephemeral;
  if (options.port.value_or(0) != 0) record->grpc_port = *options.port + 1;
  if (!options.nodes.has_value()) return record;
  if (*options.nodes < static_cast<int>(record->nodes.size())) {
    return absl::FailedPreconditionError(
        absl::StrCat("--nodes ", *options.nodes, ": cluster \"", record->name, "\" has ", record->nodes.size(),
                     " nodes and cannot shrink; start over with ", "`kubectl-lite down --delete-data`"));
  }
  record->nodes = NodeNames(options.name, *options.nodes);
  return record;
}

absl::Status StopAll(std::vector<KubeletProcess>* kubelets) {
  absl::Status result;
  for (auto kubelet = kubelets->rbegin(); kubelet != kubelets->rend(); ++kubelet) {
    result.Update(kubelet->Stop(absl::Seconds(10)));
    result.Update(kubelet->RemovePods());
  }
  return result;
}

std::string FirstFailure(const std::vector<KubeletProcess>& kubelets) {
  for (const KubeletProcess& kubelet : kubelets) {
    if (std::string reason = kubelet.FailureReason(); !reason.empty()) return reason;
  }
  return "";
}

// The directory, made when absent, as an absolute path without links: processes are told apart by it.
absl::StatusOr<std::string> PrepareDirectory(const UpOptions& options) {
  const std::string wanted =
      options.data_directory.empty() ? DefaultDataDirectory(options.name) : options.data_directory;
  RETURN_IF_ERROR(base::MakeDirectories(wanted, 0700));
  char resolved[PATH_MAX];
  if (realpath(wanted.c_str(), resolved) == nullptr)
    return absl::ErrnoToStatus(errno, absl::StrCat("--data-dir ", wanted));
  return std::string(resolved);
}

// Starts the kubelets that do not run and waits for all nodes. On failure what was started here is stopped again.
absl::Status StartMissing(const Layout& layout, const ClusterRecord& record, const UpOptions& options,
                          const std::string& binaries, const base::Clock& clock) {
  std::vector<KubeletProcess> started;
  absl::Status status;
  for (const std::string& node : record.nodes) {
    KubeletProcess kubelet(layout, node, binaries);
    if (kubelet.Pid() != 0) continue;
    status = kubelet.Start();
    started.push_back(std::move(kubelet));
    if (!status.ok()) break;
  }
  if (status.ok()) {
    status = WaitForNodes(layout, record, options.timeout, clock, [&] { return FirstFailure(started); });
  }
  if (!status.ok()) StopAll(&started).IgnoreError();
  return status;
}

// When the current cluster went down and exactly one other runs, that becomes the current one.
void SelectAnotherCluster(const std::string& stopped) {
  if (!CurrentClusterDirectory().empty()) return;
  std::vector<std::string> running;
  for (const std::string& directory : KnownClusterDirectories()) {
    if (directory == stopped) continue;
    const absl::StatusOr<ClusterStatus> status = GetClusterStatus(directory);
    if (status.ok() && status->running()) running.push_back(directory);
  }
  if (running.size() == 1) SetCurrentCluster(running.front()).IgnoreError();
}

absl::Status SnapshotOfExisting(const Layout& layout, const ClusterRecord& record, const UpOptions& options) {
  return absl::FailedPreconditionError(
      absl::StrCat("--from-snapshot: cluster \"", record.name, "\" exists (", layout.directory(),
                   "); choose another --name for the new one, or put the snapshot in its place with 'kubectl-lite "
                   "cluster snapshot restore --name ",
                   record.name, " ", options.from_snapshot, "'"));
}

// Lets a new cluster begin as a snapshot. Before anything of it is recorded, so that a failure leaves no cluster.
absl::Status BeginAsSnapshot(const Layout& layout, const ClusterRecord& record, const UpOptions& options,
                             const std::string& binaries, const Progress& progress) {
  const absl::StatusOr<Snapshot> snapshot = ForkSnapshot(layout, record, options.from_snapshot, binaries);
  if (!snapshot.ok()) return base::Annotate(snapshot.status(), "--from-snapshot");
  progress(absl::StrCat("cluster \"", record.name, "\" begins as snapshot \"", snapshot->name, "\", revision ",
                        snapshot->revision));
  return absl::OkStatus();
}

// The part of Up that runs with the data directory locked.
absl::Status UpLocked(const Layout& layout, const UpOptions& options, const std::string& binaries,
                      const base::Clock& clock, const Progress& progress) {
  const std::string& directory = layout.directory();
  ASSIGN_OR_RETURN(const ClusterRecord record, Decide(layout, options));
  const absl::StatusOr<ClusterStatus> before = GetClusterStatus(directory);
  if (before.ok() && !options.from_snapshot.empty()) return SnapshotOfExisting(layout, record, options);
  if (before.ok() && before->api_server_answers) {
    ASSIGN_OR_RETURN(const ClusterRecord running, ReadClusterRecord(layout));
    RETURN_IF_ERROR(CheckUnchanged(options, running));
  }
  if (before.ok() && before->running() && before->nodes.size() == record.nodes.size()) {
    RETURN_IF_ERROR(SetCurrentCluster(directory));
    progress(absl::StrCat("cluster \"", record.name, "\" is already running (", directory, ")"));
    return absl::OkStatus();
  }
  if (!before.ok() || !before->api_server_answers) RETURN_IF_ERROR(CheckPorts(record.grpc_port));
  if (!options.from_snapshot.empty()) {
    RETURN_IF_ERROR(BeginAsSnapshot(layout, record, options, binaries, progress));
  }
  RETURN_IF_ERROR(Provision(layout, record, binaries, clock));
  RETURN_IF_ERROR(StartMissing(layout, record, options, binaries, clock));
  RETURN_IF_ERROR(SetCurrentCluster(directory));
  progress(absl::StrCat("cluster \"", record.name, "\" is up: ", record.nodes.size(),
                        record.nodes.size() == 1 ? " node" : " nodes", " ready, kubeconfig ", layout.Kubeconfig()));
  return absl::OkStatus();
}

}  // namespace

std::string OwnDirectory() {
  char path[PATH_MAX];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof(path));
  const std::string self(path, length > 0 ? static_cast<size_t>(length) : 0);
  return self.substr(0, self.rfind('/'));
}

absl::Status UpOptions::Validate() const {
  base::ProblemList problems;
  problems.Require(api::ValidateDns1123Label(name).empty() && name.size() <= 40, "--name",
                   absl::StrCat("\"", name, "\" must be a lowercase DNS label of at most 40 characters"));
  problems.Require(!nodes.has_value() || (*nodes >= 1 && *nodes <= 100), "--nodes",
                   absl::StrCat(nodes.value_or(0), " must be between 1 and 100"));
  problems.Require(from_snapshot.empty() || !ephemeral, "--from-snapshot",
                   "must not be given together with --ephemeral: the store is on disk");
  problems.Require(!port.has_value() || (*port >= 0 && *port <= 65534), "--port",
                   absl::StrCat(port.value_or(0), " must be between 1 and 65534, or 0 for any free ports"));
  return problems.ToStatus();
}

absl::Status Up(const UpOptions& options, const base::Clock& clock, const Progress& progress) {
  RETURN_IF_ERROR(options.Validate());
  const std::string binaries = options.binary_directory.empty() ? OwnDirectory() : options.binary_directory;
  RETURN_IF_ERROR(CheckBinaries(binaries));
  ASSIGN_OR_RETURN(const std::string directory, PrepareDirectory(options));
  const std::string lock_file = Layout(directory).UpLock();
  ASSIGN_OR_RETURN(const base::FileLock lock, base::FileLock::Acquire(lock_file));
  const absl::Status status = UpLocked(Layout(directory), options, binaries, clock, progress);
  if (!status.ok() && absl::IsNotFound(ReadClusterRecord(Layout(directory)).status())) {
    // It failed before anything was decided: leave nothing behind.
    unlink(lock_file.c_str());
    for (const std::string& made : {directory, HomeDirectory() + "/clusters", HomeDirectory()}) rmdir(made.c_str());
  }
  return status;
}

absl::Status Down(const std::string& data_directory, bool delete_data, const Progress& progress) {
  const Layout layout(data_directory);
  ASSIGN_OR_RETURN(const ClusterRecord record, ReadClusterRecord(layout));
  std::vector<KubeletProcess> kubelets;
  for (const std::string& node : record.nodes) kubelets.emplace_back(layout, node, OwnDirectory());
  RETURN_IF_ERROR(StopAll(&kubelets));
  ClearCurrentCluster(data_directory);
  SelectAnotherCluster(data_directory);
  if (delete_data || record.ephemeral) {
    RETURN_IF_ERROR(base::RemoveAll(data_directory));
    if (data_directory == DefaultDataDirectory(record.name)) {
      rmdir((HomeDirectory() + "/clusters").c_str());
      rmdir(HomeDirectory().c_str());
    }
  }
  progress(absl::StrCat("cluster \"", record.name, "\" is down"));
  return absl::OkStatus();
}

bool ClusterStatus::running() const {
  if (!api_server_answers) return false;
  for (const NodeProcess& node : nodes) {
    if (node.kubelet_pid == 0) return false;
  }
  return !nodes.empty();
}

absl::StatusOr<ClusterStatus> GetClusterStatus(const std::string& data_directory) {
  const Layout layout(data_directory);
  ASSIGN_OR_RETURN(const ClusterRecord record, ReadClusterRecord(layout));
  ClusterStatus status{.name = record.name,
                       .data_directory = data_directory,
                       .grpc_address = absl::StrCat(kHost, ":", record.grpc_port)};
  for (const std::string& node : record.nodes) {
    status.nodes.push_back({node, KubeletProcess(layout, node, OwnDirectory()).Pid()});
  }
  status.api_server_answers = ApiServerAnswers(layout, absl::Seconds(1));
  return status;
}

}  // namespace kubelite::cli
