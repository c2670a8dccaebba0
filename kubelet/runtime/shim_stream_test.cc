// Streams of a real shim's processes: terminals, slow readers, and that nothing is left behind.

#include "kubelet/runtime/shim_stream.h"

#include <dirent.h>
#include <signal.h>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/file.h"
#include "common/base/mutex.h"
#include "common/base/process.h"
#include "common/base/testing/status_matchers.h"
#include "kubelet/runtime/shim_client.h"

namespace kubelite::kubelet {
namespace {

using base::StatusIs;
using ::testing::HasSubstr;

const absl::Duration kLimit = absl::Seconds(20);

int CountFds(const std::string& process) {
  int count = 0;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(absl::StrCat("/proc/", process, "/fd").c_str()),
                                                      closedir);
  while (directory != nullptr && readdir(directory.get()) != nullptr) ++count;
  return count;
}

class ShimStreamTest : public ::testing::Test {
 protected:
  void SetUp() override {
    signal(SIGPIPE, SIG_IGN);  // as in the kubelet
    ShimOptions options;
    options.shim_path = KUBELITE_BIN_DIR "/kube-lite-shim";
    ASSERT_OK(StartShim(options, dir_.path(), -1));
    ASSERT_TRUE(absl::SimpleAtoi(base::ReadFile(dir_.path() + "/shim.pid").value_or(""), &shim_pid_));
  }
  void TearDown() override {
    client_.Shutdown().IgnoreError();
    EXPECT_OK(base::WaitUntilGone(shim_pid_, kLimit));
  }
  void Start(const std::string& script, bool stdin_open = false, bool tty = false) {
    shim::StartInteractive request;
    request.start.id = "a";
    request.start.log_path = dir_.path() + "/a.log";
    request.start.record_path = dir_.path() + "/a.state";
    request.start.process.argv = {"sh", "-c", script};
    request.start.process.env = {"PATH=/usr/bin:/bin"};
    request.stdin_open = stdin_open;
    request.tty = tty;
    ASSERT_OK(client_.Start(request));
  }
  RuntimeStream::OnReady Waker() {
    return [this] {
      base::MutexLock lock(&mutex_);
      ++wakes_;
      woken_.SignalAll();
    };
  }
  bool Until(const std::function<bool()>& condition) {
    while (true) {
      int seen = 0;
      {
        base::MutexLock lock(&mutex_);
        seen = wakes_;
      }
      if (condition()) return true;
      base::MutexLock lock(&mutex_);
      if (wakes_ == seen && !woken_.WaitForNanos(&mutex_, absl::ToInt64Nanoseconds(kLimit))) return false;
    }
  }
  // Until the text is there, or the stream ends.
  std::string ReadUntil(RuntimeStream& stream, const std::string& text) {
    std::string all;
    EXPECT_TRUE(Until([&] {
      while (!absl::StrContains(all, text)) {
        const absl::StatusOr<std::string> data = stream.Read(RuntimeStream::kStdout, 4096);
        if (!data.ok()) return true;
        if (data->empty()) return false;
        all += *data;
      }
      return true;
    }));
    return all;
  }
  absl::StatusOr<int> ResultOf(RuntimeStream& stream) {
    EXPECT_TRUE(Until([&] { return stream.Result().has_value(); }));
    return stream.Result().value_or(-1);
  }
  absl::StatusOr<std::unique_ptr<RuntimeStream>> Exec(const std::string& script, const StreamWishes& wishes) {
    return streams_.Exec("a", {"sh", "-c", script}, wishes, Waker());
  }
  static int NumberIn(const std::string& text) {
    int number = 0;
    const size_t begin = text.find_first_of("0123456789");
    if (begin == std::string::npos) return 0;
    EXPECT_TRUE(absl::SimpleAtoi(text.substr(begin, text.find_first_not_of("0123456789", begin) - begin), &number));
    return number;
  }

