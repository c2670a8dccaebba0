#include "common/http/websocket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/testing/status_matchers.h"
#include "common/http/testing/frames.h"

namespace kubelite::http {
namespace {

std::string Frame(int opcode, const std::string& payload, bool last = true) {
  return testing::WebSocketFrame(opcode, payload, last);
}

std::vector<std::string> Texts(const absl::StatusOr<std::vector<WebSocket::Message>>& messages) {
  if (!messages.ok()) return {messages.status().ToString()};
  std::vector<std::string> texts;
  for (const auto& message : *messages) texts.push_back((message.binary ? "b:" : "t:") + message.data);
  return texts;
}

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

TEST(WebSocketTest, AcceptsAsTheStandardsExample) {
  EXPECT_EQ(WebSocketAccept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(WebSocketTest, MessagesDoNotDependOnHowBytesArrive) {
  const std::string bytes = Frame(2, "one") + Frame(1, "two") + Frame(2, "th", false) + Frame(0, "ree") + Frame(2, "");
  WebSocket whole(100);
  EXPECT_THAT(Texts(whole.Receive(bytes)), ElementsAre("b:one", "t:two", "b:three", "b:"));
  WebSocket slow(100);
  std::vector<std::string> seen;
  for (const char byte : bytes) {
    for (const std::string& text : Texts(slow.Receive({&byte, 1}))) seen.push_back(text);
  }
  EXPECT_THAT(seen, ElementsAre("b:one", "t:two", "b:three", "b:"));
}

TEST(WebSocketTest, SendsUnmaskedFrames) {
  WebSocket socket(100);
  socket.Send(true, "hello");
  socket.Send(false, "");
  EXPECT_EQ(socket.TakeOutput(), std::string("\x82\x05hello\x81\x00", 9));
  EXPECT_EQ(socket.TakeOutput(), "");
}

TEST(WebSocketTest, AnswersPingsAndCloses) {
  WebSocket socket(100);
  EXPECT_THAT(Texts(socket.Receive(Frame(9, "hi"))), IsEmpty());
  EXPECT_EQ(socket.TakeOutput(), "\x8a\x02hi");
  EXPECT_FALSE(socket.client_closed());
  EXPECT_OK(socket.Receive(Frame(8, "\x03\xe8")));
  EXPECT_TRUE(socket.client_closed());
  EXPECT_EQ(socket.TakeOutput(), "\x88\x02\x03\xe8");
}

TEST(WebSocketTest, RefusesWhatIsMalformedOrTooLarge) {
  WebSocket large(4);
  EXPECT_THAT(Texts(large.Receive(Frame(2, "12345"))), ElementsAre(StartsWith("INVALID_ARGUMENT")));
  EXPECT_EQ(large.TakeOutput().substr(0, 1), "\x88");
  WebSocket unmasked(100);
  EXPECT_THAT(Texts(unmasked.Receive("\x82\x01x")), ElementsAre(StartsWith("INVALID_ARGUMENT")));
}

}  // namespace
}  // namespace kubelite::http
