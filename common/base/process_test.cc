#include "common/base/process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "common/base/file.h"
#include "common/base/testing/status_matchers.h"

namespace kubelite::base {
namespace {

class ProcessTest : public ::testing::Test {
 protected:
  std::string Path(const std::string& name) const { return directory_.path() + "/" + name; }

  // Runs a shell script to its end; its output goes to the file "out".
  absl::StatusOr<ExitStatus> RunShell(const std::string& script, SpawnOptions options = {}) {
    options.argv = {"sh", "-c", script};
    options.stdout_stream = Stream::WriteTo(Path("out"));
    absl::StatusOr<pid_t> pid = SpawnProcess(options);
    if (!pid.ok()) return pid.status();
    return WaitForExit(*pid, absl::InfiniteDuration());
  }
  std::string Output() const { return ReadFile(Path("out")).value_or("unreadable"); }

  TemporaryDirectory directory_;
};

TEST_F(ProcessTest, ReportsExitCodeAndSignal) {
  ASSERT_OK_AND_ASSIGN(const ExitStatus exited, RunShell("exit 7"));
  EXPECT_EQ(exited.code, 7);
  EXPECT_EQ(exited.signal, 0);
  ASSERT_OK_AND_ASSIGN(const ExitStatus killed, RunShell("kill -KILL $$"));
  EXPECT_EQ(killed.code, 128 + SIGKILL);
  EXPECT_EQ(killed.signal, SIGKILL);
}

TEST_F(ProcessTest, PassesEnvironmentDirectoryAndStreams) {
  ASSERT_OK(WriteFileAtomically(Path("in"), "line\n"));
  SpawnOptions options;
  options.env = {"COLOR=green", "PATH=/usr/bin:/bin"};
  options.working_directory = directory_.path();
  options.stdin_stream = Stream::ReadFrom(Path("in"));
  options.stderr_stream = Stream::AppendTo(Path("err"));
  ASSERT_OK(RunShell("cat; echo $COLOR; pwd -P; echo one >&2", options));
  ASSERT_OK_AND_ASSIGN(const std::string out, ReadFile(Path("out")));
  EXPECT_EQ(out, absl::StrCat("line\ngreen\n", directory_.path(), "\n"));
  ASSERT_OK(RunShell("echo two >&2", options));
  EXPECT_THAT(ReadFile(Path("err")), IsOkAndHolds("one\ntwo\n"));
}

TEST_F(ProcessTest, PassesOnlyTheDescriptorsNamed) {
  const int leaked = open("/dev/null", O_RDONLY);  // without O_CLOEXEC
  int pipe_fds[2];
  ASSERT_EQ(pipe2(pipe_fds, O_CLOEXEC), 0);
  SpawnOptions options;
  options.stdin_stream = Stream::Null();
  options.stderr_stream = Stream::Fd(STDERR_FILENO);
  options.passed_fds = {{pipe_fds[1], 3}};
  ASSERT_OK(RunShell("echo ready >&3; for n in 0 1 2 3 4 5 6 7 8 9; do [ -e /proc/self/fd/$n ] && echo $n; done; true",
                     options));
  EXPECT_EQ(Output(), "0\n1\n2\n3\n");
  char buffer[16] = {};
  EXPECT_EQ(read(pipe_fds[0], buffer, sizeof(buffer)), 6);
  EXPECT_STREQ(buffer, "ready\n");
  for (const int fd : {leaked, pipe_fds[0], pipe_fds[1]}) close(fd);
}

TEST_F(ProcessTest, SwappedStandardStreamsDoNotOverwriteEachOther) {
  ASSERT_OK(WriteFileAtomically(Path("a"), ""));
  const int file = open(Path("a").c_str(), O_WRONLY | O_CLOEXEC);
  SpawnOptions options;
  options.argv = {"sh", "-c", "echo to-stdout; echo to-stderr >&2"};
  options.stderr_stream = Stream::Fd(file);
  options.stdout_stream = Stream::Fd(STDERR_FILENO);
  ASSERT_OK_AND_ASSIGN(const pid_t pid, SpawnProcess(options));
  ASSERT_OK(WaitForExit(pid, absl::InfiniteDuration()));
  EXPECT_THAT(ReadFile(Path("a")), IsOkAndHolds("to-stderr\n"));
  close(file);
}

TEST_F(ProcessTest, ChildStartsWithDefaultSignals) {
  signal(SIGPIPE, SIG_IGN);
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
  const absl::StatusOr<ExitStatus> terminated = RunShell("kill -TERM $$; exit 0");
  const absl::StatusOr<ExitStatus> piped = RunShell("kill -PIPE $$; exit 0");
  pthread_sigmask(SIG_UNBLOCK, &blocked, nullptr);
  signal(SIGPIPE, SIG_DFL);
  ASSERT_OK(terminated);
  EXPECT_EQ(terminated->signal, SIGTERM);
  ASSERT_OK(piped);
  EXPECT_EQ(piped->signal, SIGPIPE);
}

TEST_F(ProcessTest, NewSessionLeadsItsOwnGroup) {
  SpawnOptions options;
  options.argv = {"cat"};
  int pipe_fds[2];
  ASSERT_EQ(pipe2(pipe_fds, O_CLOEXEC), 0);
  options.stdin_stream = Stream::Fd(pipe_fds[0]);
  options.new_session = true;
  ASSERT_OK_AND_ASSIGN(const pid_t pid, SpawnProcess(options));
  EXPECT_EQ(getsid(pid), pid);
  EXPECT_EQ(getpgid(pid), pid);
  EXPECT_THAT(WaitForExit(pid, absl::ZeroDuration()), StatusIs(absl::StatusCode::kDeadlineExceeded, "still runs"));
  EXPECT_THAT(WaitUntilGone(pid, absl::Milliseconds(1)), StatusIs(absl::StatusCode::kDeadlineExceeded, "1ms"));
  close(pipe_fds[1]);  // cat sees the end of its input
  EXPECT_OK(WaitUntilGone(pid, absl::InfiniteDuration()));
  EXPECT_OK(WaitForExit(pid, absl::Seconds(10)));
  EXPECT_OK(WaitUntilGone(pid, absl::ZeroDuration()));
  EXPECT_THAT(WaitForExit(pid, absl::Seconds(10)), StatusIs(absl::StatusCode::kNotFound, "no child"));
  close(pipe_fds[0]);
}

TEST_F(ProcessTest, ErrorsNameTheProgramAndTheReason) {
  EXPECT_THAT(SpawnProcess({.argv = {"/no/such/program"}}),
              StatusIs(absl::StatusCode::kNotFound, "starting /no/such/program"));
  EXPECT_THAT(SpawnProcess({.argv = {directory_.path()}}),
              StatusIs(absl::StatusCode::kPermissionDenied, directory_.path()));
  EXPECT_THAT(SpawnProcess({.argv = {"true"}, .working_directory = "/no/such/dir"}),
              StatusIs(absl::StatusCode::kNotFound, "working directory /no/such/dir"));
  EXPECT_THAT(SpawnProcess({.argv = {"true"}, .stdout_stream = Stream::WriteTo("/no/such/file")}),
              StatusIs(absl::StatusCode::kNotFound, "opening /no/such/file"));
  EXPECT_THAT(SpawnProcess({}), StatusIs(absl::StatusCode::kInvalidArgument, "argv"));
}

}  // namespace
}  // namespace kubelite::base
