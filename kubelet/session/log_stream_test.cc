// Logs over a connection.

#include <gtest/gtest.h>

#include <fstream>

#include "common/api/errors.h"
#include "common/base/file.h"
#include "common/base/simulated_executor.h"
#include "kubelet/session/node_streams.h"
#include "kubelite/v1/api.pb.h"

namespace kubelite::kubelet {
namespace {

using kubelite::v1::NodeMessage;
using kubelite::v1::ServerMessage;

class LogStreamTest : public ::testing::Test {
 protected:
  void Append(const std::string& text) {
    std::ofstream(path_, std::ios::app) << "2024-01-01T00:00:00.000000000Z stdout F " << text << "\n";
  }
  void Open(bool follow = false) {
    ServerMessage message;
    message.set_stream(7);
    message.mutable_open()->set_pod("p");
    message.mutable_open()->mutable_log()->set_follow(follow);
    Receive(message);
  }
  void Credit(int64_t bytes) {
    ServerMessage message;
    message.set_stream(7);
    message.mutable_credit()->set_bytes(bytes);
    Receive(message);
  }
  void Receive(const ServerMessage& message) {
    strand_.Post([this, message] { streams_.Receive(message); });
    executor_.Settle();
  }
  std::string Data() {
    std::string data;
    for (const NodeMessage& message : sent_) data += message.data().data();
    return data;
  }
  // The reason the stream was closed with; empty while it is open, "Success" for the regular end.
  std::string Closed() {
    for (const NodeMessage& message : sent_) {
      if (message.has_closed()) return message.closed().status() == "Success" ? "Success" : message.closed().reason();
    }
    return "";
  }

  base::TemporaryDirectory dir_;
  const std::string path_ = dir_.path() + "/0.log";
  bool running_ = true;
  absl::Status find_;
  std::vector<NodeMessage> sent_;
  base::SimulatedExecutor executor_{1};
  base::Strand strand_{&executor_};
  NodeStreams streams_{{[this](const kubelite::v1::StreamOpen&) -> absl::StatusOr<LogTarget> {
                          if (!find_.ok()) return find_;
                          return LogTarget{path_, [this] { return running_; }};
                        },
                        nullptr},
                       [this](NodeMessage message) { sent_.push_back(std::move(message)); },
                       nullptr,
                       &strand_};
};

TEST_F(LogStreamTest, NothingIsSentWithoutCredit) {
  Append("a");
  Open();
  EXPECT_TRUE(sent_.empty());
  Credit(1000);
  EXPECT_EQ(Data(), "a\n");
  EXPECT_EQ(sent_[0].data().channel(), 1);
  EXPECT_EQ(Closed(), "Success");
  EXPECT_EQ(streams_.size(), 0u);
}

TEST_F(LogStreamTest, SendingStopsWhenTheCreditIsUsedUp) {
  for (int i = 0; i < 100; ++i) Append("line");
  Open();
  Credit(10);
  const size_t first = Data().size();
  EXPECT_LT(first, 100u);
  EXPECT_EQ(Closed(), "");
  executor_.Advance(absl::Seconds(10));
  EXPECT_EQ(Data().size(), first);
  Credit(100000);
  EXPECT_EQ(Data().size(), 500u);
  EXPECT_EQ(Closed(), "Success");
}

TEST_F(LogStreamTest, AFollowedLogGrowsAndEndsWithItsContainer) {
  Append("a");
  Open(/*follow=*/true);
  Credit(1000);
  executor_.Advance(absl::Seconds(1));
  EXPECT_EQ(Data(), "a\n");
  Append("b");
  executor_.Advance(absl::Seconds(1));
  EXPECT_EQ(Data(), "a\nb\n");
  EXPECT_EQ(Closed(), "");
  Append("c");
  running_ = false;
  executor_.Advance(absl::Seconds(1));
  EXPECT_EQ(Data(), "a\nb\nc\n");
  EXPECT_EQ(Closed(), "Success");
}

TEST_F(LogStreamTest, TheReadersCloseEndsTheStreamSilently) {
  Append("a");
  Open(/*follow=*/true);
  Credit(1000);
  ServerMessage close;
  close.set_stream(7);
  close.mutable_close();
  Receive(close);
  EXPECT_EQ(streams_.size(), 0u);
  Append("b");
  executor_.Advance(absl::Seconds(1));
  EXPECT_EQ(Data(), "a\n");
  EXPECT_EQ(Closed(), "");
}

TEST_F(LogStreamTest, ErrorsCloseWithTheirReason) {
  find_ = api::BadRequest("no such container");
  Open();
  EXPECT_EQ(Closed(), "BadRequest");
}

TEST_F(LogStreamTest, UnknownKindsAreRefused) {
  ServerMessage message;
  message.set_stream(7);
  message.mutable_open()->set_pod("p");
  Receive(message);
  EXPECT_EQ(Closed(), "BadRequest");
}

}  // namespace
}  // namespace kubelite::kubelet
