// The node session and the log over real gRPC: a raw node on one side, the client on the other.

#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "apiserver/testing/test_grpc_server.h"
#include "common/api/errors.h"
#include "common/base/testing/status_matchers.h"
#include "kubelite/v1/api.grpc.pb.h"

namespace kubelite::apiserver {
namespace {

using base::StatusIs;
using k8s::core::v1::Pod;
using kubelite::v1::NodeMessage;
using kubelite::v1::ServerMessage;

// A node's end, written with the blocking API.
class RawNode {
 public:
  RawNode(const TestGrpcServer& server, const std::string& user, const std::string& node)
      : channel_(client::NewChannel(server.OptionsFor({.common_name = user, .organizations = {"system:nodes"}}))),
        stub_(kubelite::v1::NodeSession::NewStub(channel_)) {
    stream_ = stub_->Session(&context_);
    NodeMessage hello;
    hello.mutable_hello()->set_node(node);
    stream_->Write(hello);
  }
  ~RawNode() {
    if (!finished_) context_.TryCancel();
    End();
  }
  bool Read(ServerMessage* message) { return stream_->Read(message); }
  void Write(const NodeMessage& message) { stream_->Write(message); }
  grpc::Status End() {
    ServerMessage rest;
    while (!finished_ && stream_->Read(&rest)) {
    }
    if (!finished_) status_ = stream_->Finish();
    finished_ = true;
    return status_;
  }

 private:
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<kubelite::v1::NodeSession::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<NodeMessage, ServerMessage>> stream_;
  bool finished_ = false;
  grpc::Status status_;
};

class GrpcNodeSessionTest : public ::testing::Test {
 protected:
  void CreatePod() {
    Pod pod;
    pod.mutable_metadata()->set_name("p");
    pod.mutable_metadata()->set_namespace_("default");
    pod.mutable_spec()->set_nodename("n1");
    auto* container = pod.mutable_spec()->add_containers();
    container->set_name("app");
    container->set_image("host");
    ASSERT_OK(client::Create(*client_, pod));
  }
  static kubelite::v1::StreamOpen LogOf(const std::string& pod) {
    kubelite::v1::StreamOpen open;
    open.set_namespace_("default");
    open.set_pod(pod);
    open.mutable_log()->set_follow(true);
    return open;
  }

