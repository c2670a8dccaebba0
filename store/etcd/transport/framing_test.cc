#include "store/etcd/transport/framing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/testing/status_matchers.h"
#include "etcd/kv.pb.h"

namespace kubelite::etcd {
namespace {

using base::StatusIs;
using testing::ElementsAre;

std::string Framed(const std::string& text) {
  Message message;
  message.head = std::string(kPrefixBytes, '\0') + text;
  SetPrefix(&message);
  return message.head;
}

// All messages of `bytes`, given in pieces of `step`.
absl::StatusOr<std::vector<std::string>> Read(const std::string& bytes, size_t step, size_t max = 1000) {
  MessageReader reader(max);
  std::vector<std::string> messages;
  for (size_t at = 0; at < bytes.size(); at += step) {
    const absl::Status status = reader.Append(absl::string_view(bytes).substr(at, step),
                                              [&](std::string message) { messages.push_back(std::move(message)); });
    if (!status.ok()) return status;
  }
  return messages;
}

TEST(FramingTest, MessagesComeBackHoweverTheyAreCut) {
  const std::string bytes = Framed("one") + Framed("") + Framed(std::string(300, 'x'));
  for (const size_t step : {1, 2, 5, 7, 1000}) {
    const auto messages = Read(bytes, step);
    ASSERT_OK(messages);
    EXPECT_THAT(*messages, ElementsAre("one", "", std::string(300, 'x'))) << step;
  }
}

TEST(FramingTest, ThePrefixCountsSharedParts) {
  Message message;
  message.head = std::string(kPrefixBytes, '\0') + "ab";
  message.tail.push_back(Bytes::Own("cde"));
  SetPrefix(&message);
  EXPECT_EQ(message.head, std::string("\0\0\0\0\5ab", 7));
  EXPECT_EQ(message.size(), kPrefixBytes + 5);
}

TEST(FramingTest, Limits) {
  EXPECT_OK(Read(Framed(std::string(10, 'x')), 3, 10));
  EXPECT_THAT(Read(Framed(std::string(11, 'x')), 3, 10), StatusIs(absl::StatusCode::kResourceExhausted, "11 vs. 10"));
  EXPECT_THAT(Read(std::string("\0\xff\xff\xff\xff", 5), 5, 10), StatusIs(absl::StatusCode::kResourceExhausted, ""));
  EXPECT_THAT(Read(std::string("\1\0\0\0\1x", 6), 6), StatusIs(absl::StatusCode::kUnimplemented, ""));
}

TEST(FramingTest, FramesProtobuf) {
  mvccpb::KeyValue kv;
  kv.set_key("k");
  EXPECT_EQ(Frame(kv).head, Framed(kv.SerializeAsString()));
}

TEST(FramingTest, StatusTextsAreEncoded) {
  EXPECT_EQ(EncodeStatusText("etcdserver: 100% \n\xc3\xa4"), "etcdserver: 100%25 %0a%c3%a4");
}

}  // namespace
}  // namespace kubelite::etcd
