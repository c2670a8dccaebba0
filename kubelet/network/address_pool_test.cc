#include "kubelet/network/address_pool.h"

#include <unistd.h>

#include "absl/strings/match.h"
#include "common/base/testing/status_matchers.h"

namespace kubelite::kubelet {
namespace {

std::string Seed(const char* name) { return absl::StrCat(name, getpid()); }

TEST(AddressPool, GivesDifferentLoopbackAddresses) {
  AddressPool pool(Seed("a"));
  ASSERT_OK_AND_ASSIGN(const AddressClaim first, pool.Claim());
  ASSERT_OK_AND_ASSIGN(const AddressClaim second, pool.Claim());
  EXPECT_TRUE(absl::StartsWith(first.address(), "127.")) << first.address();
  EXPECT_NE(first.address(), second.address());
}

TEST(AddressPool, AnotherKubeletDoesNotGetAClaimedAddress) {
  AddressPool one(Seed("same"));
  AddressPool other(Seed("same"));
  ASSERT_OK_AND_ASSIGN(const AddressClaim first, one.Claim());
  ASSERT_OK_AND_ASSIGN(const AddressClaim second, other.Claim());
  EXPECT_NE(first.address(), second.address());
}

TEST(AddressPool, AReleasedAddressIsFree) {
  std::string released;
  {
    AddressPool pool(Seed("free"));
    ASSERT_OK_AND_ASSIGN(const AddressClaim claim, pool.Claim());
    released = claim.address();
  }
  AddressPool again(Seed("free"));
  ASSERT_OK_AND_ASSIGN(const AddressClaim claim, again.Claim());
  EXPECT_EQ(claim.address(), released);
}

TEST(AddressPool, SkipsNetworkAndBroadcastAddresses) {
  AddressPool pool(Seed("skip"));
  for (int i = 0; i < 300; ++i) {
    ASSERT_OK_AND_ASSIGN(const AddressClaim claim, pool.Claim());
    EXPECT_FALSE(absl::EndsWith(claim.address(), ".0") || absl::EndsWith(claim.address(), ".255")) << claim.address();
  }
}

}  // namespace
}  // namespace kubelite::kubelet
