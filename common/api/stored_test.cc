#include "common/api/stored.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/api/testing/builders.h"
#include "common/api/testing/proto_matchers.h"
#include "common/base/testing/status_matchers.h"

namespace kubelite::api {
namespace {

using base::StatusIs;

TEST(Stored, GoldenBytes) {
  k8s::core::v1::ConfigMap map;
  map.mutable_metadata()->set_name("c");
  (*map.mutable_data())["b"] = "2";
  (*map.mutable_data())["a"] = "1";
  const std::string expected = absl::StrCat(std::string("k8s\0", 4), "\x0a\x0f\x0a\x02v1\x12\x09", "ConfigMap",
                                            "\x12\x15\x0a\x03\x0a\x01", "c", "\x12\x06\x0a\x01", "a", "\x12\x01", "1",
                                            "\x12\x06\x0a\x01", "b", "\x12\x01", "2", std::string("\x1a\0\x22\0", 4));
  EXPECT_EQ(EncodeStored(map), expected);
  ASSERT_OK_AND_ASSIGN(const auto decoded, DecodeStored(expected));
  EXPECT_THAT(*decoded, testing::EqualsProto(map));
}

TEST(Stored, RefusesForeignBytes) {
  const std::string good = EncodeStored(testing::MakePod("p").Build());
  for (const std::string& bytes : {std::string(), std::string("k8s"), std::string("{\"kind\":\"Pod\"}"),
                                   std::string("k8s\0\xff\xff", 6), std::string("k8s\0", 4), good.substr(0, 30)}) {
    EXPECT_THAT(DecodeStored(bytes).status(), StatusIs(absl::StatusCode::kDataLoss, "stored"));
  }
  std::string other = good;
  other.replace(other.find("Pod"), 3, "Pox");
  EXPECT_THAT(DecodeStored(other).status(), StatusIs(absl::StatusCode::kDataLoss, "no kind \"Pox\" is registered"));
}

}  // namespace
}  // namespace kubelite::api
