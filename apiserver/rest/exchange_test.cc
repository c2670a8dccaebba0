#include "apiserver/rest/exchange.h"

#include <gtest/gtest.h>

namespace kubelite::apiserver {
namespace {

TEST(IndentJsonTest, PutsEveryMemberOnItsLine) {
  EXPECT_EQ(IndentJson(R"({"a":{"b":[1,2],"c":{},"d":[]},"e":"x\"{,:"})"),
            "{\n  \"a\": {\n    \"b\": [\n      1,\n      2\n    ],\n    \"c\": {},\n    \"d\": []\n  },\n"
            "  \"e\": \"x\\\"{,:\"\n}");
  EXPECT_EQ(IndentJson(R"("not whole)"), R"("not whole)");
}

}  // namespace
}  // namespace kubelite::apiserver
