#include "apiserver/node_session/node_sessions.h"

#include <gtest/gtest.h>

#include "apiserver/registry/registry_fixture.h"
#include "apiserver/testing/test_server.h"
#include "common/api/errors.h"
#include "common/base/simulated_executor.h"
#include "common/base/testing/status_matchers.h"
#include "kubelite/v1/api.pb.h"

namespace kubelite::apiserver {
namespace {

using base::StatusIs;
using kubelite::v1::NodeMessage;
using kubelite::v1::ServerMessage;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

NodeMessage Data(int64_t stream, const std::string& bytes) {
  NodeMessage message;
  message.set_stream(stream);
  message.mutable_data()->set_channel(1);
  message.mutable_data()->set_data(bytes);
  return message;
}

NodeMessage Closed(int64_t stream, const std::string& status = "Success", const std::string& text = "") {
  NodeMessage message;
  message.set_stream(stream);
  message.mutable_closed()->set_status(status);
  message.mutable_closed()->set_message(text);
  message.mutable_closed()->set_reason(status == "Failure" ? "BadRequest" : "");
  message.mutable_closed()->set_code(status == "Failure" ? 400 : 200);
  return message;
}

class NodeSessionsTest : public ::testing::Test {
 protected:
  // Connects a node whose received messages are kept.
  NodeSessions::SessionId Connect(const std::string& node) {
    return sessions_.Connected(node, [this](ServerMessage message) { sent_.push_back(std::move(message)); });
  }
  std::unique_ptr<NodeStream> Open(const std::string& node) {
    auto stream = sessions_.Open(node, {}, [this] { ++ready_; });
    EXPECT_OK(stream);
    return stream.ok() ? *std::move(stream) : nullptr;
  }
  static std::string Read(NodeStream* stream) {
    const auto chunks = stream->Poll();
    if (!chunks.ok()) return chunks.status().ToString();
    std::string text;
    for (const auto& chunk : *chunks) text += chunk.data;
    return text;
  }

