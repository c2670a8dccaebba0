#include "common/base/signing_key.h"

#include <gtest/gtest.h>

#include "common/base/certificates.h"
#include "common/base/simulated_executor.h"
#include "common/base/testing/status_matchers.h"

namespace kubelite::base {
namespace {

TEST(SigningKeyTest, VerifiesWhatItSigned) {
  ASSERT_OK_AND_ASSIGN(const auto key, SigningKey::Create());
  ASSERT_OK_AND_ASSIGN(const auto other, SigningKey::Create());
  const std::string signature = key->Sign("message");
  EXPECT_EQ(signature.size(), 64u);
  EXPECT_TRUE(key->Verify("message", signature));
  EXPECT_FALSE(key->Verify("massage", signature));
  EXPECT_FALSE(other->Verify("message", signature));
  EXPECT_FALSE(key->Verify("message", ""));
  for (const size_t byte : {0, 31, 32, 63}) {
    std::string broken = signature;
    broken[byte] ^= 1;
    EXPECT_FALSE(key->Verify("message", broken));
  }
  EXPECT_FALSE(key->Verify("message", std::string(64, '\0')));
  EXPECT_EQ(key->x().size(), 32u);
  EXPECT_NE(key->x(), key->y());
}

TEST(SigningKeyTest, IsKeptAsPem) {
  ASSERT_OK_AND_ASSIGN(const auto key, SigningKey::Create());
  ASSERT_OK_AND_ASSIGN(const auto again, SigningKey::FromPem(key->ToPem()));
  EXPECT_TRUE(again->Verify("m", key->Sign("m")));
  EXPECT_EQ(again->x(), key->x());
  EXPECT_FALSE(SigningKey::FromPem("").ok());
  EXPECT_FALSE(SigningKey::FromPem("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n").ok());
}

}  // namespace
}  // namespace kubelite::base
