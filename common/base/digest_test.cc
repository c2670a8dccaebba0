#include "common/base/digest.h"

#include <gtest/gtest.h>

namespace kubelite::base {
namespace {

TEST(DigestTest, IsSha256) {
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace kubelite::base
