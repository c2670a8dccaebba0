#include "kubelet/runtime/leftovers.h"

#include <signal.h>

#include "absl/strings/str_cat.h"
#include "common/base/file.h"
#include "common/base/process.h"
#include "common/base/testing/status_matchers.h"

namespace kubelite::kubelet {
namespace {

const absl::Duration kLimit = absl::Seconds(20);

class LeftoversTest : public ::testing::Test {
 protected:
  static pid_t Run(const std::string& pod_directory, const std::string& first_entry = "A=b") {
    base::SpawnOptions options;
    options.argv = {"/bin/sleep", "1000"};
    options.env = {first_entry, absl::StrCat(kPodDirectoryVariable, "=", pod_directory), "Z=z"};
    absl::StatusOr<pid_t> pid = base::SpawnProcess(options);
    EXPECT_OK(pid);
    // The system shows it shortly after the program was executed.
    while (base::ReadFile(absl::StrCat("/proc/", *pid, "/environ")).value_or("").empty()) {
    }
    return *pid;
  }
  static int SignalThatEnded(pid_t pid) { return base::WaitForExit(pid, kLimit)->signal; }

  base::TemporaryDirectory dir_;
};

TEST_F(LeftoversTest, OnlyProcessesOfThatVeryPodAreKilled) {
  const std::string pod = dir_.path() + "/pods/uid-1";
  const pid_t ours = Run(pod);
  const std::vector<pid_t> others = {Run(pod + "0"), Run(dir_.path() + "/pods/uid-"), Run("/elsewhere/pods/uid-1")};
  EXPECT_EQ(KillLeftovers({pod}), 1);
  EXPECT_EQ(SignalThatEnded(ours), SIGKILL);
  for (const pid_t pid : others) {
    // A SIGKILL that came before would count.
    EXPECT_EQ(kill(pid, SIGTERM), 0);
    EXPECT_EQ(SignalThatEnded(pid), SIGTERM);
  }
}

TEST_F(LeftoversTest, LargeEnvironmentsAreReadToTheEnd) {
  const pid_t pid = Run(dir_.path(), absl::StrCat("BIG=", std::string(100000, 'x')));
  EXPECT_EQ(KillLeftovers({dir_.path()}), 1);
  EXPECT_EQ(SignalThatEnded(pid), SIGKILL);
}

}  // namespace
}  // namespace kubelite::kubelet
