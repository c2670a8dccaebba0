#include "store/key_codec.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>
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
  EXPECT_EQ(EncodeDataRow({false, 300, "value"}), "\x01\xac\x02value");
  EXPECT_EQ(EncodeDataRow({true, 0, ""}), "\x02");
  EXPECT_EQ(EncodeLogKey(258), std::string(6, '\0') + "\x01\x02");
  EXPECT_EQ(EncodeLogRow({Event::Type::kPut, 1, 2, "/a"}), "\x01\x01\x02/a");
  EXPECT_EQ(EncodeLogRow({Event::Type::kDelete, 0, 2, "/a"}), "\x02" + kZero + "\x02/a");
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
    const std::string prefix_end = EncodeDataPrefixEnd(other);
    const bool in_prefix = row >= EncodeDataLowerBound(other) && (prefix_end.empty() || row < prefix_end);
    ASSERT_EQ(in_prefix, key.starts_with(other));
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

TEST(KeyCodecTest, DamagedRowsAreRefused) {
  std::string key;
  Revision revision = 0;
  DataRow data;
  LogRow log;
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
  EXPECT_FALSE(DecodeLogKey("1234567", &revision));
  EXPECT_FALSE(DecodeLogKey(std::string(8, '\0'), &revision));
  EXPECT_FALSE(DecodeLogRow("\x01\x01", &log));
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
