#include "kubectl-lite/print/line_diff.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace kubelite::cli {
namespace {

TEST(LineDiffTest, ShowsWhatDiffersWithThreeLinesAround) {
  const std::string before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n";
  const std::string after = "1\n2\n3\n4\nfive\n6\n7\n8\n9\n10\n11\n12\n13\n";
  EXPECT_EQ(UnifiedDiff(before, after, "old", "new"),
            "--- old\n+++ new\n"
            "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n"
            "@@ -10,3 +10,4 @@\n 10\n 11\n 12\n+13\n");
}

TEST(LineDiffTest, NearbyChangesShareAHunk) {
  EXPECT_EQ(UnifiedDiff("a\nb\nc\n", "a\nx\nc\ny\n", "old", "new"),
            "--- old\n+++ new\n@@ -1,3 +1,4 @@\n a\n-b\n+x\n c\n+y\n");
}

TEST(LineDiffTest, EqualTextsAndEmptyOnes) {
  EXPECT_EQ(UnifiedDiff("a\n", "a\n", "old", "new"), "");
  EXPECT_EQ(UnifiedDiff("", "a\n", "/dev/null", "new"), "--- /dev/null\n+++ new\n@@ -1,0 +1,1 @@\n+a\n");
}

TEST(LineDiffTest, HugeDifferencesAreStillShown) {
  std::string before;
  std::string after;
  for (int i = 0; i < 5000; ++i) {
    absl::StrAppend(&before, "old ", i, "\n");
    absl::StrAppend(&after, "new ", i, "\n");
  }
  const std::string diff = UnifiedDiff(before, after, "old", "new");
  EXPECT_NE(diff.find("@@ -1,5000 +1,5000 @@"), std::string::npos);
}

}  // namespace
}  // namespace kubelite::cli
