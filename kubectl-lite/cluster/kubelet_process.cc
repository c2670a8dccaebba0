#include "kubectl-lite/cluster/kubelet_process.h"

#include <dirent.h>
#include <signal.h>
#include <sys/stat.h>

#include <map>
#include <memory>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/file.h"
#include "common/base/process.h"
#include "common/base/status_macros.h"

namespace kubelite::cli {
namespace {

constexpr absl::Duration kRemovePodsTimeout = absl::Seconds(60);

std::vector<std::string> ListDirectory(const std::string& path) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(path.c_str()), closedir);
  if (directory == nullptr) return names;
  while (const dirent* entry = readdir(directory.get())) names.push_back(entry->d_name);
  return names;
}

// The last line of a log that looks like an error, without a CRI prefix; else the last line.
std::string LastErrorLine(const std::string& path) {
  const absl::StatusOr<std::string> text = base::ReadFile(path);
  if (!text.ok()) return "";
  std::string last;
  std::string last_error;
  for (absl::string_view line : absl::StrSplit(*text, '\n', absl::SkipEmpty())) {
    for (absl::string_view stream : {" stdout F ", " stderr F "}) {
      if (const size_t at = line.find(stream); at != absl::string_view::npos) line = line.substr(at + stream.size());
    }
    last = std::string(line);
    if (absl::StartsWith(line, "E") || absl::StrContains(line, "rror")) last_error = last;
  }
  return last_error.empty() ? last : last_error;
}

// How much was written to each log file of the node's control-plane containers.
std::map<std::string, int64_t> ControlPlaneLogs(const std::string& node_directory) {
  std::map<std::string, int64_t> sizes;
  const std::string root = node_directory + "/root/logs/pods";
  for (const std::string& pod : ListDirectory(root)) {
    if (!absl::StartsWith(pod, "kube-system_kube-")) continue;
    for (const std::string& container : ListDirectory(absl::StrCat(root, "/", pod))) {
      const std::string directory = absl::StrCat(root, "/", pod, "/", container);
      for (const std::string& file : ListDirectory(directory)) {
        struct stat info;
        const std::string path = absl::StrCat(directory, "/", file);
        if (absl::EndsWith(file, ".log") && stat(path.c_str(), &info) == 0) sizes[path] = info.st_size;
      }
    }
  }
  return sizes;
}

}  // namespace

KubeletProcess::KubeletProcess(const Layout& layout, std::string node, std::string binary_directory)
    : directory_(layout.Node(node)), node_(std::move(node)), binary_directory_(std::move(binary_directory)) {}

int KubeletProcess::Pid() const {
  const absl::StatusOr<std::string> text = base::ReadFile(directory_ + "/kubelet.pid");
  int pid = 0;
  if (!text.ok() || !absl::SimpleAtoi(*text, &pid) || pid <= 0) return 0;
  const absl::StatusOr<std::string> command = base::ReadFile(absl::StrCat("/proc/", pid, "/cmdline"));
  // A zombie has an empty command line; another program does not name our directory.
  return command.ok() && absl::StrContains(*command, directory_ + "/root") ? pid : 0;
}

absl::Status KubeletProcess::Start() {
  old_logs_ = ControlPlaneLogs(directory_);
  const base::Stream log = base::Stream::AppendTo(directory_ + "/kubelet.log");
  ASSIGN_OR_RETURN(
      const pid_t pid,
      base::SpawnProcess(
          {.argv = {binary_directory_ + "/kube-lite-kubelet", "--hostname-override=" + node_,
                    "--kubeconfig=" + directory_ + "/kubeconfig", "--root-dir=" + directory_ + "/root",
                    "--image-dir=" + directory_ + "/images", "--pod-manifest-path=" + directory_ + "/manifests"},
           .env = std::nullopt,
           .working_directory = "/",
           .stdin_stream = base::Stream::Null(),
           .stdout_stream = log,
           .stderr_stream = log,
           .new_session = true,
           .passed_fds = {}}));
  return base::WriteFileAtomically(directory_ + "/kubelet.pid", absl::StrCat(pid, "\n"));
}

absl::Status KubeletProcess::Stop(absl::Duration timeout) {
  const int pid = Pid();
  if (pid == 0) return absl::OkStatus();
  kill(pid, SIGTERM);
  // A child of ours must be reaped; any other process only waited for.
  const absl::Status exited = base::WaitForExit(pid, timeout).status();
  if (exited.ok()) return exited;
  if (absl::IsNotFound(exited) && base::WaitUntilGone(pid, timeout).ok()) return absl::OkStatus();
  kill(pid, SIGKILL);
  if (base::WaitForExit(pid, timeout).ok() || base::WaitUntilGone(pid, timeout).ok()) return absl::OkStatus();
  return absl::DeadlineExceededError(absl::StrCat("kubelet of node ", node_, " (pid ", pid, ") does not end"));
}

absl::Status KubeletProcess::RemovePods() {
  const base::Stream log = base::Stream::AppendTo(directory_ + "/kubelet.log");
  ASSIGN_OR_RETURN(const pid_t pid, base::SpawnProcess({.argv = {binary_directory_ + "/kube-lite-kubelet",
                                                                 "--root-dir=" + directory_ + "/root", "--remove-pods"},
                                                        .env = std::nullopt,
                                                        .working_directory = "/",
                                                        .stdin_stream = base::Stream::Null(),
                                                        .stdout_stream = log,
                                                        .stderr_stream = log,
                                                        .new_session = false,
                                                        .passed_fds = {}}));
  ASSIGN_OR_RETURN(const base::ExitStatus status, base::WaitForExit(pid, kRemovePodsTimeout));
  if (status.code == 0) return absl::OkStatus();
  return absl::InternalError(
      absl::StrCat("could not stop the pods of node ", node_, ": ", LastErrorLine(directory_ + "/kubelet.log")));
}

std::string KubeletProcess::FailureReason() const {
  if (Pid() == 0)
    return absl::StrCat("kubelet of node ", node_, " ended: ", LastErrorLine(directory_ + "/kubelet.log"));
  // A control-plane container that was started again has failed before: it wrote to two files.
  std::map<std::string, std::vector<std::string>> written;
  for (const auto& [log, size] : ControlPlaneLogs(directory_)) {
    const auto before = old_logs_.find(log);
    if (before == old_logs_.end() || before->second != size) written[log.substr(0, log.rfind('/'))].push_back(log);
  }
  for (const auto& [container, logs] : written) {
    if (logs.size() > 1) {
      return absl::StrCat(container.substr(container.rfind('/') + 1), " ended: ", LastErrorLine(logs.front()));
    }
  }
  return "";
}

}  // namespace kubelite::cli
