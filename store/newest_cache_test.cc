#include "store/newest_cache.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"

namespace kubelite::store {
namespace {

EventPtr MakeEvent(const std::string& key, Revision revision, size_t value_bytes = 10) {
  auto event = std::make_shared<Event>();
  event->kv.key = key;
  event->kv.value = std::string(value_bytes, 'v');
  event->kv.mod_revision = revision;
  return event;
}

TEST(NewestCacheTest, FindsTheLastChange) {
  NewestCache cache(100'000);
  EXPECT_EQ(cache.Find("a"), nullptr);
  cache.Insert(MakeEvent("a", 1));
  cache.Insert(MakeEvent("b", 2));
  cache.Insert(MakeEvent("a", 3));
  EXPECT_EQ(cache.Find("a")->revision(), 3);
  EXPECT_EQ(cache.Find("b")->revision(), 2);
  cache.Clear();
  EXPECT_EQ(cache.Find("a"), nullptr);
}

TEST(NewestCacheTest, KeepsWhatIsUsedAndForgetsTheRest) {
  NewestCache cache(10'000);
  cache.Insert(MakeEvent("used", 1));
  for (Revision i = 0; i < 200; ++i) {
    cache.Insert(MakeEvent(absl::StrCat("k", i), i));
    ASSERT_NE(cache.Find("used"), nullptr) << i;
  }
  EXPECT_EQ(cache.Find("k0"), nullptr);
  EXPECT_NE(cache.Find("k199"), nullptr);
}

TEST(NewestCacheTest, NeverKeepsAnOlderChangeBesideANewerOne) {
  NewestCache cache(2'000);
  for (Revision i = 1; i < 1000; ++i) {
    const std::string key = absl::StrCat("k", i % 7);
    const EventPtr before = cache.Find(key);
    if (before != nullptr) {
      ASSERT_EQ(before->revision(), i - 7);
    }
    cache.Insert(MakeEvent(key, i, static_cast<size_t>(i % 400)));
  }
}

TEST(NewestCacheTest, LargeValuesAreNotKeptNorTheirOlderVersions) {
  NewestCache cache(2'000);
  cache.Insert(MakeEvent("a", 1));
  cache.Insert(MakeEvent("a", 2, 5'000));
  EXPECT_EQ(cache.Find("a"), nullptr);
}

}  // namespace
}  // namespace kubelite::store
