#include "common/control/expectations.h"

#include <gtest/gtest.h>

namespace kubelite::control {
namespace {

const api::ObjectKey kOwner{"default", "rs"};
const absl::Time kNow = absl::FromUnixSeconds(1'900'000'000);

TEST(ExpectationsTest, AnUnknownOwnerIsSatisfied) { EXPECT_TRUE(Expectations().Satisfied(kOwner, kNow)); }

TEST(ExpectationsTest, CreationsAreAwaited) {
  Expectations expectations;
  expectations.ExpectCreations(kOwner, 2, kNow);
  EXPECT_FALSE(expectations.Satisfied(kOwner, kNow));
  expectations.CreationObserved(kOwner);
  EXPECT_FALSE(expectations.Satisfied(kOwner, kNow));
  expectations.CreationFailed(kOwner);
  EXPECT_TRUE(expectations.Satisfied(kOwner, kNow));
}

TEST(ExpectationsTest, CreationsByOthersDoNotCountInAdvance) {
  Expectations expectations;
  expectations.CreationObserved(kOwner);
  expectations.ExpectCreations(kOwner, 0, kNow);
  expectations.CreationObserved(kOwner);
  expectations.ExpectCreations(kOwner, 1, kNow);
  EXPECT_FALSE(expectations.Satisfied(kOwner, kNow));
}

TEST(ExpectationsTest, DeletionsAreAwaitedByUid) {
  Expectations expectations;
  expectations.ExpectDeletions(kOwner, {"u1", "u2"}, kNow);
  expectations.DeletionObserved(kOwner, "u1");
  expectations.DeletionObserved(kOwner, "u1");
  expectations.DeletionObserved(kOwner, "other");
  EXPECT_FALSE(expectations.Satisfied(kOwner, kNow));
  expectations.DeletionObserved(kOwner, "u2");
  EXPECT_TRUE(expectations.Satisfied(kOwner, kNow));
}

TEST(ExpectationsTest, TheyExpireAndStartAfresh) {
  Expectations expectations;
  expectations.ExpectCreations(kOwner, 3, kNow);
  EXPECT_FALSE(expectations.Satisfied(kOwner, kNow + absl::Minutes(5)));
  const absl::Time later = kNow + absl::Minutes(5) + absl::Seconds(1);
  EXPECT_TRUE(expectations.Satisfied(kOwner, later));
  expectations.ExpectCreations(kOwner, 1, later);
  expectations.CreationObserved(kOwner);
  EXPECT_TRUE(expectations.Satisfied(kOwner, later)) << "what expired must not be awaited again";
}

TEST(ExpectationsTest, ForgetDropsThem) {
  Expectations expectations;
  expectations.ExpectCreations(kOwner, 1, kNow);
  expectations.Forget(kOwner);
  EXPECT_TRUE(expectations.Satisfied(kOwner, kNow));
}

}  // namespace
}  // namespace kubelite::control
