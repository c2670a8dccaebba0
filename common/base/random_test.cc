#include "common/base/random.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace kubelite::base {
namespace {

using ::testing::MatchesRegex;

TEST(RandomTest, SameSeedGivesTheSameSequence) {
  Random a(7);
  Random b(7);
  Random c(8);
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const uint64_t value = a.Next();
    EXPECT_EQ(value, b.Next());
    differs |= value != c.Next();
  }
  EXPECT_TRUE(differs);
}

TEST(RandomTest, MatchesTheReferenceSequenceOfSplitMix64) {
  Random random(1234567);
  EXPECT_EQ(random.Next(), 6457827717110365317u);
  EXPECT_EQ(random.Next(), 3203168211198807973u);
}

TEST(RandomTest, UniformCoversItsRangeEvenly) {
  Random random(3);
  std::vector<int> counts(10);
  for (int i = 0; i < 100'000; ++i) ++counts[random.Uniform(10)];
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 600);
  EXPECT_EQ(random.Uniform(1), 0u);
}

TEST(RandomTest, FractionLiesInItsRange) {
  Random random(3);
  double sum = 0;
  for (int i = 0; i < 10'000; ++i) {
    const double value = random.Fraction();
    ASSERT_GE(value, 0);
    ASSERT_LT(value, 1);
    sum += value;
  }
  EXPECT_NEAR(sum / 10'000, 0.5, 0.02);
}

TEST(RandomTest, UuidIsVersionFour) {
  Random random(3);
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string uuid = random.Uuid();
    ASSERT_THAT(uuid, MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
    EXPECT_TRUE(seen.insert(uuid).second);
  }
}

TEST(RandomTest, NameSuffixUsesTheNameAlphabet) {
  Random random(3);
  EXPECT_THAT(random.NameSuffix(200), MatchesRegex("[bcdfghjklmnpqrstvwxz2456789]{200}"));
  EXPECT_EQ(random.NameSuffix(0), "");
}

TEST(RandomTest, SystemSeedsDiffer) { EXPECT_NE(Random::FromSystem()->Next(), Random::FromSystem()->Next()); }

}  // namespace
}  // namespace kubelite::base