  TestGrpcServer server_;
  std::unique_ptr<client::Client> client_ = server_.AdminClient();
};

TEST_F(GrpcNodeSessionTest, LogsTravelBackOverTheSession) {
  CreatePod();
  RawNode node(server_, "system:node:n1", "n1");
  ASSERT_TRUE(WaitFor([&] { return server_.api().sessions().IsConnected("n1"); }));
  ASSERT_OK_AND_ASSIGN(const auto log, client_->Connect(LogOf("p")));
  ServerMessage message;
  ASSERT_TRUE(node.Read(&message));
  ASSERT_TRUE(message.has_open());
  EXPECT_TRUE(message.open().log().follow());
  EXPECT_EQ(message.open().log().container(), "app");
  NodeMessage data;
  data.set_stream(message.stream());
  ASSERT_TRUE(node.Read(&message));
  EXPECT_EQ(message.credit().bytes(), NodeSessions::kInitialCredit);
  // More than the credit of one stream, in portions that the reader's progress allows.
  int64_t credit = message.credit().bytes();
  const std::string portion(64 << 10, 'x');
  size_t received = 0;
  for (int i = 0; i < 32; ++i) {
    while (credit < static_cast<int64_t>(portion.size())) {
      ASSERT_TRUE(node.Read(&message));
      credit += message.credit().bytes();
    }
    data.mutable_data()->set_channel(1);
    data.mutable_data()->set_data(portion);
    node.Write(data);
    credit -= static_cast<int64_t>(portion.size());
    ASSERT_OK_AND_ASSIGN(const auto chunk, log->Read());
    received += chunk.data.size();
  }
  data.mutable_closed()->set_status("Success");
  node.Write(data);
  for (;;) {
    const auto chunk = log->Read();
    if (!chunk.ok()) {
      EXPECT_THAT(chunk, StatusIs(absl::StatusCode::kOutOfRange, ""));
      break;
    }
    received += chunk->data.size();
  }
  EXPECT_EQ(received, 32 * portion.size());
}

TEST_F(GrpcNodeSessionTest, InputWaitsForTheNode) {
  CreatePod();
  RawNode node(server_, "system:node:n1", "n1");
  ASSERT_TRUE(WaitFor([&] { return server_.api().sessions().IsConnected("n1"); }));
  kubelite::v1::StreamOpen open = LogOf("p");
  open.mutable_exec()->add_command("cat");
  open.mutable_exec()->set_stdin(true);
  ASSERT_OK_AND_ASSIGN(const auto stream, client_->Connect(open));
  ServerMessage message;
  ASSERT_TRUE(node.Read(&message));
  ASSERT_TRUE(message.has_open());
  const int64_t number = message.stream();
  ASSERT_TRUE(node.Read(&message));  // credit
  // A size passes what waits for credit only by chance, but bytes come in order, and the end last.
  std::string input;
  for (int i = 0; input.size() < (3 << 20); ++i) absl::StrAppend(&input, i, ",");
  base::ThreadPool writer(1);
  writer.Post([&] {
    EXPECT_OK(stream->Write(4, R"({"Width":80,"Height":24})"));
    EXPECT_OK(stream->Write(0, absl::string_view(input).substr(0, 1 << 20)));  // more than the credit in one frame
    EXPECT_OK(stream->Write(0, absl::string_view(input).substr(1 << 20)));
    EXPECT_OK(stream->Write(0, "", /*end=*/true));
  });
  ASSERT_TRUE(node.Read(&message));
  EXPECT_EQ(message.data().channel(), 4);
  std::string received;
  int64_t credit = NodeSessions::kInitialCredit;
  bool end = false;
  while (!end) {
    ASSERT_TRUE(node.Read(&message));
    ASSERT_TRUE(message.has_data());
    received += message.data().data();
    end = message.data().end();
    credit -= static_cast<int64_t>(message.data().data().size());
    ASSERT_GE(credit, 0);
    if (credit > 0 && !end) continue;
    NodeMessage grant;
    grant.set_stream(number);
    grant.mutable_credit()->set_bytes(NodeSessions::kInitialCredit - credit);
    credit = NodeSessions::kInitialCredit;
    node.Write(grant);
  }
  EXPECT_TRUE(received == input);
  NodeMessage closed;
  closed.set_stream(number);
  closed.mutable_closed()->set_status("Failure");
  closed.mutable_closed()->set_reason("NonZeroExitCode");
  closed.mutable_closed()->mutable_details()->add_causes()->set_message("3");
  node.Write(closed);
  const absl::Status status = stream->Read().status();
  EXPECT_EQ(api::ToApiStatus(status).reason(), "NonZeroExitCode");
  EXPECT_EQ(api::ToApiStatus(status).details().causes(0).message(), "3");
}

TEST_F(GrpcNodeSessionTest, ReadersThatLeaveCloseTheStreamOnTheNode) {
  CreatePod();
  RawNode node(server_, "system:node:n1", "n1");
  ASSERT_TRUE(WaitFor([&] { return server_.api().sessions().IsConnected("n1"); }));
  ASSERT_OK_AND_ASSIGN(auto log, client_->Connect(LogOf("p")));
  ServerMessage message;
  ASSERT_TRUE(node.Read(&message));
  ASSERT_TRUE(node.Read(&message));
  log.reset();
  ASSERT_TRUE(node.Read(&message));
  EXPECT_TRUE(message.has_close());
}

TEST_F(GrpcNodeSessionTest, ANodeThatIsAwayIsNamed) {
  CreatePod();
  ASSERT_OK_AND_ASSIGN(const auto log, client_->Connect(LogOf("p")));
  EXPECT_THAT(log->Read(), StatusIs(absl::StatusCode::kUnavailable, "node \"n1\" is not connected to the API server"));
  {
    RawNode node(server_, "system:node:n1", "n1");
    ASSERT_TRUE(WaitFor([&] { return server_.api().sessions().IsConnected("n1"); }));
  }
  EXPECT_TRUE(WaitFor([&] { return !server_.api().sessions().IsConnected("n1"); }));
}

TEST_F(GrpcNodeSessionTest, ANodeMayOnlySpeakForItself) {
  RawNode liar(server_, "system:node:n2", "n1");
  const grpc::Status status = liar.End();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED) << status.error_message();
  EXPECT_FALSE(server_.api().sessions().IsConnected("n1"));
}

TEST_F(GrpcNodeSessionTest, VersionIsServed) {
  const auto channel = client::NewChannel(server_.OptionsFor({.common_name = "anyone"}));
  const auto stub = kubelite::v1::Api::NewStub(channel);
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  kubelite::v1::VersionInfo version;
  const grpc::Status status = stub->GetVersion(&context, {}, &version);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(version.major(), "1");
  EXPECT_EQ(version.git_version().substr(0, 16), "v1.36.2+kubelite");
}

}  // namespace
}  // namespace kubelite::apiserver
