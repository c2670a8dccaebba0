#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace kubelite::base {

// Where one of a child's standard streams goes.
struct Stream {
  enum class Kind { kInherit, kNull, kFd, kRead, kTruncate, kAppend };
  static Stream Inherit() { return {}; }
  static Stream Null() { return {Kind::kNull, -1, ""}; }
  static Stream Fd(int fd) { return {Kind::kFd, fd, ""}; }  // stays the caller's
  static Stream ReadFrom(std::string path) { return {Kind::kRead, -1, std::move(path)}; }
  static Stream WriteTo(std::string path) { return {Kind::kTruncate, -1, std::move(path)}; }  // created 0644
  static Stream AppendTo(std::string path) { return {Kind::kAppend, -1, std::move(path)}; }   // created 0644
  Kind kind = Kind::kInherit;
  int fd = -1;
  std::string path;
};

struct SpawnOptions {
  std::vector<std::string> argv;                // argv[0] without a slash is looked up in PATH
  std::optional<std::vector<std::string>> env;  // "NAME=value" each; unset: this process's environment
  std::string working_directory;                // empty: this process's
  Stream stdin_stream;
  Stream stdout_stream;
  Stream stderr_stream;
  bool new_session = false;  // setsid: survives the terminal; also a process group of its own
  struct PassedFd {
    int source;  // in this process
    int target;  // in the child, 3 or more
  };
  std::vector<PassedFd> passed_fds;
};

// Starts a program without copying this process's memory (vfork-like). The child gets default signal dispositions, an
// empty signal mask, and no descriptors but its streams and passed_fds. Blocks until the program has been executed;
// errors name argv[0] and the reason (NotFound when there is no such program). The caller must reap the child, for
// example with WaitForExit.
absl::StatusOr<pid_t> SpawnProcess(const SpawnOptions& options);

struct ExitStatus {
  int code = 0;    // of exit(); 128 + signal when killed, as shells say
  int signal = 0;  // the signal that killed it, or 0
};

// Waits for a child of this process and reaps it. DeadlineExceeded when it still runs after `timeout`
// (InfiniteDuration: wait for ever); NotFound when `pid` is no child. Blocks.
absl::StatusOr<ExitStatus> WaitForExit(pid_t pid, absl::Duration timeout);
// Waits until any process, child or not, has ended; reaps nothing. OK at once when there is no such process. Blocks.
absl::Status WaitUntilGone(pid_t pid, absl::Duration timeout);

}  // namespace kubelite::base
