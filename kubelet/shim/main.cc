// kube-lite-shim: holds the containers of one pod. See README.md.

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "kubelet/shim/server.h"

namespace kubelite::kubelet::shim {
namespace {

struct Options {
  const char* directory = nullptr;
  int keep_fd = -1;  // held open for the pod's life: the claim on its address
  LogLimits limits;
};

[[noreturn]] void Die(const char* what, const char* name) {
  fprintf(stderr, "kube-lite-shim: %s %s: %s\n", what, name, strerror(errno));
  exit(1);
}

Options ParseOptions(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    const char* value = i + 1 < argc ? argv[++i] : "";
    if (flag == "--dir") {
      options.directory = value;
    } else if (flag == "--keep-fd") {
      options.keep_fd = atoi(value);
    } else if (flag == "--log-max-size") {
      options.limits.max_size = atoll(value);
    } else if (flag == "--log-max-files") {
      options.limits.max_files = atoi(value);
    } else {
      fprintf(stderr,
              "kube-lite-shim: unknown flag %s\nIt is started by kube-lite-kubelet:\n"
              "  kube-lite-shim --dir DIR [--keep-fd N] [--log-max-size BYTES] [--log-max-files N]\n",
              flag.c_str());
      exit(2);
    }
  }
  if (options.directory == nullptr || options.limits.max_size < 1 || options.limits.max_files < 1) {
    fprintf(stderr, "kube-lite-shim: --dir is required; log limits must be positive\n");
    exit(2);
  }
  return options;
}

// Nothing of the kubelet's must leak into a process that may outlive it by months.
void CloseInherited(int keep_fd) {
  if (keep_fd < 3) {
    syscall(SYS_close_range, 3, ~0U, 0);
    return;
  }
  if (keep_fd > 3) syscall(SYS_close_range, 3, keep_fd - 1, 0);
  syscall(SYS_close_range, keep_fd + 1, ~0U, 0);
  fcntl(keep_fd, F_SETFD, FD_CLOEXEC);
}

// One shim serves a directory: what an old one does at its end must not hit its successor. The lock is held, through
// the open descriptor, for as long as the process lives.
void Enter(const char* directory) {
  if (chdir(directory) != 0) Die("cannot enter", directory);
  const int fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0) Die("another shim serves", directory);
}

// In the pod's directory, the current one, because a socket's path is limited to 107 bytes.
int Listen() {
  struct sockaddr_un address;
  memset(&address, 0, sizeof(address));
  address.sun_family = AF_UNIX;
  strcpy(address.sun_path, kSocketName);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  unlink(kSocketName);
  umask(0077);
  if (fd < 0 || bind(fd, reinterpret_cast<struct sockaddr*>(&address), sizeof(address)) != 0 || listen(fd, 16) != 0) {
    Die("cannot listen on", kSocketName);
  }
  umask(0022);
  return fd;
}

void WritePidFile(pid_t pid) {
  const std::string text = std::to_string(pid) + "\n";
  const int fd = open(kPidFileName, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0 || write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    Die("cannot write", kPidFileName);
  close(fd);
}

// The parent ends once the socket listens and the PID file is there: whoever started the shim may connect as soon as
// that process is gone.
void BecomeDaemon() {
  const pid_t pid = fork();
  if (pid < 0) Die("cannot fork", "");
  if (pid > 0) {
    WritePidFile(pid);
    _exit(0);
  }
  setsid();
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  const int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = 0; fd < 3; ++fd) dup2(null_fd, fd);
  close(null_fd);
}

int BlockSignals() {
  struct sigaction action;
  memset(&action, 0, sizeof(action));
  action.sa_handler = SIG_DFL;
  for (int i = 1; i < NSIG; ++i) sigaction(i, &action, nullptr);
  sigset_t mask;
  sigemptyset(&mask);
  for (int signal : {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGPIPE}) sigaddset(&mask, signal);
  sigprocmask(SIG_SETMASK, &mask, nullptr);
  return signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
}

int Main(int argc, char** argv) {
  const Options options = ParseOptions(argc, argv);
  CloseInherited(options.keep_fd);
  Enter(options.directory);
  const int listen_fd = Listen();
  BecomeDaemon();
  const int signal_fd = BlockSignals();
  Server server(listen_fd, signal_fd, options.limits);
  server.Run();
  unlink(kSocketName);
  unlink(kPidFileName);
  server.ConfirmShutdown();
  return 0;
}

}  // namespace
}  // namespace kubelite::kubelet::shim

int main(int argc, char** argv) { return kubelite::kubelet::shim::Main(argc, argv); }
