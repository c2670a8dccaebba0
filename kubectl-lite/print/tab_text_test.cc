#include "kubectl-lite/print/tab_text.h"

#include <gtest/gtest.h>

namespace kubelite::cli {
namespace {

TEST(TabTextTest, AlignsAdjacentLines) {
  EXPECT_EQ(AlignTabs("Name:\thello\nNamespace:\tdefault\n"), "Name:       hello\nNamespace:  default\n");
}

TEST(TabTextTest, ALineWithoutTabsEndsTheColumn) {
  EXPECT_EQ(AlignTabs("A:\t1\nLong title:\t2\nEvents:\nB:\t3\n"), "A:           1\nLong title:  2\nEvents:\nB:  3\n");
}

TEST(TabTextTest, InnerColumnsAreRunsOfTheirOwn) {
  EXPECT_EQ(AlignTabs("a\tb\tc\naaaa\tbbbb\tc\na\tx\n"), "a     b     c\naaaa  bbbb  c\na     x\n");
}

TEST(TabTextTest, EmptyCellsKeepTheirPlace) {
  EXPECT_EQ(AlignTabs("Labels:\ta=b\n\tc=d\n"), "Labels:  a=b\n         c=d\n");
}

TEST(TabTextTest, TextWithoutTabsStays) {
  EXPECT_EQ(AlignTabs(""), "");
  EXPECT_EQ(AlignTabs("a\n\nb"), "a\n\nb");
}

}  // namespace
}  // namespace kubelite::cli
