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

namespace kubelite::cli {
namespace {

constexpr char kHost[] = "127.0.0.1";
constexpr int kDefaultPort = 6443;

std::string OwnDirectory() {
  char path[PATH_MAX];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof(path));
  const std::string self(path, length > 0 ? static_cast<size_t>(length) : 0);
  return self.substr(0, self.rfind('/'));
}

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

absl::StatusOr<int> ChooseGrpcPort(const UpOptions& options) {
  if (options.port == 0) return base::FreeTcpPort(kHost);
  return options.port.value_or(kDefaultPort) + 1;
}

absl::Status CheckPort(int grpc_port) {
  if (base::PortIsFree(kHost, grpc_port).ok()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("port ", grpc_port, " (gRPC; --port=", grpc_port - 1,
                                                    " plus one) is in use on ", kHost,
                                                    "; stop what listens there or choose another --port"));
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
  if (options.nodes.has_value()) record->nodes = NodeNames(options.name, *options.nodes);
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

}  // namespace

absl::Status UpOptions::Validate() const {
  base::ProblemList problems;
  problems.Require(api::ValidateDns1123Label(name).empty() && name.size() <= 40, "--name",
                   absl::StrCat("\"", name, "\" must be a lowercase DNS label of at most 40 characters"));
  problems.Require(!nodes.has_value() || (*nodes >= 1 && *nodes <= 100), "--nodes",
                   absl::StrCat(nodes.value_or(0), " must be between 1 and 100"));
  problems.Require(!port.has_value() || (*port >= 0 && *port <= 65534), "--port",
                   absl::StrCat(port.value_or(0), " must be between 1 and 65534, or 0 for any free ports"));
  return problems.ToStatus();
}

absl::Status Up(const UpOptions& options, const base::Clock& clock, const Progress& progress) {
  RETURN_IF_ERROR(options.Validate());
  const std::string binaries = options.binary_directory.empty() ? OwnDirectory() : options.binary_directory;
  RETURN_IF_ERROR(CheckBinaries(binaries));
  ASSIGN_OR_RETURN(const std::string directory, PrepareDirectory(options));
  const Layout layout(directory);
  ASSIGN_OR_RETURN(const base::FileLock lock, base::FileLock::Acquire(directory + "/up.lock"));

  ASSIGN_OR_RETURN(const ClusterRecord record, Decide(layout, options));
  const absl::StatusOr<ClusterStatus> before = GetClusterStatus(directory);
  if (before.ok() && before->running() && before->nodes.size() == record.nodes.size()) {
    RETURN_IF_ERROR(SetCurrentCluster(directory));
    progress(absl::StrCat("cluster \"", record.name, "\" is already running (", directory, ")"));
    return absl::OkStatus();
  }
  if (!before.ok() || !before->api_server_answers) RETURN_IF_ERROR(CheckPort(record.grpc_port));
  RETURN_IF_ERROR(Provision(layout, record, binaries, clock));
  RETURN_IF_ERROR(StartMissing(layout, record, options, binaries, clock));
  RETURN_IF_ERROR(SetCurrentCluster(directory));
  progress(absl::StrCat("cluster \"", record.name, "\" is up: ", record.nodes.size(),
                        record.nodes.size() == 1 ? " node" : " nodes", " ready, kubeconfig ", layout.Kubeconfig()));
  return absl::OkStatus();
}

absl::Status Down(const std::string& data_directory, bool delete_data, const Progress& progress) {
  const Layout layout(data_directory);
  ASSIGN_OR_RETURN(const ClusterRecord record, ReadClusterRecord(layout));
  std::vector<KubeletProcess> kubelets;
  for (const std::string& node : record.nodes) kubelets.emplace_back(layout, node, OwnDirectory());
  RETURN_IF_ERROR(StopAll(&kubelets));
  ClearCurrentCluster(data_directory);
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
