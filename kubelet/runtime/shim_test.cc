// kube-lite-shim as the kubelet sees it: started, asked over its socket, killed.

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <future>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "common/base/file.h"
#include "common/base/mutex.h"
#include "common/base/process.h"
#include "common/base/testing/status_matchers.h"
#include "kubelet/runtime/shim_client.h"
#include "kubelet/shim/record.h"

namespace kubelite::kubelet {
namespace {

using base::StatusIs;
using ::testing::ElementsAre;
using ::testing::MatchesRegex;
using ::testing::SizeIs;

const absl::Duration kLimit = absl::Seconds(20);

// Exits as they are pushed.
class Exits {
 public:
  ShimSubscription::Callbacks callbacks() {
    return {[this](const shim::ContainerState& s) {
              base::MutexLock lock(&mutex_);
              states_[s.id] = s;
              changed_.SignalAll();
            },
            [this] { lost_.set_value(); }};
  }
  shim::ContainerState WaitFor(const std::string& id) {
    base::MutexLock lock(&mutex_);
    while (states_.count(id) == 0) {
      if (!changed_.WaitForNanos(&mutex_, absl::ToInt64Nanoseconds(kLimit)) && states_.count(id) == 0) {
        ADD_FAILURE() << "container " << id << " did not exit";
        return {};
      }
    }
    return states_[id];
  }
  bool WaitUntilLost() {
    return lost_.get_future().wait_for(absl::ToChronoSeconds(kLimit)) == std::future_status::ready;
  }

 private:
  base::Mutex mutex_;
  base::CondVar changed_;
  std::map<std::string, shim::ContainerState> states_ ABSL_GUARDED_BY(mutex_);
  std::promise<void> lost_;
};

class ShimTest : public ::testing::Test {
 protected:
  void SetUp() override { StartIt({}); }
  void TearDown() override {
    subscription_.reset();
    const pid_t pid = ShimPid();
    client_.Shutdown().IgnoreError();
    if (pid > 0) {
      EXPECT_OK(base::WaitUntilGone(pid, kLimit));
    }
  }
  void StartIt(ShimOptions options) {
    options.shim_path = KUBELITE_BIN_DIR "/kube-lite-shim";
    ASSERT_OK(StartShim(options, dir_.path(), -1));
    Subscribe();
  }
  void Subscribe() {
    exits_ = std::make_unique<Exits>();
    std::vector<shim::ContainerState> states;
    ASSERT_OK_AND_ASSIGN(subscription_, ShimSubscription::Open(dir_.path(), ShimOptions().timeout, &loop_,
                                                               exits_->callbacks(), &states));
    states_at_subscribe_ = states;
  }
  shim::StartRequest Request(const std::string& id, const std::string& script) {
    shim::StartRequest request;
    request.id = id;
    request.log_path = Log(id);
    request.record_path = dir_.path() + "/" + id + ".state";
    request.process.argv = {"sh", "-c", script};
    request.process.env = {"PATH=/usr/bin:/bin", "GREETING=hello"};
    return request;
  }
  absl::StatusOr<shim::ContainerState> Run(const std::string& id, const std::string& script) {
    return client_.Start(Request(id, script));
  }
  shim::ContainerState RunToEnd(const std::string& id, const std::string& script) {
    EXPECT_OK(Run(id, script));
    return exits_->WaitFor(id);
  }
  std::string Log(const std::string& id) { return dir_.path() + "/" + id + ".log"; }
  std::vector<std::string> LogLines(const std::string& path) {
    return absl::StrSplit(base::ReadFile(path).value_or(""), '\n', absl::SkipEmpty());
  }
  pid_t ShimPid() {
    int pid = 0;
    (void)absl::SimpleAtoi(base::ReadFile(dir_.path() + "/shim.pid").value_or(""), &pid);
    return pid;
  }

