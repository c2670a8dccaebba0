#include "common/net/output_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "common/base/random.h"

namespace kubelite::net {
namespace {

std::string Peeked(const OutputQueue& queue, size_t* pieces = nullptr) {
  std::array<iovec, 1000> io;
  const size_t count = queue.Peek(absl::MakeSpan(io));
  std::string bytes;
  for (size_t i = 0; i < count; ++i) bytes.append(static_cast<const char*>(io[i].iov_base), io[i].iov_len);
  if (pieces != nullptr) *pieces = count;
  return bytes;
}

TEST(OutputQueueTest, SmallPiecesAreGathered) {
  OutputQueue queue;
  for (int i = 0; i < 100; ++i) queue.Append("abc");
  const Bytes small = Bytes::Own("def");
  queue.Append(small, small.view);
  size_t pieces = 0;
  EXPECT_EQ(Peeked(queue, &pieces).size(), 303u);
  EXPECT_EQ(pieces, 1u);
  EXPECT_EQ(small.owner.use_count(), 1);
}

TEST(OutputQueueTest, LargePiecesAreShared) {
  OutputQueue queue;
  const Bytes large = Bytes::Own(std::string(100000, 'x'));
  queue.Append("a");
  queue.Append(large, large.view);
  queue.Append("b");
  std::array<iovec, 3> pieces;
  ASSERT_EQ(queue.Peek(absl::MakeSpan(pieces)), 3u);
  EXPECT_EQ(pieces[1].iov_base, large.view.data());
  queue.Consume(queue.size());
  EXPECT_EQ(large.owner.use_count(), 1);
}

TEST(OutputQueueTest, BytesLeaveInOrderHoweverTheyAreTaken) {
  base::Random random(3);
  OutputQueue queue;
  std::string expected;
  std::string sent;
  for (int i = 0; i < 2000; ++i) {
    const std::string piece(random.Uniform(random.Uniform(10) == 0 ? 50000 : 50), static_cast<char>('a' + i % 26));
    if (random.Uniform(2) == 0) {
      queue.Append(piece);
    } else {
      const Bytes shared = Bytes::Own(piece);
      queue.Append(shared, shared.view);
    }
    expected += piece;
    const std::string front = Peeked(queue);
    const size_t size = random.Uniform(front.size() + 1);
    sent += front.substr(0, size);
    queue.Consume(size);
    ASSERT_EQ(queue.size(), expected.size() - sent.size());
    ASSERT_EQ(queue.empty(), queue.size() == 0);
  }
  EXPECT_EQ(sent + Peeked(queue), expected);
}

}  // namespace
}  // namespace kubelite::net
