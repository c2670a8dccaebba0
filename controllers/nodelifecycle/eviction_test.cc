#include "controllers/nodelifecycle/eviction.h"

#include <gtest/gtest.h>

#include "common/api/testing/builders.h"

namespace kubelite::controllers {
namespace {

using api::testing::MakeNode;
using api::testing::MakePod;
using k8s::core::v1::Node;
using k8s::core::v1::Pod;

const absl::Time kSeen = absl::UnixEpoch() + absl::Hours(10);

Pod Tolerating(const std::string& key, int seconds) {
  return MakePod("p")
      .Node("n")
      .With([&](Pod* pod) {
        auto* toleration = pod->mutable_spec()->add_tolerations();
        toleration->set_key(key);
        toleration->set_operator_("Exists");
        toleration->set_effect("NoExecute");
        if (seconds != -1) toleration->set_tolerationseconds(seconds);
      })
      .Build();
}

TEST(EvictionTime, Cases) {
  const Node tainted = MakeNode("n").Taint("k", "", "NoExecute").Build();
  Node timed = tainted;
  timed.mutable_spec()->mutable_taints(0)->mutable_timeadded()->set_seconds(absl::ToUnixSeconds(kSeen) - 100);
  const Node two = MakeNode("n").Taint("k", "", "NoExecute").Taint("other", "", "NoExecute").Build();
  EXPECT_EQ(EvictionTime(MakePod("p").Build(), MakeNode("n").Taint("k", "", "NoSchedule").Build(), kSeen),
            absl::InfiniteFuture());
  EXPECT_EQ(EvictionTime(MakePod("p").Build(), tainted, kSeen), absl::InfinitePast());
  EXPECT_EQ(EvictionTime(Tolerating("k", -1), tainted, kSeen), absl::InfiniteFuture());
  EXPECT_EQ(EvictionTime(Tolerating("k", 0), tainted, kSeen), absl::InfinitePast());
  EXPECT_EQ(EvictionTime(Tolerating("k", 300), tainted, kSeen), kSeen + absl::Seconds(300));
  EXPECT_EQ(EvictionTime(Tolerating("k", 300), timed, kSeen), kSeen + absl::Seconds(200));
  EXPECT_EQ(EvictionTime(Tolerating("k", 300), two, kSeen), absl::InfinitePast());
  EXPECT_EQ(EvictionTime(Tolerating("", 60), two, kSeen), kSeen + absl::Seconds(60));
}

}  // namespace
}  // namespace kubelite::controllers
