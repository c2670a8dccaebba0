#include "kubelet/runtime/leftovers.h"

#include <dirent.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <set>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/file.h"

namespace kubelite::kubelet {
namespace {

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

// `entry` is NAME=value. The whole environment is read: programs that change their title write over its beginning.
bool HasEntry(pid_t pid, absl::string_view entry) {
  const absl::StatusOr<std::string> environment = base::ReadFile(absl::StrCat("/proc/", pid, "/environ"));
  if (!environment.ok()) return false;
  const std::string end(1, '\0');
  return absl::StrContains(absl::StrCat(end, *environment, end), absl::StrCat(end, entry, end));
}

// Whether a process of that environment was there and got the signal. A number that is used again meanwhile is not
// taken for the process that had it.
bool KillIf(pid_t pid, absl::string_view entry) {
  const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (pidfd < 0) return false;
  const bool killed = HasEntry(pid, entry) && syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, nullptr, 0) == 0;
  close(pidfd);
  return killed;
}

}  // namespace

int KillLeftovers(const std::string& pod_directory) {
  const std::string entry = absl::StrCat(kPodDirectoryVariable, "=", pod_directory);
  std::set<pid_t> killed;
  // Until a look finds nobody new: the ones before may have forked behind our back.
  for (size_t before = SIZE_MAX; killed.size() != before;) {
    before = killed.size();
    for (const pid_t pid : AllProcesses()) {
      if (killed.count(pid) == 0 && KillIf(pid, entry)) killed.insert(pid);
    }
  }
  return static_cast<int>(killed.size());
}

}  // namespace kubelite::kubelet
