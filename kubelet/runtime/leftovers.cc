#include "kubelet/runtime/leftovers.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <map>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "common/base/file.h"

namespace kubelite::kubelet {
namespace {

// For one process. A killed one goes at once, unless it is caught in the kernel.
constexpr int kGoneTimeoutMs = 2000;
constexpr int kMaxUnclearLooks = 10;

std::vector<pid_t> AllProcesses() {
  std::vector<pid_t> pids;
  DIR* proc = opendir("/proc");
  if (proc == nullptr) return pids;
  while (const struct dirent* entry = readdir(proc)) {
    pid_t pid = 0;
    if (absl::SimpleAtoi(entry->d_name, &pid)) pids.push_back(pid);
  }
  closedir(proc);
  return pids;
}

// Whose a process is. Unclear: it executes a program just now, or has no environment at all.
enum class Belongs { kYes, kNo, kUnclear };

Belongs BelongsTo(pid_t pid, const std::set<std::string>& pod_directories) {
  const absl::StatusOr<std::string> environment = base::ReadFile(absl::StrCat("/proc/", pid, "/environ"));
  if (!environment.ok()) return Belongs::kNo;
  char program;
  // Threads of the kernel and the dead have none.
  const bool alive = readlink(absl::StrCat("/proc/", pid, "/exe").c_str(), &program, 1) > 0;
  if (environment->empty()) return alive ? Belongs::kUnclear : Belongs::kNo;
  const std::string prefix = absl::StrCat(kPodDirectoryVariable, "=");
  // All of it: programs that change their title write over its beginning.
  for (absl::string_view entry : absl::StrSplit(*environment, '\0')) {
    if (absl::ConsumePrefix(&entry, prefix) && pod_directories.count(std::string(entry)) > 0) return Belongs::kYes;
  }
  return Belongs::kNo;
}

class Hunt {
 public:
  explicit Hunt(const std::set<std::string>& pod_directories) : pod_directories_(pod_directories) {}

  // One look at every process; true when another is worthwhile.
  bool Look() {
    bool again = false;
    for (const pid_t pid : AllProcesses()) {
      if (killed_.count(pid) == 0) again |= LookAt(pid);
    }
    return again;
  }

  int WaitUntilGone() {
    for (const auto& [pid, pidfd] : killed_) {
      struct pollfd gone = {pidfd, POLLIN, 0};
      poll(&gone, 1, kGoneTimeoutMs);
      close(pidfd);
    }
    return static_cast<int>(killed_.size());
  }

 private:
  // A number that is used again meanwhile is not taken for the process that had it.
  bool LookAt(pid_t pid) {
    const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
    if (pidfd < 0) return false;
    const Belongs belongs = BelongsTo(pid, pod_directories_);
    if (belongs == Belongs::kYes && syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, nullptr, 0) == 0) {
      killed_[pid] = pidfd;
      return true;  // it may have forked behind our back
    }
    close(pidfd);
    return belongs == Belongs::kUnclear && ++looks_[pid] < kMaxUnclearLooks;
  }

  const std::set<std::string>& pod_directories_;
  std::map<pid_t, int> killed_;  // to a descriptor of the process
  std::map<pid_t, int> looks_;   // at those that were unclear
};

}  // namespace

int KillLeftovers(const std::set<std::string>& pod_directories) {
  Hunt hunt(pod_directories);
  while (hunt.Look()) {
  }
  return hunt.WaitUntilGone();
}

}  // namespace kubelite::kubelet
