#include "kubelet/shim/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vector>

namespace kubelite::kubelet::shim {
namespace {

// All that the child needs, prepared before vfork: the child must not allocate.
struct Plan {
  std::string path;
  std::vector<char*> argv;
  std::vector<char*> envp;
  const char* cwd = "/";
  StandardStreams streams;
  const Process* process = nullptr;
  pid_t parent = 0;
  // Filled in by the child, which shares our memory until it calls exec.
  volatile int error = 0;
  const char* volatile step = nullptr;
};

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const std::string& s : strings) pointers.push_back(const_cast<char*>(s.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

bool IsExecutableFile(const std::string& path, int* error) {
  struct stat st;
  if (stat(path.c_str(), &st) != 0) {
    *error = errno;
    return false;
  }
  if (S_ISREG(st.st_mode) && (st.st_mode & 0111) != 0) return true;
  *error = EACCES;
  return false;
}

// argv[0] as execvpe would find it, with the PATH of the container.
bool FindProgram(const Process& process, std::string* path, SpawnFailure* failure) {
  const std::string& program = process.argv[0];
  failure->error = ENOENT;
  if (program.find('/') != std::string::npos) {
    *path = program[0] == '/' || process.cwd.empty() ? program : process.cwd + "/" + program;
    if (IsExecutableFile(*path, &failure->error)) return true;
    failure->text = "exec: \"" + program + "\": stat " + *path + ": " + strerror(failure->error);
    return false;
  }
  std::string directories;
  for (const std::string& entry : process.env) {
    if (entry.compare(0, 5, "PATH=") == 0) directories = entry.substr(5);
  }
  for (size_t at = 0; at <= directories.size();) {
    size_t end = directories.find(':', at);
    if (end == std::string::npos) end = directories.size();
    *path = directories.substr(at, end - at) + "/" + program;
    int error = 0;
    if (IsExecutableFile(*path, &error)) return true;
    at = end + 1;
  }
  failure->text = "exec: \"" + program + "\": executable file not found in $PATH";
  return false;
}

[[noreturn]] void Fail(Plan* plan, const char* step) {
  plan->error = errno;
  plan->step = step;
  _exit(127);
}

void ResetSignals() {
  struct sigaction action;
  memset(&action, 0, sizeof(action));
  action.sa_handler = SIG_DFL;
  for (int i = 1; i < NSIG; ++i) sigaction(i, &action, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

void TakeIdentity(Plan* plan) {
  const Process& p = *plan->process;
  if (!p.set_ids) return;
  // Plain system calls: the C library's wrappers would try to tell other threads.
  if (syscall(SYS_setgroups, p.groups.size(), p.groups.data()) != 0) Fail(plan, "setting the supplementary groups");
  if (syscall(SYS_setresgid, p.gid, p.gid, p.gid) != 0) Fail(plan, "setting the group");
  if (syscall(SYS_setresuid, p.uid, p.uid, p.uid) != 0) Fail(plan, "setting the user");
}

// Programs open the terminal by its name too, so it must be the user's.
void TakeTerminal(Plan* plan) {
  const Process& p = *plan->process;
  if (!plan->streams.tty) return;
  if (ioctl(0, TIOCSCTTY, 0) != 0) Fail(plan, "taking the terminal");
  if (p.set_ids && fchown(0, p.uid, p.gid) != 0) Fail(plan, "giving the terminal to the user");
}

[[noreturn]] void RunChild(Plan* plan) {
  ResetSignals();
  if (plan->streams.tty) {
    setsid();
  } else {
    setpgid(0, 0);
  }
  for (const Limit& limit : plan->process->limits) {
    struct rlimit value = {limit.soft, limit.hard};
    if (setrlimit(static_cast<__rlimit_resource_t>(limit.resource), &value) != 0)
      Fail(plan, "setting a resource limit");
  }
  const StandardStreams& streams = plan->streams;
  if (dup2(streams.in, 0) < 0 || dup2(streams.out, 1) < 0 || dup2(streams.err, 2) < 0) {
    Fail(plan, "connecting the standard streams");
  }
  TakeTerminal(plan);
  umask(022);
  TakeIdentity(plan);
  // After taking the identity, which clears it; then the parent may be gone already.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != plan->parent) _exit(127);
  if (chdir(plan->cwd) != 0) Fail(plan, "chdir to the working directory");
  execve(plan->path.c_str(), plan->argv.data(), plan->envp.data());
  Fail(plan, "exec");
}

// On its own so that the child's frame is never the caller's.
__attribute__((noinline)) pid_t ForkAndRun(Plan* plan) {
  const pid_t pid = vfork();
  if (pid == 0) RunChild(plan);
  return pid;
}

}  // namespace

pid_t Spawn(const Process& process, const StandardStreams& streams, SpawnFailure* failure) {
  Plan plan;
  if (process.argv.empty() || process.argv[0].empty()) {
    *failure = {EINVAL, "no command specified"};
    return -1;
  }
  if (!FindProgram(process, &plan.path, failure)) return -1;
  plan.argv = Pointers(process.argv);
  plan.envp = Pointers(process.env);
  if (!process.cwd.empty()) plan.cwd = process.cwd.c_str();
  plan.streams = streams;
  const int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (streams.in < 0) plan.streams.in = null_fd;
  plan.process = &process;
  plan.parent = getpid();
  const pid_t pid = ForkAndRun(&plan);
  const int fork_error = errno;
  close(null_fd);
  if (pid < 0) {
    *failure = {fork_error, std::string("vfork: ") + strerror(fork_error)};
    return -1;
  }
  if (plan.step == nullptr) return pid;
  int status;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  failure->error = plan.error;
  failure->text = std::string(plan.step) + ": " + process.argv[0] + ": " + strerror(plan.error);
  if (strcmp(plan.step, "chdir to the working directory") == 0) {
    failure->text = "chdir to working directory \"" + process.cwd + "\": " + strerror(plan.error);
  }
  return -1;
}

}  // namespace kubelite::kubelet::shim
