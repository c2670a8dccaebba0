#include "store/key_codec.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "common/base/random.h"

namespace kubelite::store {
namespace {

const std::string kZero("\0", 1);

std::string AnyKey(base::Random* random) {
  static constexpr char kBytes[] = {'\0', '\x01', '\x02', 'a', 'b', '\xfe', '\xff'};
  std::string key;
  for (uint64_t length = random->Uniform(6); length > 0; --length) key += kBytes[random->Uniform(sizeof(kBytes))];
  return key;
}

TEST(KeyCodecTest, FormatsStayAsTheyAre) {
  EXPECT_EQ(EncodeDataKey("/a" + kZero + "b", 1),
            "/a" + kZero + "\xff" + "b" + kZero + "\x01" + "\xff\xff\xff\xff\xff\xff\xff\xfe");
  EXPECT_EQ(EncodeDataRow({false, 300, 2, 0, "value"}), "\x01\xac\x02\x02" + kZero + "value");
  EXPECT_EQ(EncodeDataRow({false, 1, 1, -1, ""}), "\x01\x01\x01\x01");
  EXPECT_EQ(EncodeDataRow({true}), "\x02");
  EXPECT_EQ(EncodeLogKey(258), std::string(6, '\0') + "\x01\x02");
  EXPECT_EQ(EncodeLogKey(258, 1), EncodeLogKey(258) + std::string(3, '\0') + "\x01");
  EXPECT_EQ(EncodeLogRow({Event::Type::kPut, StepRow{3, 64, 5, "me"}, 2, "/a"}), "\x11\x03\x80\x01\x05\x02me\x02/a");
  EXPECT_EQ(EncodeLogRow({Event::Type::kDelete, std::nullopt, 2, "/a"}), "\x02\x02/a");
  EXPECT_EQ(EncodeLeaseKey(7), "L" + std::string(7, '\0') + "\x07");
  EXPECT_EQ(EncodeLeaseRow({7, absl::Microseconds(1), absl::FromUnixMicros(2)}), "\x02\x04");
  EXPECT_EQ(EncodeHeldKey(7, "/a"), "K" + std::string(7, '\0') + "\x07/a");
  EXPECT_EQ(EncodeMetaNumber(12), "12");
}

TEST(KeyCodecTest, DataKeysGoBothWays) {
  base::Random random(1);
  for (int i = 0; i < 2000; ++i) {
    const std::string key = AnyKey(&random);
    const Revision revision = 1 + static_cast<Revision>(random.Uniform(std::numeric_limits<int64_t>::max()));
    std::string decoded;
    Revision decoded_revision = 0;
    ASSERT_TRUE(DecodeDataKey(EncodeDataKey(key, revision), &decoded, &decoded_revision));
    EXPECT_EQ(decoded, key);
    EXPECT_EQ(decoded_revision, revision);
  }
}

TEST(KeyCodecTest, DataKeysSortByKeyThenNewestFirst) {
  base::Random random(2);
  for (int i = 0; i < 20000; ++i) {
    const std::string a = AnyKey(&random);
    const std::string b = AnyKey(&random);
    const Revision revision_a = 1 + static_cast<Revision>(random.Uniform(300));
    const Revision revision_b = 1 + static_cast<Revision>(random.Uniform(300));
    const bool before = a != b ? a < b : revision_a > revision_b;
    ASSERT_EQ(EncodeDataKey(a, revision_a) < EncodeDataKey(b, revision_b), before);
  }
}

TEST(KeyCodecTest, BoundsSeparateKeys) {
  base::Random random(3);
  for (int i = 0; i < 20000; ++i) {
    const std::string key = AnyKey(&random);
    const std::string other = AnyKey(&random);
    const std::string row = EncodeDataKey(key, 1 + static_cast<Revision>(random.Uniform(300)));
    ASSERT_EQ(row >= EncodeDataLowerBound(other), key >= other);
    const bool in_key =
        row >= EncodeDataKey(other, std::numeric_limits<int64_t>::max()) && row < EncodeDataKeyEnd(other);
    ASSERT_EQ(in_key, key == other);
  }
}

TEST(KeyCodecTest, StemsAreSharedByTheVersionsOfOneKey) {
  absl::string_view stem;
  Revision revision = 0;
  const std::string row = EncodeDataKey("a", 7);
  ASSERT_TRUE(SplitDataKey(row, &stem, &revision));
  EXPECT_EQ(revision, 7);
  EXPECT_EQ(StemRowKey(stem, 9), EncodeDataKey("a", 9));
  EXPECT_EQ(StemEnd(stem), EncodeDataKeyEnd("a"));
}

TEST(KeyCodecTest, LogKeysSortByRevisionThenPlace) {
  base::Random random(5);
  for (int i = 0; i < 2000; ++i) {
    const auto any = [&] {
      return std::pair(1 + static_cast<Revision>(random.Uniform(300)), static_cast<uint32_t>(random.Uniform(300)));
    };
    const auto a = any();
    const auto b = any();
    ASSERT_EQ(EncodeLogKey(a.first, a.second) < EncodeLogKey(b.first, b.second), a < b);
    Revision revision = 0;
    uint32_t place = 0;
    ASSERT_TRUE(DecodeLogKey(EncodeLogKey(a.first, a.second), &revision, &place));
    ASSERT_EQ(std::pair(revision, place), a);
  }
}

TEST(KeyCodecTest, RowsGoBothWays) {
  base::Random random(6);
  const auto number = [&] { return static_cast<int64_t>(random.Next() >> (1 + random.Uniform(63))); };
  for (int i = 0; i < 2000; ++i) {
    const std::string text = AnyKey(&random);
    DataRow data;
    const DataRow wanted = {false, number(), number(), static_cast<LeaseId>(random.Next()), text};
    const std::string data_row = EncodeDataRow(wanted);
    ASSERT_TRUE(DecodeDataRow(data_row, &data));
    ASSERT_EQ(std::tuple(data.create_revision, data.version, data.lease, data.value),
              std::tuple(wanted.create_revision, wanted.version, wanted.lease, wanted.value));
    LogRow log;
    const StepRow step = {1 + static_cast<uint32_t>(random.Uniform(1000)), number() - number(), number(), text};
    const std::string log_row = EncodeLogRow({Event::Type::kDelete, step, number(), text});
    ASSERT_TRUE(DecodeLogRow(log_row, &log));
    ASSERT_EQ(std::tuple(log.step->changes, log.step->time_micros, log.step->history_bytes, log.step->note, log.key),
              std::tuple(step.changes, step.time_micros, step.history_bytes, step.note, text));
    ASSERT_EQ(EncodeLogRow(log), log_row);
  }
}

TEST(KeyCodecTest, LeasesGoBothWays) {
  for (const Lease& lease : {Lease{1, absl::Seconds(10), absl::FromUnixSeconds(99)},
                             Lease{-5, absl::InfiniteDuration(), absl::InfiniteFuture()}}) {
    Lease decoded;
    ASSERT_TRUE(DecodeLeaseKey(EncodeLeaseKey(lease.id), &decoded.id));
    ASSERT_TRUE(DecodeLeaseRow(EncodeLeaseRow(lease), &decoded));
    EXPECT_EQ(decoded.id, lease.id);
    EXPECT_EQ(decoded.ttl, lease.ttl);
    EXPECT_EQ(decoded.deadline, lease.deadline);
    absl::string_view key;
    const std::string held = EncodeHeldKey(lease.id, "k");
    ASSERT_TRUE(DecodeHeldKey(held, &key));
    EXPECT_EQ(key, "k");
    EXPECT_LT(held, HeldKeysEnd(lease.id));
    EXPECT_GT(held, EncodeHeldKey(lease.id, ""));
  }
  EXPECT_EQ(HeldKeysEnd(-1), "L");
}

TEST(KeyCodecTest, DamagedRowsAreRefused) {
  std::string key;
  Revision revision = 0;
  DataRow data;
  LogRow log;
  uint32_t place = 0;
  Lease lease;
  absl::string_view held;
  int64_t number = 0;
  EXPECT_FALSE(DecodeDataKey("", &key, &revision));
  EXPECT_FALSE(DecodeDataKey("12345678", &key, &revision));
  EXPECT_FALSE(DecodeDataKey("no terminator 12345678", &key, &revision));
  EXPECT_FALSE(DecodeDataKey("a" + kZero + "\x03" + EncodeDataKey("b", 1), &key, &revision));
  EXPECT_FALSE(DecodeDataKey("a" + kZero + "\x01" + std::string(8, '\xff'), &key, &revision));  // revision 0
  EXPECT_FALSE(DecodeDataRow("", &data));
  EXPECT_FALSE(DecodeDataRow("\x03", &data));
  EXPECT_FALSE(DecodeDataRow("\x01", &data));
  EXPECT_FALSE(DecodeDataRow("\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", &data));
  EXPECT_FALSE(DecodeDataRow("\x02junk", &data));
  EXPECT_FALSE(DecodeDataRow("\x01\x01\x01", &data));
  EXPECT_FALSE(DecodeLogKey("1234567", &revision, &place));
  EXPECT_FALSE(DecodeLogKey("123456789", &revision, &place));
  EXPECT_FALSE(DecodeLogKey(std::string(8, '\0'), &revision, &place));
  EXPECT_FALSE(DecodeLogKey(EncodeLogKey(1) + std::string(4, '\0'), &revision, &place));
  EXPECT_FALSE(DecodeLogRow("", &log));
  EXPECT_FALSE(DecodeLogRow("\x01", &log));
  EXPECT_FALSE(DecodeLogRow("\x03\x01", &log));
  EXPECT_FALSE(DecodeLogRow("\x11" + kZero + kZero + kZero + kZero + "\x01", &log));  // a step of no changes
  EXPECT_FALSE(DecodeLogRow("\x11\x01\x01\x01\x7fshort", &log));
  EXPECT_FALSE(DecodeLeaseKey("L1234567", &lease.id));
  EXPECT_FALSE(DecodeLeaseKey("K12345678", &lease.id));
  EXPECT_FALSE(DecodeLeaseKey(EncodeLeaseKey(0), &lease.id));
  EXPECT_FALSE(DecodeLeaseRow("\x02", &lease));
  EXPECT_FALSE(DecodeLeaseRow("\x02\x04\x01", &lease));
  EXPECT_FALSE(DecodeHeldKey("K1234567", &held));
  EXPECT_FALSE(DecodeMetaNumber("x", &number));
}

TEST(KeyCodecTest, AnyBytesDecodeOrAreRefused) {
  base::Random random(4);
  for (int i = 0; i < 20000; ++i) {
    std::string bytes;
    for (uint64_t length = random.Uniform(20); length > 0; --length) bytes += static_cast<char>(random.Uniform(4));
    std::string key;
    Revision revision = 0;
    DataRow data;
    LogRow log;
    if (DecodeDataKey(bytes, &key, &revision)) {
      EXPECT_EQ(EncodeDataKey(key, revision), bytes);
    }
    if (DecodeDataRow(bytes, &data)) {
      EXPECT_GE(data.create_revision, 0);
    }
    if (DecodeLogRow(bytes, &log)) {
      EXPECT_GE(log.previous_revision, 0);
    }
  }
}

}  // namespace
}  // namespace kubelite::store
