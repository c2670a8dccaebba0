#include "kubelet/worker/pod_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/api/testing/builders.h"

namespace kubelite::kubelet {
namespace {

using api::testing::MakePod;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

PodTable::PodPtr Pod(const std::string& name, const std::string& uid) { return MakePod(name).Uid(uid).BuildPtr(); }
const api::ObjectKey kKey{"default", "a"};

TEST(PodTable, WhatWasRemovedDoesNotComeBack) {
  PodTable table;
  EXPECT_TRUE(table.Set(Pod("a", "1"), PodSource::kApi));
  EXPECT_TRUE(table.Remove("1"));
  EXPECT_FALSE(table.Remove("1"));
  EXPECT_FALSE(table.Set(Pod("a", "1"), PodSource::kApi));
  EXPECT_TRUE(table.Find("1")->removed);
}

TEST(PodTable, ANameIsTakenUntilItsFirstPodIsForgotten) {
  PodTable table;
  table.Set(Pod("a", "1"), PodSource::kApi);
  table.Set(Pod("a", "2"), PodSource::kApi);
  EXPECT_FALSE(table.NameIsTaken("1"));
  EXPECT_TRUE(table.NameIsTaken("2"));
  table.Remove("1");
  EXPECT_TRUE(table.NameIsTaken("2"));
  EXPECT_EQ(table.FindByName(kKey)->pod->metadata().uid(), "2");
  EXPECT_THAT(table.Forget("1"), ElementsAre("2"));
  EXPECT_FALSE(table.NameIsTaken("2"));
  EXPECT_THAT(table.Forget("2"), IsEmpty());
  EXPECT_FALSE(table.FindByName(kKey));
}

TEST(PodTable, OrphansComeBeforeOthersOfTheirName) {
  PodTable table;
  table.Set(Pod("a", "new"), PodSource::kFile);
  table.AddOrphan(Pod("a", "old"), PodSource::kFile, absl::Seconds(1));
  EXPECT_TRUE(table.NameIsTaken("new"));
  EXPECT_TRUE(table.Find("old")->removed);
  EXPECT_EQ(table.Find("old")->grace, absl::Seconds(1));
}

TEST(PodTable, AKnownPodIsNoOrphan) {
  PodTable table;
  table.Set(Pod("a", "1"), PodSource::kApi);
  table.AddOrphan(Pod("a", "1"), PodSource::kApi, absl::Seconds(1));
  EXPECT_FALSE(table.Find("1")->removed);
}

}  // namespace
}  // namespace kubelite::kubelet
