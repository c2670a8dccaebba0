#include "kubelet/pod/expansion.h"

#include <gtest/gtest.h>

namespace kubelite::kubelet {
namespace {

struct Case {
  const char* text;
  const char* expanded;
};
class ExpandTest : public ::testing::TestWithParam<Case> {};

// The cases of upstream's third_party/forked/golang/expansion.
TEST_P(ExpandTest, AsUpstream) {
  const std::string a = "A";
  const std::string empty;
  EXPECT_EQ(Expand(GetParam().text,
                   [&](const std::string& name) {
                     return name == "VAR_A" ? &a : name == "VAR_EMPTY" ? &empty : nullptr;
                   }),
            GetParam().expanded);
}

INSTANTIATE_TEST_SUITE_P(All, ExpandTest,
                         ::testing::Values(Case{"$(VAR_A)", "A"}, Case{"___$(VAR_A)___", "___A___"},
                                           Case{"$(VAR_EMPTY)", ""}, Case{"$(VAR_X)", "$(VAR_X)"},
                                           Case{"$$(VAR_A)", "$(VAR_A)"}, Case{"$$$(VAR_A)", "$A"},
                                           Case{"$$$$(VAR_A)", "$$(VAR_A)"}, Case{"$VAR_A", "$VAR_A"},
                                           Case{"$(VAR_A", "$(VAR_A"}, Case{"$", "$"}, Case{"foo$", "foo$"},
                                           Case{"$(", "$("}, Case{"$()", "$()"}, Case{"$(VAR_A)$(VAR_A)", "AA"},
                                           Case{"\n$(VAR_A)", "\nA"}));

}  // namespace
}  // namespace kubelite::kubelet
