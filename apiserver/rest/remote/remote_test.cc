#include "apiserver/rest/remote/remote.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "apiserver/registry/registry_fixture.h"
#include "apiserver/rest/service.h"
#include "apiserver/rest/testing/admin_certificate.h"
#include "apiserver/rest/testing/recorded_exchange.h"
#include "common/http/testing/frames.h"
#include "kubelite/v1/api.pb.h"

namespace kubelite::apiserver {
namespace {

using http::testing::SpdyClient;
using http::testing::SpdyControl;
using http::testing::SpdyData;
using http::testing::SpdyU32;
using http::testing::WebSocketFrame;
using kubelite::v1::NodeMessage;
using kubelite::v1::ServerMessage;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kSuccess[] = R"({"apiVersion":"v1","kind":"Status","metadata":{},"status":"Success"})";

// A server's frame that carries `message` of a channel.
std::string Message(int channel, const std::string& message) {
  std::string frame = "\x82";
  const size_t size = message.size() + 1;
  if (size < 126) {
    frame.push_back(static_cast<char>(size));
  } else {
    frame += {'\x7e', static_cast<char>(size >> 8), static_cast<char>(size)};
  }
  frame.push_back(static_cast<char>(channel));
  return frame + message;
}
const std::string kGoodbye = "\x88\x02\x03\xe8";

// Clients of a pod on a node whose messages the test reads and sends.
class RemoteTest : public RegistryTest {
 protected:
  void SetUp() override {
    ASSERT_OK(Create(MakePod("p", "n1")));
    ASSERT_OK(Create(MakePod("nowhere")));
    session_ =
        server_.sessions().Connected("n1", [this](ServerMessage message) { sent_.push_back(std::move(message)); });
  }

  // An exchange and what it carries hold on to each other until the client is gone.
  void TearDown() override {
    for (const auto& client : clients_) client->Leave();
    executor_.Settle();
  }

  std::shared_ptr<RecordedExchange> Ask(const std::string& target, http::Headers headers, const std::string& method,
                                        const std::string& certificate) {
    auto exchange = std::make_shared<RecordedExchange>();
    clients_.push_back(exchange);
    service_.Handle({.method = method,
                     .target = "/api/v1/namespaces/default/pods/" + target,
                     .headers = std::move(headers),
                     .client_certificate = certificate},
                    exchange);
    executor_.Settle();
    return exchange;
  }
  std::shared_ptr<RecordedExchange> WebSocket(const std::string& target, const std::string& protocol) {
    return Ask(target,
               {{"connection", "Upgrade"},
                {"upgrade", "websocket"},
                {"sec-websocket-version", "13"},
                {"sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="},
                {"sec-websocket-protocol", protocol}},
               "GET", admin_);
  }
  std::shared_ptr<RecordedExchange> Spdy(const std::string& target, const std::string& protocol) {
    return Ask(target, {{"connection", "Upgrade"}, {"upgrade", "SPDY/3.1"}, {"x-stream-protocol-version", protocol}},
               "POST", admin_);
  }

  void Say(const std::shared_ptr<RecordedExchange>& client, std::string bytes) {
    EXPECT_TRUE(client->Say(std::move(bytes)));
    executor_.Settle();
  }
  void FromNode(NodeMessage message, int64_t stream) {
    message.set_stream(stream);
    EXPECT_OK(server_.sessions().Received("n1", session_, message));
    executor_.Settle();
  }
  void Output(int64_t stream, const std::string& data, int channel = 1, bool end = false) {
    NodeMessage message;
    message.mutable_data()->set_channel(channel);
    message.mutable_data()->set_data(data);
    if (end) message.mutable_data()->set_end(true);
    FromNode(std::move(message), stream);
  }
  void Close(int64_t stream, const absl::Status& status = absl::OkStatus()) {
    NodeMessage message;
    if (status.ok()) {
      message.mutable_closed()->set_status("Success");
    } else {
      *message.mutable_closed() = api::ToApiStatus(status);
    }
    FromNode(std::move(message), stream);
  }
  // What the node was sent on a stream: data by channel, "." for an end.
  std::vector<std::string> Input(int64_t stream) {
    std::vector<std::string> seen;
    for (const ServerMessage& message : sent_) {
      if (message.stream() != stream || !message.has_data()) continue;
      seen.push_back(
          absl::StrCat(message.data().channel(), " ", message.data().data(), message.data().end() ? "." : ""));
    }
    return seen;
  }
  ServerMessage LastOpened() {
    for (auto it = sent_.rbegin(); it != sent_.rend(); ++it) {
      if (it->has_open()) return *it;
    }
    return {};
  }

