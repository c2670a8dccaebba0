#include "common/http/spdy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "absl/strings/str_cat.h"
#include "common/base/testing/status_matchers.h"
#include "common/http/spdy_dictionary.h"
#include "common/http/testing/frames.h"

namespace kubelite::http {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Client = testing::SpdyClient;

std::string U32(uint32_t value) { return testing::SpdyU32(value); }
std::string Control(uint16_t type, const std::string& payload) { return testing::SpdyControl(type, payload); }
std::string Data(uint32_t stream, const std::string& data, bool end = false) {
  return testing::SpdyData(stream, data, end);
}

std::vector<std::string> Seen(const absl::StatusOr<std::vector<SpdySession::Event>>& events) {
  if (!events.ok()) return {events.status().ToString()};
  std::vector<std::string> seen;
  for (const SpdySession::Event& event : *events) {
    std::string& text = seen.emplace_back(absl::StrCat(event.stream, " "));
    if (event.kind == SpdySession::Event::Kind::kReset) text += "reset";
    if (event.kind == SpdySession::Event::Kind::kOpened) text += "opened";
    for (const auto& [name, value] : event.headers) absl::StrAppend(&text, " ", name, "=", value);
    absl::StrAppend(&text, event.data, event.end ? " end" : "");
  }
  return seen;
}

// The checksum that zlib names the dictionary by, as in every SPDY/3 peer.
TEST(SpdyTest, DictionaryIsTheStandards) {
  const std::string& text = SpdyDictionary();
  EXPECT_EQ(
      adler32(adler32(0, nullptr, 0), reinterpret_cast<const Bytef*>(text.data()), static_cast<uInt>(text.size())),
      0xe3c6a7c2);
}

TEST(SpdyTest, EventsDoNotDependOnHowBytesArrive) {
  Client client;
  std::string bytes = client.Open(1, {{"streamtype", "error"}});
  bytes += client.Open(3, {{"streamtype", "data"}, {"port", "80"}});
  bytes += Data(3, "hello") + Data(3, "", true) + Control(3, U32(1) + U32(5));
  const std::vector<std::string> expected = {"1 opened streamtype=error", "3 opened streamtype=data port=80", "3 hello",
                                             "3  end", "1 reset"};
  SpdySession whole;
  EXPECT_EQ(Seen(whole.Receive(bytes)), expected);
  SpdySession slow;
  std::vector<std::string> seen;
  for (const char byte : bytes) {
    for (const std::string& text : Seen(slow.Receive({&byte, 1}))) seen.push_back(text);
  }
  EXPECT_EQ(seen, expected);
}

TEST(SpdyTest, SendsDataAndAnswersPings) {
  SpdySession session;
  session.Send(3, "hello", false);
  session.Send(3, "", true);
  session.Reset(5);
  EXPECT_EQ(session.TakeOutput(), Data(3, "hello") + Data(3, "", true) + Control(3, U32(5) + U32(5)));
  EXPECT_OK(session.Receive(Control(6, U32(7))));
  EXPECT_EQ(session.TakeOutput(), Control(6, U32(7)));
  session.Accept(1);
  EXPECT_THAT(session.TakeOutput(), HasSubstr(std::string("\x80\x03\x00\x02", 4)));
  EXPECT_FALSE(session.client_closed());
  EXPECT_OK(session.Receive(Control(7, U32(0) + U32(0))));
  EXPECT_TRUE(session.client_closed());
}

TEST(SpdyTest, SmallFramesDoNotBecomeMuchMemory) {
  Client many;
  SpdySession headers;
  EXPECT_THAT(Seen(headers.Receive(many.Open(1, Headers(33, {"", ""})))), ElementsAre(HasSubstr("too many headers")));
  Client client;
  std::string opens;
  for (uint32_t stream = 1; stream < 600; stream += 2) opens += client.Open(stream, {});
  SpdySession session;
  EXPECT_THAT(Seen(session.Receive(opens)), ElementsAre(HasSubstr("too many streams at once")));
}

TEST(SpdyTest, RefusesWhatIsMalformed) {
  for (const std::string& bytes :
       {Control(1, "short"), Control(1, absl::StrCat(U32(1), U32(0), std::string(2, '\0'), "no zlib")),
        U32(0x80020001) + U32(0), U32(1) + U32(0xffffff), Control(3, "")}) {
    SpdySession session;
    EXPECT_THAT(Seen(session.Receive(bytes)), ElementsAre(HasSubstr("SPDY frames are malformed")));
  }
  Client client;
  SpdySession session;
  EXPECT_OK(session.Receive(client.Open(3, {})));
  EXPECT_FALSE(session.Receive(client.Open(3, {})).ok());
}

}  // namespace
}  // namespace kubelite::http
