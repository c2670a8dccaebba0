#include "apiserver/registry/compactor.h"
#include "apiserver/registry/registry_fixture.h"

namespace kubelite::apiserver {
namespace {

using k8s::core::v1::Event;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ExpiryTest : public RegistryTest {
 protected:
  Event MakeEvent(const std::string& name) {
    Event event;
    event.mutable_metadata()->set_name(name);
    event.mutable_metadata()->set_namespace_("default");
    event.mutable_involvedobject()->set_kind("Pod");
    event.mutable_involvedobject()->set_name("p");
    event.mutable_involvedobject()->set_namespace_("default");
    event.set_reason("Started");
    event.set_type("Normal");
    api::ToProto(executor_.clock().Now(), event.mutable_lasttimestamp());
    return event;
  }
};

TEST_F(ExpiryTest, EventsGoAnHourAfterTheirLastWrite) {
  ASSERT_OK(Create(MakeEvent("early")));
  executor_.Advance(absl::Minutes(30));
  ASSERT_OK_AND_ASSIGN(const auto late, Create(MakeEvent("late")));
  executor_.Advance(absl::Minutes(29));
  EXPECT_THAT(Names<Event>(), ElementsAre("early", "late"));
  executor_.Advance(absl::Minutes(2));
  EXPECT_THAT(Names<Event>(), ElementsAre("late"));
  Event again = *late;
  again.set_count(2);
  ASSERT_OK(client::Update(*client_, again));
  executor_.Advance(absl::Minutes(59));
  EXPECT_THAT(Names<Event>(), ElementsAre("late"));
  executor_.Advance(absl::Minutes(2));
  EXPECT_THAT(Names<Event>(), IsEmpty());
}

TEST_F(ExpiryTest, ARestartChangesNothing) {
  ASSERT_OK(Create(MakeEvent("e")));
  executor_.Advance(absl::Minutes(50));
  // A second registry over the same store, as after a restart.
  Registry::Options options;
  options.resources = AllResources();
  options.store = &server_.store();
  options.executor = &executor_;
  options.random = &random_;
  Registry restarted(std::move(options));
  ASSERT_OK(restarted.Bootstrap());
  executor_.Advance(absl::Minutes(9));
  EXPECT_THAT(Names<Event>(), ElementsAre("e"));
  executor_.Advance(absl::Minutes(2));
  EXPECT_THAT(Names<Event>(), IsEmpty());
}

TEST_F(ExpiryTest, EventsOfAMinuteShareALease) {
  const auto leases = [&] { return server_.store().Leases().size(); };
  for (int i = 0; i < 20; ++i) ASSERT_OK(Create(MakeEvent(absl::StrCat("e", i))));
  EXPECT_EQ(leases(), 1u);
  executor_.Advance(absl::Minutes(2));
  ASSERT_OK(Create(MakeEvent("later")));
  EXPECT_EQ(leases(), 2u);
  executor_.Advance(absl::Minutes(59));
  EXPECT_THAT(Names<Event>(), ElementsAre("later"));
  EXPECT_EQ(leases(), 1u);
  executor_.Advance(absl::Minutes(2));
  EXPECT_EQ(leases(), 0u);
}

TEST_F(ExpiryTest, ALeaseHoldsABoundedNumberOfEvents) {
  for (int i = 0; i < 1100; ++i) ASSERT_OK(Create(MakeEvent(absl::StrCat("e", i))));
  EXPECT_EQ(server_.store().Leases().size(), 2u);
  executor_.Advance(absl::Minutes(62));
  EXPECT_THAT(Names<Event>(), IsEmpty());
}

TEST_F(ExpiryTest, OtherObjectsStay) {
  ASSERT_OK(Create(MakeConfigMap("m")));
  EXPECT_TRUE(server_.store().Leases().empty());
}

class RetentionTest : public RegistryTest {
 protected:
  RetentionTest() : RegistryTest({.retention = absl::Minutes(5)}) {}
};

TEST_F(RetentionTest, HistoryIsForgottenAfterTheRetention) {
  ASSERT_OK(Create(MakeConfigMap("a")));
  const auto revision = server_.store().CurrentRevision();
  executor_.Advance(absl::Minutes(1));
  ASSERT_OK(Create(MakeConfigMap("b")));
  executor_.Advance(absl::Minutes(4) - absl::Seconds(1));
  EXPECT_EQ(server_.store().CompactedRevision(), 0);
  executor_.Advance(absl::Minutes(3));
  EXPECT_GE(server_.store().CompactedRevision(), revision);
  // Without writes it stays; present state is never lost.
  const auto compacted = server_.store().CompactedRevision();
  executor_.Advance(absl::Hours(1));
  EXPECT_GE(server_.store().CompactedRevision(), compacted);
  EXPECT_LE(server_.store().CompactedRevision(), server_.store().CurrentRevision());
  EXPECT_THAT(Names<ConfigMap>(), ElementsAre("a", "b"));
}

class RetentionBytesTest : public RegistryTest {
 protected:
  RetentionBytesTest() : RegistryTest({.retention_bytes = 100'000}) {}
};

TEST_F(RetentionBytesTest, TheOldestHistoryGoesWhenItIsTooMuch) {
  ConfigMap map = MakeConfigMap("a");
  ASSERT_OK(Create(map));
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 10; ++i) {
      (*map.mutable_data())["k"] = absl::StrCat(round, " ", i, std::string(1000, 'x'));
      ASSERT_OK(client::Update(*client_, map));
    }
    executor_.Advance(absl::Seconds(11));
    ASSERT_OK_AND_ASSIGN(const store::Stats stats, server_.store().GetStats());
    EXPECT_LE(stats.history_bytes, 100'000) << "round " << round;
  }
  EXPECT_GT(server_.store().CompactedRevision(), 100);
  // About as much as allowed is kept, and the present state whole.
  ASSERT_OK_AND_ASSIGN(const store::Stats stats, server_.store().GetStats());
  EXPECT_GT(stats.history_bytes, 50'000);
  EXPECT_THAT(Names<ConfigMap>(), ElementsAre("a"));
}

}  // namespace
}  // namespace kubelite::apiserver