  // A plain connection to the shim.
  int Connection() {
    struct sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    const std::string path = dir_.path() + "/shim.sock";
    memcpy(address.sun_path, path.data(), path.size());
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(connect(fd, reinterpret_cast<struct sockaddr*>(&address), sizeof(address)), 0);
    return fd;
  }

  EventLoop loop_;
  base::TemporaryDirectory dir_;
  ShimClient client_{dir_.path()};
  std::unique_ptr<Exits> exits_;
  std::unique_ptr<ShimSubscription> subscription_;
  std::vector<shim::ContainerState> states_at_subscribe_;
};

TEST_F(ShimTest, ReportsExitCodes) {
  EXPECT_EQ(RunToEnd("zero", "exit 0").exit_code, 0);
  const shim::ContainerState state = RunToEnd("seven", "exit 7");
  EXPECT_EQ(state.exit_code, 7);
  EXPECT_EQ(state.signal, 0);
  EXPECT_GE(state.finished_ns, state.started_ns);
}

TEST_F(ShimTest, ReportsSignals) {
  const shim::ContainerState state = RunToEnd("killed", "kill -9 $$");
  EXPECT_EQ(state.exit_code, 137);
  EXPECT_EQ(state.signal, 9);
}

TEST_F(ShimTest, StopSendsTheStopSignalThenKills) {
  shim::StartRequest polite = Request("polite", "trap 'exit 3' TERM; echo ready; while :; do sleep 0.01; done");
  ASSERT_OK(client_.Start(polite));
  while (LogLines(polite.log_path).empty()) ASSERT_OK(client_.States());
  ASSERT_OK(client_.Stop("polite", absl::Minutes(10)));
  EXPECT_EQ(exits_->WaitFor("polite").exit_code, 3);

  ASSERT_OK(Run("deaf", "trap '' TERM; echo ready; while :; do sleep 1; done"));
  while (LogLines(Log("deaf")).empty()) ASSERT_OK(client_.States());
  ASSERT_OK(client_.Stop("deaf", absl::Minutes(10)));
  ASSERT_OK(client_.Stop("deaf", absl::Milliseconds(1)));  // brings it forward
  EXPECT_EQ(exits_->WaitFor("deaf").exit_code, 137);
}

TEST_F(ShimTest, TheWholeGroupGoesWithItsLeader) {
  ASSERT_OK(Run("parent", "sleep 1000 & echo $!; wait"));
  while (LogLines(Log("parent")).empty()) ASSERT_OK(client_.States());
  const std::vector<std::string> words = absl::StrSplit(LogLines(Log("parent"))[0], ' ');
  int child = 0;
  ASSERT_TRUE(absl::SimpleAtoi(words.back(), &child));
  ASSERT_OK(client_.Stop("parent", absl::Seconds(1)));
  exits_->WaitFor("parent");
  EXPECT_OK(base::WaitUntilGone(child, kLimit));
}

TEST_F(ShimTest, RefusesWhatCannotStart) {
  shim::StartRequest request = Request("a", "");
  request.process.argv = {"no-such-program"};
  EXPECT_THAT(client_.Start(request),
              StatusIs(absl::StatusCode::kInternal, "exec: \"no-such-program\": executable file not found in $PATH"));
  request.process.argv = {"/etc/passwd"};
  EXPECT_THAT(client_.Start(request), StatusIs(absl::StatusCode::kInternal, "Permission denied"));
  request.process.argv = {"true"};
  request.process.cwd = "/no/such/dir";
  EXPECT_THAT(client_.Start(request), StatusIs(absl::StatusCode::kInternal, "working directory \"/no/such/dir\""));
  request.process.argv.clear();
  EXPECT_THAT(client_.Start(request), StatusIs(absl::StatusCode::kInternal, "no command"));
}

TEST_F(ShimTest, WritesCriLogs) {
  RunToEnd("log", "echo $GREETING; echo oops >&2; printf 'no newline'");
  const std::vector<std::string> lines = LogLines(Log("log"));
  const std::string stamp = "[0-9-]+T[0-9:]+\\.[0-9]{9}Z ";
  ASSERT_THAT(lines, SizeIs(3));
  EXPECT_THAT(lines, ::testing::UnorderedElementsAre(MatchesRegex(stamp + "stdout F hello"),
                                                     MatchesRegex(stamp + "stderr F oops"),
                                                     MatchesRegex(stamp + "stdout P no newline")));
}

TEST_F(ShimTest, LongLinesComeInParts) {
  RunToEnd("long", "head -c 40000 /dev/zero | tr '\\0' x; echo");
  std::string tags;
  size_t total = 0;
  for (const std::string& line : LogLines(Log("long"))) {
    const std::vector<std::string> parts = absl::StrSplit(line, absl::MaxSplits(' ', 3));
    ASSERT_THAT(parts, SizeIs(4));
    tags += parts[2];
    total += parts[3].size();
  }
  EXPECT_EQ(tags, "PPF");
  EXPECT_EQ(total, 40000u);
}

TEST_F(ShimTest, KeepsARecordOfEachContainer) {
  RunToEnd("a", "exit 5");
  ASSERT_OK_AND_ASSIGN(const std::string text, base::ReadFile(dir_.path() + "/a.state"));
  shim::ContainerState state;
  ASSERT_TRUE(shim::ParseRecord(text, &state));
  EXPECT_FALSE(state.running);
  EXPECT_EQ(state.exit_code, 5);
}

TEST_F(ShimTest, ANewClientFindsTheStates) {
  ASSERT_OK_AND_ASSIGN(const shim::ContainerState running, Run("a", "sleep 1000"));
  RunToEnd("b", "exit 2");
  Subscribe();
  ASSERT_THAT(states_at_subscribe_, SizeIs(2));
  EXPECT_EQ(states_at_subscribe_[0].pid, running.pid);
  EXPECT_TRUE(states_at_subscribe_[0].running);
  EXPECT_EQ(states_at_subscribe_[1].exit_code, 2);
  ASSERT_OK(client_.Stop("a", absl::ZeroDuration()));
  EXPECT_EQ(exits_->WaitFor("a").exit_code, 137);
}

TEST_F(ShimTest, ContainersDieWithAKilledShim) {
  ASSERT_OK_AND_ASSIGN(const shim::ContainerState state, Run("a", "exec sleep 1000"));
  ASSERT_EQ(kill(ShimPid(), SIGKILL), 0);
  EXPECT_TRUE(exits_->WaitUntilLost());
  EXPECT_OK(base::WaitUntilGone(state.pid, kLimit));
  EXPECT_THAT(client_.States(), StatusIs(absl::StatusCode::kNotFound, "no shim"));
}

TEST_F(ShimTest, ShutdownKillsEverythingEvenInOtherSessions) {
  ASSERT_OK(Run("a", "setsid sleep 1000 & echo $!; wait"));
  while (LogLines(Log("a")).empty()) ASSERT_OK(client_.States());
  const std::vector<std::string> words = absl::StrSplit(LogLines(Log("a"))[0], ' ');
  int escaped = 0;
  ASSERT_TRUE(absl::SimpleAtoi(words.back(), &escaped));
  const pid_t pid = ShimPid();
  ASSERT_OK(client_.Shutdown());
  EXPECT_OK(base::WaitUntilGone(pid, kLimit));
  EXPECT_OK(base::WaitUntilGone(escaped, kLimit));
  EXPECT_EQ(exits_->WaitFor("a").exit_code, 137);
  EXPECT_TRUE(exits_->WaitUntilLost());
}

TEST_F(ShimTest, SigtermStopsThePod) {
  ASSERT_OK_AND_ASSIGN(const shim::ContainerState state, Run("a", "exec sleep 1000"));
  const pid_t pid = ShimPid();
  ASSERT_EQ(kill(pid, SIGTERM), 0);
  EXPECT_EQ(exits_->WaitFor("a").exit_code, 143);
  EXPECT_OK(base::WaitUntilGone(pid, kLimit));
}

TEST_F(ShimTest, RunsCommandsBesideAContainerWithItsEnvironment) {
  ASSERT_OK(Run("a", "exec sleep 1000"));
  shim::ExecRequest request;
  request.container = "a";
  request.argv = {"sh", "-c", "echo $GREETING; echo err >&2; exit 4"};
  request.output_limit = 1000;
  ASSERT_OK_AND_ASSIGN(shim::ExecResult result, client_.Exec(request));
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_EQ(result.output, "hello\nerr\n");
  request.argv = {"sleep", "1000"};
  request.timeout_ms = 1;
  ASSERT_OK_AND_ASSIGN(result, client_.Exec(request));
  EXPECT_TRUE(result.timed_out);
  request.container = "b";
  EXPECT_THAT(client_.Exec(request), StatusIs(absl::StatusCode::kInternal, "container b is not running"));
}

TEST_F(ShimTest, CommandsOfAClientThatWentAreKilled) {
  ASSERT_OK(Run("a", "exec sleep 1000"));
  shim::ExecRequest request;
  request.container = "a";
  const std::string file = dir_.path() + "/pid";
  request.argv = {"sh", "-c", absl::StrCat("echo $$ > ", file, ".new; mv ", file, ".new ", file, "; exec sleep 1000")};
  shim::FrameWriter frame(shim::MessageType::kExec, 1);
  frame.Put(request);
  const std::string bytes = frame.Take();
  const int fd = Connection();
  ASSERT_EQ(write(fd, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  while (!base::ReadFile(file).ok()) ASSERT_OK(client_.States());
  int pid = 0;
  ASSERT_TRUE(absl::SimpleAtoi(*base::ReadFile(file), &pid));
  close(fd);
  EXPECT_OK(base::WaitUntilGone(pid, kLimit));
}

TEST_F(ShimTest, ASecondShimOfThePodIsRefused) {
  ASSERT_OK_AND_ASSIGN(const shim::ContainerState state, Run("a", "exec sleep 1000"));
  const pid_t pid = ShimPid();
  ShimOptions options;
  options.shim_path = KUBELITE_BIN_DIR "/kube-lite-shim";
  EXPECT_THAT(StartShim(options, dir_.path(), -1), StatusIs(absl::StatusCode::kInternal, "another shim serves"));
  EXPECT_EQ(ShimPid(), pid);
  ASSERT_OK_AND_ASSIGN(const std::vector<shim::ContainerState> states, client_.States());
  ASSERT_THAT(states, SizeIs(1));
  EXPECT_EQ(states[0].pid, state.pid);
}

class RotatingShimTest : public ShimTest {
 protected:
  void SetUp() override {
    ShimOptions options;
    options.log_max_size = 1000;
    options.log_max_files = 3;
    StartIt(options);
  }
};

TEST_F(RotatingShimTest, KeepsTheNewestFiles) {
  RunToEnd("a", "i=0; while [ $i -lt 200 ]; do echo line $i; i=$((i+1)); sleep 0.0005; done");
  EXPECT_THAT(base::ReadFile(Log("a") + ".3"), StatusIs(absl::StatusCode::kNotFound, ""));
  std::vector<std::string> numbers;
  for (const char* suffix : {".2", ".1", ""}) {
    ASSERT_OK_AND_ASSIGN(const std::string text, base::ReadFile(Log("a") + suffix));
    EXPECT_LE(text.size(), 1100u) << suffix;
    for (absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
      numbers.push_back(std::string(line.substr(line.rfind(' ') + 1)));
    }
  }
  ASSERT_FALSE(numbers.empty());
  EXPECT_EQ(numbers.back(), "199");
  for (size_t i = 1; i < numbers.size(); ++i) EXPECT_EQ(std::stoi(numbers[i]), std::stoi(numbers[i - 1]) + 1);
}

}  // namespace
}  // namespace kubelite::kubelet
