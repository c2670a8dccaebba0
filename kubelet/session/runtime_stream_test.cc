// Commands, attached containers and forwarded ports over a connection, on the fake runtime.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/simulated_executor.h"
#include "common/base/testing/status_matchers.h"
#include "kubelet/runtime/fake/fake_runtime.h"
#include "kubelet/session/node_streams.h"
#include "kubelite/v1/api.pb.h"

namespace kubelite::kubelet {
namespace {

using kubelite::v1::NodeMessage;
using kubelite::v1::ServerMessage;
using kubelite::v1::StreamOpen;
using ::testing::HasSubstr;

constexpr int64_t kStream = 7;

class RuntimeStreamTest : public ::testing::Test {
 protected:
  RuntimeStreamTest() {
    FakeBehaviour echo;
    echo.echoes_input = true;
    runtime_.AddImage("echo", echo);
    SandboxConfig sandbox;
    sandbox.uid = "u";
    sandbox_ = runtime_.RunPodSandbox(sandbox).value();
    ContainerConfig config;
    config.name = "main";
    config.image = "echo";
    config.stdin_open = true;
    container_ = runtime_.CreateContainer(sandbox_, config).value();
    EXPECT_OK(runtime_.StartContainer(container_));
  }

  absl::StatusOr<std::unique_ptr<RuntimeStream>> OpenStream(const StreamOpen& open, RuntimeStream::OnReady on_ready) {
    if (open.has_port_forward()) return runtime_.PortForward(sandbox_, open.port_forward().port(), std::move(on_ready));
    if (open.has_attach()) return runtime_.Attach(container_, {.in = true, .out = true}, std::move(on_ready));
    return runtime_.Exec(container_, {open.exec().command().begin(), open.exec().command().end()}, {},
                         std::move(on_ready));
  }
  void Receive(const ServerMessage& message) {
    strand_.Post([this, message] { streams_.Receive(message); });
    executor_.Settle();
  }
  static ServerMessage Message() {
    ServerMessage message;
    message.set_stream(kStream);
    return message;
  }
  void Exec(const std::vector<std::string>& command, int64_t credit = 256 << 10) {
    ServerMessage message = Message();
    message.mutable_open()->set_pod("p");
    for (const std::string& word : command) message.mutable_open()->mutable_exec()->add_command(word);
    Receive(message);
    if (credit > 0) Credit(credit);
  }
  void Forward(int port) {
    ServerMessage message = Message();
    message.mutable_open()->set_pod("p");
    message.mutable_open()->mutable_port_forward()->set_port(port);
    Receive(message);
    Credit(256 << 10);
  }
  void Credit(int64_t bytes) {
    ServerMessage message = Message();
    message.mutable_credit()->set_bytes(bytes);
    Receive(message);
  }
  void Input(const std::string& data, bool end = false) {
    ServerMessage message = Message();
    message.mutable_data()->set_data(data);
    if (end) message.mutable_data()->set_end(true);
    Receive(message);
  }
  void Close() {
    ServerMessage message = Message();
    message.mutable_close();
    Receive(message);
  }
  std::string Output(int channel = 1) {
    std::string data;
    for (const NodeMessage& message : sent_) {
      if (message.has_data() && message.data().channel() == channel) data += message.data().data();
    }
    return data;
  }
  int64_t Granted() {
    int64_t granted = 0;
    for (const NodeMessage& message : sent_) granted += message.credit().bytes();
    return granted;
  }
  const k8s::meta::v1::Status* Closed() {
    for (const NodeMessage& message : sent_) {
      if (message.has_closed()) return &message.closed();
    }
    return nullptr;
  }

