// exec, attach, port-forward and cp against a fake API server.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "common/api/errors.h"
#include "common/base/testing/status_matchers.h"
#include "k8s/core/v1.pb.h"
#include "kubectl-lite/commands/testing/command_line.h"
#include "kubelite/v1/api.pb.h"

namespace kubelite::cli {
namespace {

using k8s::core::v1::Pod;
using ::testing::HasSubstr;

// A command: `cat` sends back what it gets, `exit N` ends with N, others write on both outputs what they are.
class FakeCommand : public client::ByteStream {
 public:
  explicit FakeCommand(const kubelite::v1::StreamOpen& open) : open_(open) {
    const auto& words = open.exec().command();
    const std::string text = open.has_attach() ? "attached" : absl::StrJoin(words, " ");
    if (text == "cat") return;
    if (!absl::StartsWith(text, "exit ")) {
      chunks_ = {{1, "out:" + text + "\n", false}, {2, "err\n", false}};
    }
    ended_ = true;
  }
  absl::StatusOr<Chunk> Read() override {
    base::MutexLock lock(&mutex_);
    while (chunks_.empty() && !ended_) changed_.Wait(&mutex_);
    if (!chunks_.empty()) {
      Chunk chunk = std::move(chunks_.front());
      chunks_.erase(chunks_.begin());
      return chunk;
    }
    if (open_.exec().command_size() != 2 || open_.exec().command(0) != "exit") return absl::OutOfRangeError("end");
    k8s::meta::v1::Status status;
    status.set_status("Failure");
    status.set_reason("NonZeroExitCode");
    auto* cause = status.mutable_details()->add_causes();
    cause->set_reason("ExitCode");
    cause->set_message(open_.exec().command(1));
    return api::FromApiStatus(status);
  }
  absl::Status Write(int channel, absl::string_view data, bool end) override {
    base::MutexLock lock(&mutex_);
    if (ended_) return absl::UnavailableError("ended");
    if (!data.empty()) chunks_.push_back({channel + 1, std::string(data), false});
    ended_ = end;
    changed_.SignalAll();
    return absl::OkStatus();
  }
  void Cancel() override {
    base::MutexLock lock(&mutex_);
    ended_ = true;
    changed_.SignalAll();
  }

 private:
  const kubelite::v1::StreamOpen open_;
  base::Mutex mutex_;
  base::CondVar changed_;
  std::vector<Chunk> chunks_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

class StreamCommandTest : public ::testing::Test {
 protected:
  StreamCommandTest() {
    CreatePod("web", "Running");
    CreatePod("done", "Succeeded");
    line_.client().SetConnect(
        [this](const kubelite::v1::StreamOpen& open) -> absl::StatusOr<std::unique_ptr<client::ByteStream>> {
          open_ = open;
          return std::make_unique<FakeCommand>(open);
        });
  }

  void CreatePod(const std::string& name, const std::string& phase) {
    Pod pod;
    pod.mutable_metadata()->set_name(name);
    pod.mutable_metadata()->set_namespace_("default");
    for (const char* container : {"app", "side"}) {
      pod.mutable_spec()->add_containers()->set_name(container);
      pod.mutable_spec()->mutable_containers()->rbegin()->set_image("host");
    }
    ASSERT_OK_AND_ASSIGN(const auto created, client::Create(line_.client(), pod));
    pod = *created;
    pod.mutable_status()->set_phase(phase);
    ASSERT_OK(client::Update(line_.client(), pod, "status"));
  }

