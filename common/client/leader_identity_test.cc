#include "common/client/leader_identity.h"

#include <gtest/gtest.h>

#include <optional>

#include "common/base/file.h"

namespace kubelite::client {
namespace {

TEST(LeaderIdentity, IsTheSameAfterARestart) {
  base::TemporaryDirectory directory;
  base::Random random(1);
  const std::string path = directory.path() + "/config";
  std::optional<LeaderIdentity> first = LeaderIdentity::Claim(path, &random);
  const std::string text = first->text();
  first.reset();
  EXPECT_EQ(LeaderIdentity::Claim(path, &random).text(), text);
}

TEST(LeaderIdentity, TwoAtATimeDiffer) {
  base::TemporaryDirectory directory;
  base::Random random(1);
  const std::string path = directory.path() + "/config";
  const LeaderIdentity first = LeaderIdentity::Claim(path, &random);
  const LeaderIdentity second = LeaderIdentity::Claim(path, &random);
  const LeaderIdentity third = LeaderIdentity::Claim(path, &random);
  EXPECT_NE(first.text(), second.text());
  EXPECT_NE(second.text(), third.text());
}

TEST(LeaderIdentity, DifferentConfigsDiffer) {
  base::TemporaryDirectory directory;
  base::Random random(1);
  const LeaderIdentity first = LeaderIdentity::Claim(directory.path() + "/a", &random);
  const LeaderIdentity second = LeaderIdentity::Claim(directory.path() + "/b", &random);
  EXPECT_NE(first.text(), second.text());
}

TEST(LeaderIdentity, WorksWithoutALockFile) {
  base::Random random(1);
  const LeaderIdentity first = LeaderIdentity::Claim("/nonexistent/config", &random);
  const LeaderIdentity second = LeaderIdentity::Claim("/nonexistent/config", &random);
  EXPECT_NE(first.text(), second.text());
}

}  // namespace
}  // namespace kubelite::client
