#include "store/version_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace kubelite::store {
namespace {

using testing::ElementsAre;

// Which of the rows, given in table order, are kept.
std::vector<std::string> Kept(Revision compacted, const std::vector<std::pair<std::string, Revision>>& rows) {
  VersionFilter filter(compacted);
  std::vector<std::string> kept;
  for (const auto& [key, revision] : rows) {
    if (!filter.Drop(EncodeDataKey(key, revision))) kept.push_back(key + std::to_string(revision));
  }
  return kept;
}

TEST(VersionFilterTest, KeepsWhatIsNewerThanTheCompactedRevision) {
  EXPECT_THAT(Kept(2, {{"a", 5}, {"a", 4}, {"a", 3}}), ElementsAre("a5", "a4", "a3"));
}

TEST(VersionFilterTest, KeepsTheNewestVersionAtOrBelowIt) {
  EXPECT_THAT(Kept(4, {{"a", 6}, {"a", 4}, {"a", 3}, {"a", 1}, {"b", 3}, {"b", 2}}), ElementsAre("a6", "a4", "b3"));
}

TEST(VersionFilterTest, TellsKeysApartThatShareAPrefix) {
  EXPECT_THAT(Kept(9, {{"a", 2}, {"aa", 1}, {"ab", 3}}), ElementsAre("a2", "aa1", "ab3"));
}

TEST(VersionFilterTest, DropsNothingOnASubsetThatLacksTheNewerVersion) {
  EXPECT_THAT(Kept(9, {{"a", 2}, {"b", 1}}), ElementsAre("a2", "b1"));
}

TEST(VersionFilterTest, KeepsRowsItCannotRead) {
  VersionFilter filter(9);
  EXPECT_FALSE(filter.Drop("junk"));
  EXPECT_FALSE(filter.Drop("junk"));
}

}  // namespace
}  // namespace kubelite::store
