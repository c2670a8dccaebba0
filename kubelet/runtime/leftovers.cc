#include "kubelet/runtime/leftovers.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace kubelite::kubelet {
namespace {

// The variables come early in what the runtime passes, so the first page tells.
bool HasVariable(const char* pid, const std::string& variable) {
  const int fd = open(absl::StrCat("/proc/", pid, "/environ").c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  char bytes[4096];
  const ssize_t n = read(fd, bytes, sizeof(bytes));
  close(fd);
  return n > 0 && absl::StrContains(absl::string_view(bytes, n), variable);
}

}  // namespace

int KillLeftovers(const std::string& pod_uid) {
  DIR* proc = opendir("/proc");
  if (proc == nullptr) return 0;
  const std::string variable = absl::StrCat("KUBE_LITE_POD_UID=", pod_uid);
  int killed = 0;
  while (const struct dirent* entry = readdir(proc)) {
    const pid_t pid = atoi(entry->d_name);
    if (pid > 1 && HasVariable(entry->d_name, variable) && kill(pid, SIGKILL) == 0) ++killed;
  }
  closedir(proc);
  return killed;
}

}  // namespace kubelite::kubelet