  EventLoop loop_;
  base::TemporaryDirectory dir_;
  ShimClient client_{dir_.path()};
  ShimStreams streams_{dir_.path(), absl::Seconds(10), &loop_};
  int shim_pid_ = 0;
  base::Mutex mutex_;
  base::CondVar woken_;
  int wakes_ ABSL_GUARDED_BY(mutex_) = 0;
};

TEST_F(ShimStreamTest, OutputsAreSeparateAndSignalsAreExitCodes) {
  Start("exec sleep 1000");
  ASSERT_OK_AND_ASSIGN(const auto stream, Exec("echo out; echo err >&2; kill -9 $$", {.out = true, .err = true}));
  EXPECT_EQ(ReadUntil(*stream, "never"), "out\n");
  EXPECT_EQ(stream->Read(RuntimeStream::kStderr, 100).value(), "err\n");
  EXPECT_EQ(ResultOf(*stream).value(), 137);
}

TEST_F(ShimStreamTest, ACommandMayHaveATerminal) {
  Start("exec sleep 1000");
  ASSERT_OK_AND_ASSIGN(const auto stream,
                       Exec("tty; echo term=$TERM; read x; stty size; exit 4", {.in = true, .out = true, .tty = true}));
  EXPECT_THAT(ReadUntil(*stream, "term=xterm"), HasSubstr("/dev/pts/"));
  stream->Resize(123, 45);
  EXPECT_EQ(stream->Write("go\n").value(), 3u);
  EXPECT_THAT(ReadUntil(*stream, "45 123"), HasSubstr("45 123"));
  EXPECT_EQ(ResultOf(*stream).value(), 4);
}

TEST_F(ShimStreamTest, JobsOfATerminalsSessionEndWithIt) {
  Start("exec sleep 1000");
  ASSERT_OK_AND_ASSIGN(const auto stream,
                       Exec("set -m; sleep 1000 & echo job=$!; read x", {.in = true, .out = true, .tty = true}));
  const std::string text = ReadUntil(*stream, "\n");
  const int job = NumberIn(text.substr(text.find("job=")));
  ASSERT_GT(job, 0) << text;
  EXPECT_EQ(stream->Write("\n").value(), 1u);
  ResultOf(*stream).IgnoreError();
  EXPECT_OK(base::WaitUntilGone(job, kLimit));
}

TEST_F(ShimStreamTest, NothingIsLeftOfStreamsThatAreClosed) {
  Start("exec sleep 1000");
  ASSERT_OK(client_.States());
  const int ours = CountFds("self");
  const int theirs = CountFds(absl::StrCat(shim_pid_));
  for (const bool tty : {false, true}) {
    int pid = 0;
    {
      ASSERT_OK_AND_ASSIGN(const auto stream,
                           Exec("echo $$; exec sleep 1000", {.in = true, .out = true, .err = !tty, .tty = tty}));
      ASSERT_OK_AND_ASSIGN(const auto attached, streams_.Attach("a", {.out = true, .err = true}, Waker()));
      pid = NumberIn(ReadUntil(*stream, "\n"));
    }
    EXPECT_OK(base::WaitUntilGone(pid, kLimit));
  }
  ASSERT_OK(client_.States());
  EXPECT_EQ(CountFds("self"), ours);
  // The connection of this question may still be open there.
  EXPECT_LE(CountFds(absl::StrCat(shim_pid_)), theirs + 1);
}

TEST_F(ShimStreamTest, AReaderThatStopsIsCutOffAndStallsNobody) {
  Start(
      "read go; i=0; while [ $i -lt 60000 ]; do echo 0123456789012345678901234567890123456789; i=$((i+1)); done; "
      "exit 5",
      /*stdin_open=*/true);
  ASSERT_OK_AND_ASSIGN(const auto stopped, streams_.Attach("a", {.out = true}, Waker()));
  ASSERT_OK_AND_ASSIGN(const auto starter, streams_.Attach("a", {.in = true}, Waker()));
  EXPECT_EQ(starter->Write("go\n").value(), 3u);
  EXPECT_EQ(ResultOf(*starter).value(), 0) << "the container went on to its end";
  EXPECT_THAT(ResultOf(*stopped), StatusIs(absl::StatusCode::kResourceExhausted, "read too slowly"));
  ASSERT_OK_AND_ASSIGN(const auto states, client_.States());
  EXPECT_EQ(states[0].exit_code, 5);
}

TEST_F(ShimStreamTest, AContainerMayHaveATerminal) {
  Start("read x; stty size; echo got $x", /*stdin_open=*/true, /*tty=*/true);
  ASSERT_OK_AND_ASSIGN(const auto stream, streams_.Attach("a", {.in = true, .out = true}, Waker()));
  stream->Resize(80, 24);
  EXPECT_EQ(stream->Write("word\n").value(), 5u);
  const std::string text = ReadUntil(*stream, "got word");
  EXPECT_THAT(text, HasSubstr("24 80"));
  EXPECT_THAT(text, HasSubstr("got word"));
  EXPECT_EQ(ResultOf(*stream).value(), 0);
}

TEST_F(ShimStreamTest, StreamsEndWithAKilledShim) {
  Start("exec sleep 1000");
  ASSERT_OK_AND_ASSIGN(const auto stream, Exec("exec sleep 1000", {.out = true}));
  ASSERT_EQ(kill(shim_pid_, SIGKILL), 0);
  EXPECT_THAT(ResultOf(*stream), StatusIs(absl::StatusCode::kAborted, "sandbox was lost"));
}

}  // namespace
}  // namespace kubelite::kubelet