  std::vector<NodeMessage> sent_;
  base::SimulatedExecutor executor_{1};
  FakeRuntime runtime_{&executor_};
  std::string sandbox_;
  std::string container_;
  base::Strand strand_{&executor_};
  NodeStreams streams_{{nullptr, [this](const StreamOpen& open,
                                        RuntimeStream::OnReady ready) { return OpenStream(open, std::move(ready)); }},
                       [this](NodeMessage message) { sent_.push_back(std::move(message)); },
                       [this](base::Task task) { executor_.Post(std::move(task)); },
                       &strand_};
};

TEST_F(RuntimeStreamTest, ACommandsOutputComesBeforeItsEnd) {
  Exec({"echo", "hello"});
  EXPECT_EQ(Output(), "hello\n");
  ASSERT_NE(Closed(), nullptr);
  EXPECT_EQ(Closed()->status(), "Success");
  EXPECT_TRUE(sent_.back().has_closed());
  EXPECT_EQ(streams_.size(), 0u);
  EXPECT_EQ(runtime_.open_streams(), 0);
}

TEST_F(RuntimeStreamTest, AnExitCodeIsToldAsUpstreamDoes) {
  Exec({"exit", "3"});
  ASSERT_NE(Closed(), nullptr);
  EXPECT_EQ(Closed()->status(), "Failure");
  EXPECT_EQ(Closed()->reason(), "NonZeroExitCode");
  EXPECT_EQ(Closed()->message(), "command terminated with non-zero exit code: exit status 3");
  ASSERT_EQ(Closed()->details().causes_size(), 1);
  EXPECT_EQ(Closed()->details().causes(0).reason(), "ExitCode");
  EXPECT_EQ(Closed()->details().causes(0).message(), "3");
}

TEST_F(RuntimeStreamTest, ACommandThatCannotStartIsAnInternalError) {
  Exec({"nope"});
  ASSERT_NE(Closed(), nullptr);
  EXPECT_EQ(Closed()->reason(), "InternalError");
  EXPECT_THAT(Closed()->message(), HasSubstr("exec: \"nope\": executable file not found in $PATH"));
}

TEST_F(RuntimeStreamTest, InputGoesThroughUntilItsEnd) {
  Exec({"cat"});
  Input("one ");
  Input("two");
  EXPECT_EQ(Output(), "one two");
  EXPECT_EQ(Closed(), nullptr);
  Input("", /*end=*/true);
  ASSERT_NE(Closed(), nullptr);
  EXPECT_EQ(Closed()->status(), "Success");
}

TEST_F(RuntimeStreamTest, NothingIsReadWithoutCreditAndNothingGrantedThatWasNotTaken) {
  Exec({"cat"}, /*credit=*/0);
  // The fake command holds 64 KiB; the rest waits here, and the server has used up its credit.
  const std::string portion(32 << 10, 'x');
  for (int i = 0; i < 8; ++i) Input(portion);
  EXPECT_EQ(Output(), "");
  EXPECT_EQ(Granted(), 64 << 10);
  Credit(100);
  EXPECT_EQ(Output().size(), 100u);
  Credit(1 << 20);
  EXPECT_EQ(Output().size(), 8 * portion.size());
  EXPECT_GE(Granted(), 192 << 10) << "but for what is less than a portion, everything";
}

TEST_F(RuntimeStreamTest, AServerThatSendsTooMuchEndsTheStream) {
  Exec({"cat"}, /*credit=*/0);
  const std::string portion(100 << 10, 'x');
  for (int i = 0; i < 4 && Closed() == nullptr; ++i) Input(portion);
  ASSERT_NE(Closed(), nullptr);
  EXPECT_EQ(Closed()->reason(), "BadRequest");
  EXPECT_EQ(runtime_.open_streams(), 0);
}

TEST_F(RuntimeStreamTest, AClientThatGoesEndsTheCommand) {
  Exec({"sleep", "1000"});
  EXPECT_EQ(runtime_.open_streams(), 1);
  Close();
  EXPECT_EQ(runtime_.open_streams(), 0);
  EXPECT_EQ(Closed(), nullptr);
}

TEST_F(RuntimeStreamTest, AClientThatGoesBeforeTheCommandRunsEndsItToo) {
  ServerMessage open = Message();
  open.mutable_open()->mutable_exec()->add_command("sleep");
  ServerMessage close = Message();
  close.mutable_close();
  strand_.Post([&] {
    streams_.Receive(open);
    streams_.Receive(close);
  });
  executor_.Settle();
  EXPECT_EQ(runtime_.open_streams(), 0);
  EXPECT_EQ(streams_.size(), 0u);
  EXPECT_TRUE(sent_.empty());
}

TEST_F(RuntimeStreamTest, TheTerminalsSizeIsSet) {
  Exec({"cat"});
  ServerMessage message = Message();
  message.mutable_data()->set_channel(4);
  message.mutable_data()->set_data(R"({"Width":80,"Height":24})");
  Receive(message);
  EXPECT_EQ(Output(), "[24 80]");
  message.mutable_data()->set_data("{}");
  Receive(message);
  message.mutable_data()->set_data("Width");
  Receive(message);
  EXPECT_EQ(Output(), "[24 80]") << "nonsense leaves it as it is";
}

TEST_F(RuntimeStreamTest, AttachedOnesHearTheContainerUntilItEnds) {
  ServerMessage message = Message();
  message.mutable_open()->mutable_attach();
  Receive(message);
  Credit(1000);
  runtime_.Print(container_, 1, "out");
  runtime_.Print(container_, 2, "err");
  executor_.Settle();
  Input("in");
  EXPECT_EQ(Output(1), "outin");
  EXPECT_EQ(Output(2), "err");
  runtime_.Exit(container_, 3);
  executor_.Settle();
  ASSERT_NE(Closed(), nullptr);
  EXPECT_EQ(Closed()->status(), "Success");
}

TEST_F(RuntimeStreamTest, PortsAreForwarded) {
  runtime_.ListenOn("u", 80);
  Forward(80);
  Input("ping");
  EXPECT_EQ(Output(), "ping");
  Input("", /*end=*/true);
  ASSERT_NE(Closed(), nullptr);
  EXPECT_EQ(Closed()->status(), "Success");
}

TEST_F(RuntimeStreamTest, APortWithoutAServerIsTold) {
  Forward(81);
  ASSERT_NE(Closed(), nullptr);
  EXPECT_EQ(Closed()->reason(), "InternalError");
  EXPECT_THAT(Closed()->message(), HasSubstr("error forwarding port 81 to pod p, uid : dial tcp4 "));
  EXPECT_EQ(runtime_.open_streams(), 0);
}

}  // namespace
}  // namespace kubelite::kubelet
