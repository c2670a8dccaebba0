#include "common/base/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/errno_status.h"
#include "common/base/status_macros.h"

namespace kubelite::base {
namespace {

// The file actions of one spawn. Every source descriptor is first copied above all targets, so that no target
// overwrites a source that is still needed.
class FileActions {
 public:
  explicit FileActions(int first_free) : first_free_(first_free) {
    CHECK(posix_spawn_file_actions_init(&actions_) == 0);
  }
  ~FileActions() {
    posix_spawn_file_actions_destroy(&actions_);
    for (const int fd : copies_) close(fd);
  }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;

  absl::Status AddFd(int source, int target) {
    const int copy = fcntl(source, F_DUPFD_CLOEXEC, first_free_);
    if (copy < 0) return ErrnoStatus(errno, absl::StrCat("copying descriptor ", source));
    copies_.push_back(copy);
    return Done(posix_spawn_file_actions_adddup2(&actions_, copy, target));
  }

  absl::Status AddStream(const Stream& stream, int target) {
    if (stream.kind == Stream::Kind::kInherit) return absl::OkStatus();
    if (stream.kind == Stream::Kind::kFd) return AddFd(stream.fd, target);
    const bool null = stream.kind == Stream::Kind::kNull;
    const std::string path = null ? "/dev/null" : stream.path;
    int flags = O_RDWR;
    if (stream.kind == Stream::Kind::kRead) flags = O_RDONLY;
    if (stream.kind == Stream::Kind::kTruncate) flags = O_WRONLY | O_CREAT | O_TRUNC;
    if (stream.kind == Stream::Kind::kAppend) flags = O_WRONLY | O_CREAT | O_APPEND;
    // Opened here rather than in the child, so that an error names the path.
    const int fd = open(path.c_str(), flags | O_CLOEXEC, 0644);
    if (fd < 0) return ErrnoStatus(errno, absl::StrCat("opening ", path));
    const absl::Status added = AddFd(fd, target);
    close(fd);
    return added;
  }

  absl::Status ChangeDirectory(const std::string& path) {
    return Done(posix_spawn_file_actions_addchdir_np(&actions_, path.c_str()));
  }

  absl::Status CloseOthers() { return Done(posix_spawn_file_actions_addclosefrom_np(&actions_, first_free_)); }

  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  static absl::Status Done(int error) {
    return error == 0 ? absl::OkStatus() : ErrnoStatus(error, "preparing descriptors");
  }

  const int first_free_;
  posix_spawn_file_actions_t actions_;
  std::vector<int> copies_;
};

// Attributes: default dispositions and an empty mask, whatever this process blocks or ignores.
class Attributes {
 public:
  explicit Attributes(bool new_session) {
    CHECK(posix_spawnattr_init(&attributes_) == 0);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
    const int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | (new_session ? POSIX_SPAWN_SETSID : 0);
    posix_spawnattr_setflags(&attributes_, static_cast<int16_t>(flags));
  }
  ~Attributes() { posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;

  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

absl::Status SpawnError(int error, const SpawnOptions& options) {
  const std::string& directory = options.working_directory;
  if (!directory.empty() && access(directory.c_str(), X_OK) != 0) {
    return ErrnoStatus(errno, absl::StrCat("starting ", options.argv[0], ": working directory ", directory));
  }
  return ErrnoStatus(error, absl::StrCat("starting ", options.argv[0]));
}

// Waits until the process behind `pidfd` ends; DeadlineExceeded naming `pid` otherwise.
absl::Status PollPidfd(int pidfd, pid_t pid, absl::Duration timeout) {
  using Monotonic = std::chrono::steady_clock;
  const bool for_ever = timeout > absl::Hours(24 * 365);
  const Monotonic::time_point deadline =
      Monotonic::now() + absl::ToChronoMilliseconds(for_ever ? absl::ZeroDuration() : timeout);
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Monotonic::now()).count();
    const int wait = for_ever ? -1 : static_cast<int>(std::clamp<int64_t>(left, 0, 1'000'000'000));
    pollfd poller = {pidfd, POLLIN, 0};
    const int ready = poll(&poller, 1, wait);
    if (ready > 0) return absl::OkStatus();
    if (ready < 0 && errno != EINTR) return ErrnoStatus(errno, absl::StrCat("waiting for process ", pid));
    if (ready == 0 && left <= 0) {
      return absl::DeadlineExceededError(
          absl::StrCat("process ", pid, " still runs after ", absl::FormatDuration(timeout)));
    }
  }
}

}  // namespace

absl::StatusOr<pid_t> SpawnProcess(const SpawnOptions& options) {
  if (options.argv.empty()) return absl::InvalidArgumentError("starting a program: argv is empty");
  int first_free = STDERR_FILENO + 1;
  for (const SpawnOptions::PassedFd& passed : options.passed_fds) first_free = std::max(first_free, passed.target + 1);

  FileActions actions(first_free);
  absl::Status prepared = actions.AddStream(options.stdin_stream, STDIN_FILENO);
  prepared.Update(actions.AddStream(options.stdout_stream, STDOUT_FILENO));
  prepared.Update(actions.AddStream(options.stderr_stream, STDERR_FILENO));
  for (const SpawnOptions::PassedFd& passed : options.passed_fds) {
    prepared.Update(actions.AddFd(passed.source, passed.target));
  }
  if (!options.working_directory.empty()) prepared.Update(actions.ChangeDirectory(options.working_directory));
  prepared.Update(actions.CloseOthers());
  if (!prepared.ok()) return Annotate(prepared, absl::StrCat("starting ", options.argv[0]));

  const Attributes attributes(options.new_session);
  const std::vector<char*> argv = Pointers(options.argv);
  const std::vector<char*> env = options.env.has_value() ? Pointers(*options.env) : std::vector<char*>();
  pid_t pid = 0;
  const int error =
      posix_spawnp(&pid, argv[0], actions.get(), attributes.get(), argv.data(), env.empty() ? environ : env.data());
  if (error != 0) return SpawnError(error, options);
  return pid;
}

absl::Status WaitUntilGone(pid_t pid, absl::Duration timeout) {
  const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (pidfd < 0 && errno == ESRCH) return absl::OkStatus();
  if (pidfd < 0) return ErrnoStatus(errno, absl::StrCat("watching process ", pid));
  const absl::Status status = PollPidfd(pidfd, pid, timeout);
  close(pidfd);
  return status;
}

absl::StatusOr<ExitStatus> WaitForExit(pid_t pid, absl::Duration timeout) {
  RETURN_IF_ERROR(WaitUntilGone(pid, timeout));
  int status = 0;
  pid_t reaped = 0;
  do {
    reaped = waitpid(pid, &status, 0);
  } while (reaped < 0 && errno == EINTR);
  if (reaped < 0) return absl::NotFoundError(absl::StrCat("process ", pid, " is no child of this process"));
  if (WIFSIGNALED(status)) return ExitStatus{128 + WTERMSIG(status), WTERMSIG(status)};
  return ExitStatus{WEXITSTATUS(status), 0};
}

}  // namespace kubelite::base