  RestService service_{&server_.server(), &executor_, &random_};
  const std::string admin_ = AdminCertificate(executor_.clock());
  NodeSessions::SessionId session_ = 0;
  std::vector<ServerMessage> sent_;
  std::vector<std::shared_ptr<RecordedExchange>> clients_;
};

TEST_F(RemoteTest, ExecOverWebSocket) {
  const auto client = WebSocket("p/exec?command=sh&command=-c&stdin=true&stdout=true&stderr=true", "v5.channel.k8s.io");
  EXPECT_EQ(client->response.code, 101);
  EXPECT_EQ(http::FindHeader(client->response.headers, "sec-websocket-protocol"), "v5.channel.k8s.io");
  EXPECT_EQ(http::FindHeader(client->response.headers, "sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  const kubelite::v1::ExecOptions exec = LastOpened().open().exec();
  EXPECT_THAT(exec.command(), ElementsAre("sh", "-c"));
  EXPECT_EQ(exec.container(), "app");
  EXPECT_TRUE(exec.stdin() && exec.stdout() && exec.stderr() && !exec.tty());
  const int64_t node = LastOpened().stream();

  Say(client, WebSocketFrame(2, std::string("\0hello", 6)) + WebSocketFrame(2, std::string("\xff\0", 2)));
  EXPECT_THAT(Input(node), ElementsAre("0 hello."));
  Output(node, "out");
  Output(node, "err", 2);
  Close(node);
  EXPECT_EQ(client->response.body,
            Message(1, "") + Message(1, "out") + Message(2, "err") + Message(3, kSuccess) + kGoodbye);
  EXPECT_TRUE(client->ended);
}

TEST_F(RemoteTest, ExitCodesAreTold) {
  k8s::meta::v1::Status exit;
  exit.set_status("Failure");
  exit.set_reason("NonZeroExitCode");
  exit.set_message("command terminated with non-zero exit code: exit status 3");
  auto* cause = exit.mutable_details()->add_causes();
  cause->set_reason("ExitCode");
  cause->set_message("3");
  const auto client = WebSocket("p/exec?command=false&stdout=true", "v4.channel.k8s.io");
  Close(LastOpened().stream(), api::FromApiStatus(exit));
  EXPECT_THAT(client->response.body, HasSubstr(R"("details":{"causes":[{"message":"3","reason":"ExitCode"}]})"));
  EXPECT_THAT(client->response.body, HasSubstr(R"("reason":"NonZeroExitCode","status":"Failure")"));
  const auto old = WebSocket("p/exec?command=false&stdout=true", "channel.k8s.io");
  Close(LastOpened().stream(), api::FromApiStatus(exit));
  EXPECT_EQ(old->response.body, Message(1, "") + Message(3, exit.message()) + kGoodbye);
}

TEST_F(RemoteTest, ExecOverSpdyWaitsForItsStreams) {
  const auto client = Spdy("p/exec?command=cat&stdin=true&stdout=true&tty=true", "v4.channel.k8s.io");
  EXPECT_EQ(client->response.code, 101);
  EXPECT_EQ(http::FindHeader(client->response.headers, "x-stream-protocol-version"), "v4.channel.k8s.io");
  const int64_t node = LastOpened().stream();
  EXPECT_TRUE(LastOpened().open().exec().tty());
  SpdyClient spdy;
  Say(client, spdy.Open(1, {{"streamtype", "error"}}) + SpdyData(9, "of no stream"));
  Output(node, "early");
  EXPECT_THAT(client->response.body, Not(HasSubstr("early")));
  Say(client, spdy.Open(3, {{"streamtype", "stdin"}}));
  Say(client, spdy.Open(5, {{"streamtype", "stdout"}}));
  Say(client, spdy.Open(7, {{"streamtype", "resize"}}));
  EXPECT_THAT(client->response.body, HasSubstr(SpdyData(5, "early")));
  Say(client, SpdyData(7, "{\"Width\":80,\"Height\":24}") + SpdyData(3, "in") + SpdyData(3, "", true));
  EXPECT_THAT(Input(node), ElementsAre("4 {\"Width\":80,\"Height\":24}", "0 in."));
  client->response.body.clear();
  Close(node);
  EXPECT_EQ(client->response.body, SpdyData(1, kSuccess, true) + SpdyData(5, "", true));
}

TEST_F(RemoteTest, ClientsWithoutStreamsAreLetGo) {
  const auto client = Spdy("p/exec?command=cat&stdout=true", "v4.channel.k8s.io");
  executor_.Advance(absl::Seconds(31));
  EXPECT_TRUE(client->ended);
  EXPECT_TRUE(sent_.back().has_close());
}

TEST_F(RemoteTest, AStoppedNodeStopsTheClient) {
  const auto client = WebSocket("p/attach?stdin=true&stdout=true", "v5.channel.k8s.io");
  const int64_t node = LastOpened().stream();
  EXPECT_TRUE(LastOpened().open().has_attach());
  const std::string portion(100 << 10, 'x');
  int taken = 0;
  while (client->wants_more && taken < 100) {
    Say(client, WebSocketFrame(2, std::string(1, '\0') + portion));
    ++taken;
  }
  // What the node may be sent, and as much in the server.
  EXPECT_EQ(taken, 6);
  NodeMessage credit;
  credit.mutable_credit()->set_bytes(NodeSessions::kInitialCredit);
  FromNode(credit, node);
  EXPECT_TRUE(client->wants_more);
}

TEST_F(RemoteTest, ClientsThatLeaveEndTheCommand) {
  const auto client = WebSocket("p/exec?command=cat&stdin=true", "v5.channel.k8s.io");
  client->Leave();
  executor_.Settle();
  EXPECT_TRUE(sent_.back().has_close());
  const auto malformed = WebSocket("p/exec?command=cat&stdin=true", "v5.channel.k8s.io");
  Say(malformed, "no frame");
  EXPECT_TRUE(malformed->ended);
  EXPECT_TRUE(sent_.back().has_close());
}

TEST_F(RemoteTest, PortForwardWithinWebSocket) {
  const auto client = WebSocket("p/portforward", "SPDY/3.1+portforward.k8s.io");
  EXPECT_EQ(client->response.code, 101);
  SpdyClient spdy;
  std::string open = spdy.Open(1, {{"streamtype", "error"}, {"port", "80"}, {"requestid", "0"}});
  open += spdy.Open(3, {{"streamtype", "data"}, {"port", "80"}, {"requestid", "0"}});
  Say(client, WebSocketFrame(2, open));
  EXPECT_EQ(LastOpened().open().port_forward().port(), 80);
  const int64_t first = LastOpened().stream();
  open = spdy.Open(5, {{"streamtype", "error"}, {"port", "81"}, {"requestid", "1"}});
  open += spdy.Open(7, {{"streamtype", "data"}, {"port", "81"}, {"requestid", "1"}});
  Say(client, WebSocketFrame(2, open + SpdyData(3, "GET") + SpdyData(3, "", true)));
  const int64_t second = LastOpened().stream();
  EXPECT_THAT(Input(first), ElementsAre("0 GET."));
  Output(first, "answer", 1, true);
  EXPECT_THAT(client->response.body, HasSubstr(SpdyData(3, "answer", true)));
  Close(first);
  Close(second, api::InternalError("connection refused"));
  EXPECT_THAT(client->response.body, HasSubstr(SpdyData(1, "", true)));
  EXPECT_THAT(client->response.body,
              HasSubstr("error forwarding port 81 to pod p: Internal error occurred: connection refused"));
  EXPECT_FALSE(client->ended);  // for further connections
  Say(client, WebSocketFrame(8, "\x03\xe8"));
  EXPECT_TRUE(client->ended);
}

TEST_F(RemoteTest, AResetConnectionIsOverForTheClientToo) {
  const auto client = Spdy("p/portforward", "portforward.k8s.io");
  SpdyClient spdy;
  Say(client, spdy.Open(1, {{"streamtype", "error"}, {"port", "80"}, {"requestid", "0"}}));
  Say(client, spdy.Open(3, {{"streamtype", "data"}, {"port", "80"}, {"requestid", "0"}}));
  client->response.body.clear();
  Say(client, SpdyControl(3, SpdyU32(3) + SpdyU32(5)));
  EXPECT_EQ(client->response.body, SpdyData(1, "", true));
  EXPECT_TRUE(sent_.back().has_close());
}

TEST_F(RemoteTest, OnlyTheLastTerminalSizeIsPassedOn) {
  const auto client = WebSocket("p/exec?command=sh&stdin=true&stdout=true&tty=true", "v5.channel.k8s.io");
  const int64_t node = LastOpened().stream();
  std::string sizes;
  for (int width = 1; width <= 100; ++width) sizes += WebSocketFrame(2, absl::StrCat("\x04{\"Width\":", width, "}"));
  Say(client, sizes);
  EXPECT_THAT(Input(node), ElementsAre("4 {\"Width\":100}"));
}

TEST_F(RemoteTest, PortForwardByChannels) {
  const auto client = WebSocket("p/portforward?ports=80,8080", "v4.channel.k8s.io");
  EXPECT_EQ(client->response.body, Message(0, std::string("P\0", 2)) + Message(1, std::string("P\0", 2)) +
                                       Message(2, "\x90\x1f") + Message(3, "\x90\x1f"));
  EXPECT_EQ(LastOpened().open().port_forward().port(), 8080);
  const int64_t node = LastOpened().stream();
  Say(client, WebSocketFrame(2, "\x02GET"));
  EXPECT_THAT(Input(node), ElementsAre("0 GET"));
  const auto base64 = WebSocket("p/portforward?ports=80", "v4.base64.channel.k8s.io");
  Say(base64, WebSocketFrame(1, absl::StrCat("0", absl::Base64Escape("hi"))));
  EXPECT_THAT(Input(LastOpened().stream()), ElementsAre("0 hi"));
}

TEST_F(RemoteTest, RefusesBeforeTheUpgrade) {
  const auto expect = [&](const std::shared_ptr<RecordedExchange>& client, int code, const std::string& message) {
    EXPECT_EQ(client->response.code, code);
    EXPECT_THAT(client->response.body, HasSubstr(message));
  };
  const std::string v5 = "v5.channel.k8s.io";
  expect(Ask("p/exec?command=ls&stdout=1", {}, "POST", admin_), 400, "Upgrade request required");
  expect(WebSocket("p/exec?command=ls&stdout=1", "v9.channel.k8s.io"), 400, "client supports [v9.channel.k8s.io]");
  expect(Spdy("p/portforward", v5), 400, "server accepts [portforward.k8s.io]");
  expect(WebSocket("p/exec?command=ls", v5), 400, "at least one of stdin, stdout, stderr");
  expect(WebSocket("p/exec?stdout=1", v5), 400, "at least one command");
  expect(WebSocket("p/exec?stdout=1&command=ls&container=x", v5), 400, "container x is not valid for pod p");
  expect(WebSocket("q/exec?stdout=1&command=ls", v5), 404, R"(pods \"q\" not found)");
  expect(WebSocket("nowhere/exec?stdout=1&command=ls", v5), 400, "pod nowhere does not have a host assigned");
  expect(WebSocket("nowhere/portforward", "SPDY/3.1+portforward.k8s.io"), 400, "does not have a host assigned");
  expect(WebSocket("p/portforward?ports=0", "v4.channel.k8s.io"), 400, "is not a port between 1 and 65535");
  expect(Ask("p/exec?command=ls&stdout=1", {{"connection", "upgrade"}, {"upgrade", "SPDY/3.1"}}, "POST", ""), 403,
         "cannot create resource \\\"pods/exec\\\"");
}

}  // namespace
}  // namespace kubelite::apiserver