  CommandLine line_;
  kubelite::v1::StreamOpen open_;
};

TEST_F(StreamCommandTest, ExecPrintsBothOutputs) {
  EXPECT_EQ(line_.Run({"exec", "web", "--", "ls", "-l"}), 0) << line_.err();
  EXPECT_EQ(line_.out(), "out:ls -l\n");
  EXPECT_EQ(line_.err(), "Defaulted container \"app\" out of: app, side\nerr\n");
  EXPECT_EQ(open_.pod(), "web");
  EXPECT_EQ(open_.exec().container(), "app");
  EXPECT_FALSE(open_.exec().stdin());
  EXPECT_TRUE(open_.exec().stderr());
  EXPECT_EQ(line_.Run({"exec", "-q", "pod/web", "-c", "side", "--", "ls"}), 0);
  EXPECT_EQ(line_.err(), "err\n");
  EXPECT_EQ(open_.exec().container(), "side");
}

TEST_F(StreamCommandTest, ExecEndsWithTheCommandsExitCode) {
  EXPECT_EQ(line_.Run({"exec", "web", "-q", "--", "exit", "42"}), 42);
  EXPECT_EQ(line_.err(), "command terminated with exit code 42\n");
}

TEST_F(StreamCommandTest, ExecPassesInputOn) {
  EXPECT_EQ(line_.Run({"exec", "-i", "-q", "web", "--", "cat"}, "some input"), 0) << line_.err();
  EXPECT_EQ(line_.out(), "some input");
  EXPECT_EQ(line_.Run({"exec", "-itq", "web", "--", "cat"}, "x"), 0);
  EXPECT_EQ(line_.err(), "Unable to use a TTY - input is not a terminal or the right kind of file\n");
  EXPECT_FALSE(open_.exec().tty());
}

TEST_F(StreamCommandTest, ExecErrorsAreWordedAsUpstreams) {
  EXPECT_EQ(line_.Run({"exec"}), 1);
  EXPECT_THAT(line_.err(), HasSubstr("pod, type/name or --filename must be specified"));
  EXPECT_EQ(line_.Run({"exec", "web"}), 1);
  EXPECT_THAT(line_.err(), HasSubstr("you must specify at least one command for the container"));
  EXPECT_EQ(line_.Run({"exec", "web", "ls"}), 1);
  EXPECT_THAT(line_.err(), HasSubstr("Use exec [POD] -- [COMMAND] instead"));
  EXPECT_EQ(line_.Run({"exec", "none", "--", "ls"}), 1);
  EXPECT_EQ(line_.err(), "Error from server (NotFound): pods \"none\" not found\n");
  EXPECT_EQ(line_.Run({"exec", "done", "--", "ls"}), 1);
  EXPECT_EQ(line_.err(), "error: cannot exec into a container in a completed pod; current phase is Succeeded\n");
  EXPECT_EQ(line_.Run({"exec", "web", "-c", "none", "--", "ls"}), 1);
  EXPECT_EQ(line_.err(), "error: container none not found in pod web\n");
}

TEST_F(StreamCommandTest, ServerErrorsOfACommandAreShown) {
  line_.client().SetConnect([](const kubelite::v1::StreamOpen&) -> absl::StatusOr<std::unique_ptr<client::ByteStream>> {
    return api::ServiceUnavailable("node \"n\" is not connected to the API server");
  });
  EXPECT_EQ(line_.Run({"exec", "-q", "web", "--", "ls"}), 1);
  EXPECT_THAT(line_.err(), HasSubstr("node \"n\" is not connected"));
}

TEST_F(StreamCommandTest, AttachShowsTheContainer) {
  EXPECT_EQ(line_.Run({"attach", "web", "-q"}), 0) << line_.err();
  EXPECT_EQ(line_.out(), "out:attached\n");
  EXPECT_TRUE(open_.attach().stderr());
  EXPECT_EQ(line_.Run({"attach", "done"}), 1);
  EXPECT_EQ(line_.err(), "error: cannot attach a container in a completed pod; current phase is Succeeded\n");
}

TEST_F(StreamCommandTest, PortForwardChecksItsWords) {
  EXPECT_EQ(line_.Run({"port-forward", "web"}), 1);
  EXPECT_THAT(line_.err(), HasSubstr("TYPE/NAME and list of ports are required for port-forward"));
  EXPECT_EQ(line_.Run({"port-forward", "web", "1:2:3"}), 1);
  EXPECT_THAT(line_.err(), HasSubstr("invalid port format '1:2:3'"));
  EXPECT_EQ(line_.Run({"port-forward", "web", "99999:80"}), 1);
  EXPECT_THAT(line_.err(), HasSubstr("error parsing local port '99999'"));
  EXPECT_EQ(line_.Run({"port-forward", "web", "0:70000"}), 1);
  EXPECT_THAT(line_.err(), HasSubstr("remote port must be > 0 and < 65536"));
  EXPECT_EQ(line_.Run({"port-forward", "web", "http"}), 1);
  EXPECT_EQ(line_.err(), "error: Pod 'web' does not have a named port 'http'\n");
  EXPECT_EQ(line_.Run({"port-forward", "done", "80"}), 1);
  EXPECT_THAT(line_.err(), HasSubstr("pod is not running. Current status=Succeeded"));
  EXPECT_EQ(line_.Run({"port-forward", "web", "0:80", "--address=elsewhere"}), 1);
  EXPECT_THAT(line_.err(), HasSubstr("--address: elsewhere is not a valid IP or localhost"));
}

TEST_F(StreamCommandTest, CpChecksItsWords) {
  EXPECT_EQ(line_.Run({"cp", "a"}), 1);
  EXPECT_THAT(line_.err(), HasSubstr("source and destination are required"));
  EXPECT_EQ(line_.Run({"cp", "a:/x", "b:/y"}), 1);
  EXPECT_THAT(line_.err(), HasSubstr("one of src or dest must be a local file specification"));
  EXPECT_EQ(line_.Run({"cp", "/a", "/b"}), 1);
  EXPECT_THAT(line_.err(), HasSubstr("one of src or dest must be a remote file specification"));
  EXPECT_EQ(line_.Run({"cp", ":x", "/b"}), 1);
  EXPECT_THAT(line_.err(), HasSubstr("filespec must match the canonical format"));
  EXPECT_EQ(line_.Run({"cp", "web:", "/b"}), 1);
  EXPECT_THAT(line_.err(), HasSubstr("filepath can not be empty"));
  EXPECT_EQ(line_.Run({"cp", "/no/such/file", "web:/tmp", "-c", "app"}), 1);
  EXPECT_EQ(line_.err(), "error: /no/such/file doesn't exist in local filesystem\n");
}

}  // namespace
}  // namespace kubelite::cli
