#include "store/range_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/random.h"

namespace kubelite::store {
namespace {

std::vector<int> Find(const RangeTree<int>& tree, absl::string_view key) {
  std::vector<int> found;
  tree.ForEachContaining(key, [&](int value) { found.push_back(value); });
  std::sort(found.begin(), found.end());
  return found;
}

TEST(RangeTreeTest, FindsTheRangesThatContainAKey) {
  RangeTree<int> tree;
  tree.Insert({"b", "d"}, 1);
  tree.Insert({"c", ""}, 2);
  tree.Insert({"", "c"}, 3);
  tree.Insert({"d", "b"}, 4);
  EXPECT_THAT(Find(tree, "a"), testing::ElementsAre(3));
  EXPECT_THAT(Find(tree, "b"), testing::ElementsAre(1, 3));
  EXPECT_THAT(Find(tree, "c"), testing::ElementsAre(1, 2));
  EXPECT_THAT(Find(tree, "d"), testing::ElementsAre(2));
  tree.Remove({"c", ""}, 2);
  EXPECT_THAT(Find(tree, "d"), testing::IsEmpty());
  EXPECT_EQ(tree.size(), 3u);
}

TEST(RangeTreeTest, AgreesWithALinearSearch) {
  base::Random random(1);
  const auto any_key = [&] { return absl::StrCat(random.Uniform(30)); };
  RangeTree<int> tree;
  std::vector<std::pair<KeyRange, int>> all;
  for (int step = 0; step < 5000; ++step) {
    if (all.empty() || random.Uniform(5) < 3) {
      all.push_back({{any_key(), random.Uniform(8) == 0 ? "" : any_key()}, step});
      tree.Insert(all.back().first, step);
    } else {
      std::swap(all[random.Uniform(all.size())], all.back());
      tree.Remove(all.back().first, all.back().second);
      all.pop_back();
    }
    const std::string key = any_key();
    std::vector<int> wanted;
    for (const auto& [range, value] : all) {
      if (range.Contains(key)) wanted.push_back(value);
    }
    std::sort(wanted.begin(), wanted.end());
    ASSERT_EQ(Find(tree, key), wanted) << step;
  }
  size_t count = 0;
  tree.ForEach([&](int) { ++count; });
  EXPECT_EQ(count, all.size());
}

}  // namespace
}  // namespace kubelite::store