  NodeSessions sessions_;
  std::vector<ServerMessage> sent_;
  int ready_ = 0;
};

TEST_F(NodeSessionsTest, BytesFlowUntilTheNodeCloses) {
  const auto session = Connect("n1");
  const auto stream = Open("n1");
  ASSERT_EQ(sent_.size(), 2u);
  EXPECT_TRUE(sent_[0].has_open());
  EXPECT_EQ(sent_[1].credit().bytes(), NodeSessions::kInitialCredit);
  const int64_t number = sent_[0].stream();
  EXPECT_EQ(Read(stream.get()), "");
  ASSERT_OK(sessions_.Received("n1", session, Data(number, "hello ")));
  ASSERT_OK(sessions_.Received("n1", session, Data(number, "world")));
  ASSERT_OK(sessions_.Received("n1", session, Closed(number)));
  EXPECT_EQ(ready_, 3);
  EXPECT_EQ(Read(stream.get()), "hello world");
  EXPECT_THAT(stream->Poll(), StatusIs(absl::StatusCode::kOutOfRange, ""));
}

TEST_F(NodeSessionsTest, NodesMaySendOnlyWhatTheyHaveCreditFor) {
  const auto session = Connect("n1");
  const auto stream = Open("n1");
  const int64_t number = sent_[0].stream();
  const std::string half(NodeSessions::kInitialCredit / 2, 'x');
  ASSERT_OK(sessions_.Received("n1", session, Data(number, half)));
  ASSERT_OK(sessions_.Received("n1", session, Data(number, half)));
  EXPECT_EQ(sent_.size(), 2u);
  EXPECT_EQ(Read(stream.get()).size(), 2 * half.size());
  ASSERT_EQ(sent_.size(), 3u);
  EXPECT_EQ(sent_[2].credit().bytes(), NodeSessions::kInitialCredit);
  ASSERT_OK(sessions_.Received("n1", session, Data(number, half)));
  ASSERT_OK(sessions_.Received("n1", session, Data(number, half)));
  EXPECT_THAT(sessions_.Received("n1", session, Data(number, "x")),
              StatusIs(absl::StatusCode::kInvalidArgument, "more data than the node had credit for"));
}

NodeMessage Credit(int64_t stream, int64_t bytes) {
  NodeMessage message;
  message.set_stream(stream);
  message.mutable_credit()->set_bytes(bytes);
  return message;
}

TEST_F(NodeSessionsTest, WritersMaySendOnlyWhatTheNodeIsReadyFor) {
  const auto session = Connect("n1");
  const auto stream = Open("n1");
  const int64_t number = sent_[0].stream();
  EXPECT_EQ(stream->WriteCredit(), NodeSessions::kInitialCredit);
  ASSERT_OK(stream->Write(0, std::string(NodeSessions::kInitialCredit - 1, 'x')));
  EXPECT_THAT(stream->Write(0, "yz"), StatusIs(absl::StatusCode::kResourceExhausted, "not ready"));
  ASSERT_OK(stream->Write(0, "y", true));
  EXPECT_TRUE(sent_.back().data().end());
  EXPECT_OK(stream->Write(NodeStream::kTerminalSizeChannel, "{}"));
  EXPECT_EQ(ready_, 0);
  ASSERT_OK(sessions_.Received("n1", session, Credit(number, 5)));
  EXPECT_EQ(ready_, 1);
  EXPECT_EQ(stream->WriteCredit(), 5);
  EXPECT_THAT(sessions_.Received("n1", session, Credit(number, NodeSessions::kInitialCredit)),
              StatusIs(absl::StatusCode::kInvalidArgument, "credit for more than was sent"));
  EXPECT_FALSE(sessions_.Received("n1", session, Credit(number, -1)).ok());
}

TEST_F(NodeSessionsTest, TheEndOfAChannelReachesTheReader) {
  const auto session = Connect("n1");
  const auto stream = Open("n1");
  NodeMessage last = Data(sent_[0].stream(), "bye");
  last.mutable_data()->set_end(true);
  ASSERT_OK(sessions_.Received("n1", session, last));
  ASSERT_OK_AND_ASSIGN(const auto chunks, stream->Poll());
  ASSERT_EQ(chunks.size(), 1u);
  EXPECT_TRUE(chunks[0].end);
}

TEST_F(NodeSessionsTest, ReadersThatLeaveCloseTheStream) {
  const auto session = Connect("n1");
  auto stream = Open("n1");
  const int64_t number = sent_[0].stream();
  stream.reset();
  EXPECT_TRUE(sent_.back().has_close());
  EXPECT_EQ(sent_.back().stream(), number);
  EXPECT_OK(sessions_.Received("n1", session, Data(number, "late")));  // was under way
  EXPECT_EQ(ready_, 0);
}

TEST_F(NodeSessionsTest, ErrorsOfTheNodeReachTheReader) {
  const auto session = Connect("n1");
  const auto stream = Open("n1");
  ASSERT_OK(sessions_.Received("n1", session, Data(sent_[0].stream(), "some")));
  ASSERT_OK(sessions_.Received("n1", session, Closed(sent_[0].stream(), "Failure", "container is gone")));
  EXPECT_EQ(Read(stream.get()), "some");
  EXPECT_THAT(stream->Poll(), StatusIs(absl::StatusCode::kInvalidArgument, "container is gone"));
}

TEST_F(NodeSessionsTest, StreamsFailWhenTheNodeGoesOrReconnects) {
  const auto first = Connect("n1");
  const auto stream = Open("n1");
  const auto second = Connect("n1");
  EXPECT_THAT(stream->Poll(), StatusIs(absl::StatusCode::kUnavailable, "node n1 has reconnected"));
  sessions_.Disconnected("n1", first);  // too late: it was replaced
  EXPECT_TRUE(sessions_.IsConnected("n1"));
  EXPECT_FALSE(sessions_.Received("n1", first, Data(1, "x")).ok());
  const auto next = Open("n1");
  sessions_.Disconnected("n1", second);
  EXPECT_THAT(next->Poll(), StatusIs(absl::StatusCode::kUnavailable, "node n1 has disconnected"));
  EXPECT_THAT(sessions_.Open("n1", {}, [] {}),
              StatusIs(absl::StatusCode::kUnavailable, "node \"n1\" is not connected to the API server"));
}

class PodLogTest : public RegistryTest {
 protected:
  absl::StatusOr<std::unique_ptr<client::ByteStream>> Log(const std::string& pod, const std::string& container = "") {
    kubelite::v1::StreamOpen open;
    open.set_namespace_("default");
    open.set_pod(pod);
    open.mutable_log()->set_container(container);
    return client_->Connect(open);
  }
};

TEST_F(PodLogTest, ReachesTheNodeOfThePod) {
  ASSERT_OK_AND_ASSIGN(const auto pod, Create(MakePod("p", "n1")));
  EXPECT_THAT(Log("p"), StatusIs(absl::StatusCode::kUnavailable, "node \"n1\" is not connected"));
  ServerMessage open;
  const auto session = server_.sessions().Connected("n1", [&open](ServerMessage message) {
    if (message.has_open()) open = message;
  });
  ASSERT_OK_AND_ASSIGN(const auto log, Log("p"));
  EXPECT_EQ(open.open().uid(), pod->metadata().uid());
  EXPECT_EQ(open.open().log().container(), "app");
  ASSERT_OK(server_.sessions().Received("n1", session, Data(open.stream(), "line\n")));
  ASSERT_OK(server_.sessions().Received("n1", session, Closed(open.stream())));
  ASSERT_OK_AND_ASSIGN(const auto chunk, log->Read());
  EXPECT_EQ(chunk.data, "line\n");
  EXPECT_THAT(log->Read(), StatusIs(absl::StatusCode::kOutOfRange, ""));
}

TEST_F(PodLogTest, RefusesWhatCannotBeRead) {
  EXPECT_EQ(Log("nope").status().message(), "pods \"nope\" not found");
  Pod two = MakePod("two", "n1");
  *two.mutable_spec()->add_containers() = two.spec().containers(0);
  two.mutable_spec()->mutable_containers(1)->set_name("side");
  ASSERT_OK(Create(two));
  EXPECT_THAT(std::string(Log("two").status().message()),
              HasSubstr("a container name must be specified for pod two, choose one of: [app side]"));
  EXPECT_EQ(Log("two", "nope").status().message(), "container nope is not valid for pod two");
  EXPECT_TRUE(api::IsForbidden(server_.ClientFor("alice")
                                   ->Connect([] {
                                     kubelite::v1::StreamOpen open;
                                     open.set_namespace_("default");
                                     open.set_pod("two");
                                     return open;
                                   }())
                                   .status()));
}

TEST_F(PodLogTest, CommandsAndPortsReachTheNodeToo) {
  ASSERT_OK(Create(MakePod("p", "n1")));
  ServerMessage opened;
  server_.sessions().Connected("n1", [&opened](ServerMessage message) {
    if (message.has_open()) opened = message;
  });
  kubelite::v1::StreamOpen open;
  open.set_namespace_("default");
  open.set_pod("p");
  open.mutable_exec()->add_command("ls");
  EXPECT_OK(client_->Connect(open));
  EXPECT_EQ(opened.open().exec().container(), "app");
  open.mutable_exec()->clear_command();
  EXPECT_THAT(client_->Connect(open),
              StatusIs(absl::StatusCode::kInvalidArgument, "you must specify at least one command"));
  open.mutable_attach()->set_container("nope");
  EXPECT_THAT(client_->Connect(open),
              StatusIs(absl::StatusCode::kInvalidArgument, "container nope is not valid for pod p"));
  open.mutable_port_forward()->set_port(0);
  EXPECT_THAT(client_->Connect(open),
              StatusIs(absl::StatusCode::kInvalidArgument, "port: must be between 1 and 65535"));
  open.mutable_port_forward()->set_port(80);
  EXPECT_OK(client_->Connect(open));
  EXPECT_EQ(opened.open().port_forward().port(), 80);
  ASSERT_OK(Create(MakePod("nowhere")));
  open.set_pod("nowhere");
  EXPECT_THAT(client_->Connect(open),
              StatusIs(absl::StatusCode::kInvalidArgument, "pod nowhere does not have a host assigned"));
}

TEST_F(PodLogTest, UnscheduledPodsHaveAnEmptyLog) {
  ASSERT_OK(Create(MakePod("p")));
  ASSERT_OK_AND_ASSIGN(const auto log, Log("p"));
  EXPECT_THAT(log->Read(), StatusIs(absl::StatusCode::kOutOfRange, ""));
}

}  // namespace
}  // namespace kubelite::apiserver
