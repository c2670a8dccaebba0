#include "common/client/events.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/api/errors.h"
#include "common/api/testing/builders.h"
#include "common/api/time.h"
#include "common/base/simulated_executor.h"
#include "common/base/testing/status_matchers.h"
#include "common/client/fake/fake_client.h"

namespace kubelite::client {
namespace {

using api::testing::MakeNode;
using api::testing::MakePod;
using ApiEvent = k8s::core::v1::Event;
using Type = EventRecorder::Type;

class EventsTest : public ::testing::Test {
 protected:
  std::vector<std::shared_ptr<const ApiEvent>> Stored() {
    const auto events = client::List<ApiEvent>(*client_);
    return events.ok() ? *events : std::vector<std::shared_ptr<const ApiEvent>>();
  }

  base::SimulatedExecutor executor_{1};
  base::Random random_{1};
  std::unique_ptr<FakeClient> client_ = FakeClient::New(&executor_, &random_);
  std::unique_ptr<EventRecorder> recorder_ =
      NewEventRecorder({"kubelet", "node-1"}, client_.get(), &executor_, &random_);
  const k8s::core::v1::Pod pod_ = MakePod("web").Namespace("shop").Version(7).Build();
};

TEST_F(EventsTest, AnEventNamesWhatWhoAndWhen) {
  recorder_->EventOn(pod_, "spec.containers{app}", Type::kWarning, "BackOff", "Back-off restarting");
  EXPECT_TRUE(Stored().empty()) << "recording does not wait for the server";
  executor_.Settle();
  ASSERT_EQ(Stored().size(), 1u);
  const ApiEvent& event = *Stored()[0];
  EXPECT_EQ(event.metadata().namespace_(), "shop");
  EXPECT_TRUE(absl::StartsWith(event.metadata().name(), "web.")) << event.metadata().name();
  EXPECT_EQ(event.involvedobject().kind(), "Pod");
  EXPECT_EQ(event.involvedobject().apiversion(), "v1");
  EXPECT_EQ(event.involvedobject().namespace_(), "shop");
  EXPECT_EQ(event.involvedobject().name(), "web");
  EXPECT_EQ(event.involvedobject().uid(), "uid-web");
  EXPECT_EQ(event.involvedobject().resourceversion(), "7");
  EXPECT_EQ(event.involvedobject().fieldpath(), "spec.containers{app}");
  EXPECT_EQ(event.type(), "Warning");
  EXPECT_EQ(event.reason(), "BackOff");
  EXPECT_EQ(event.message(), "Back-off restarting");
  EXPECT_EQ(event.source().component(), "kubelet");
  EXPECT_EQ(event.source().host(), "node-1");
  EXPECT_EQ(event.reportingcomponent(), "kubelet");
  EXPECT_EQ(event.count(), 1);
  EXPECT_EQ(api::FromProto(event.firsttimestamp()), executor_.clock().Now());
}

TEST_F(EventsTest, EventsOfClusterScopedObjectsLiveInDefault) {
  recorder_->Event(MakeNode("n1").Build(), Type::kNormal, "NodeReady", "ready");
  executor_.Settle();
  ASSERT_EQ(Stored().size(), 1u);
  EXPECT_EQ(Stored()[0]->metadata().namespace_(), "default");
  EXPECT_FALSE(Stored()[0]->involvedobject().has_namespace_());
}

TEST_F(EventsTest, EqualEventsBecomeOneWithACount) {
  const absl::Time start = executor_.clock().Now();
  for (int i = 0; i < 5; ++i) {
    recorder_->Event(pod_, Type::kNormal, "Pulled", "image pulled");
    executor_.Advance(absl::Seconds(10));
  }
  ASSERT_EQ(Stored().size(), 1u);
  EXPECT_EQ(Stored()[0]->count(), 5);
  EXPECT_EQ(api::FromProto(Stored()[0]->firsttimestamp()), start);
  EXPECT_EQ(api::FromProto(Stored()[0]->lasttimestamp()), start + absl::Seconds(40));
}

TEST_F(EventsTest, SimilarEventsAreCombined) {
  for (int i = 0; i < 15; ++i) {
    recorder_->Event(pod_, Type::kNormal, "Scaled", absl::StrCat("message ", i + 10));
    executor_.Advance(absl::Seconds(1));
  }
  int combined = 0;
  for (const auto& event : Stored()) {
    if (!absl::StartsWith(event->message(), "(combined from similar events): ")) continue;
    ++combined;
    EXPECT_EQ(event->message(), "(combined from similar events): message 24");
    EXPECT_EQ(event->count(), 6);
  }
  EXPECT_EQ(combined, 1);
  EXPECT_EQ(Stored().size(), 10u);
}

TEST_F(EventsTest, OneObjectMayNotFlood) {
  for (int i = 0; i < 100; ++i) recorder_->Event(pod_, Type::kNormal, absl::StrCat("R", i), "m");
  recorder_->Event(MakePod("quiet").Build(), Type::kNormal, "R", "m");
  executor_.Settle();
  EXPECT_EQ(Stored().size(), 26u);
  executor_.Advance(absl::Minutes(5));
  for (int i = 0; i < 3; ++i) recorder_->Event(pod_, Type::kNormal, absl::StrCat("S", i), "m");
  executor_.Settle();
  EXPECT_EQ(Stored().size(), 27u) << "one more after five minutes";
}

TEST_F(EventsTest, AnExpiredEventIsMadeAnew) {
  recorder_->Event(pod_, Type::kNormal, "Pulled", "m");
  executor_.Settle();
  ASSERT_OK(client_->DeleteCollection(api::ResourceOf<ApiEvent>(), {}));
  recorder_->Event(pod_, Type::kNormal, "Pulled", "m");
  executor_.Settle();
  ASSERT_EQ(Stored().size(), 1u);
  EXPECT_EQ(Stored()[0]->count(), 2);
  recorder_->Event(pod_, Type::kNormal, "Pulled", "m");
  executor_.Settle();
  EXPECT_EQ(Stored()[0]->count(), 3) << "the new name is remembered";
}

TEST_F(EventsTest, EventsWaitForTheServerInOrder) {
  client_->SetFault([](const FakeClient::Call& call) {
    return call.verb == "list" ? absl::OkStatus() : absl::UnavailableError("down");
  });
  recorder_->Event(pod_, Type::kNormal, "First", "m");
  recorder_->Event(pod_, Type::kNormal, "Second", "m");
  executor_.Advance(absl::Seconds(30));
  EXPECT_TRUE(Stored().empty());
  client_->SetFault(nullptr);
  executor_.Advance(absl::Seconds(10));
  ASSERT_EQ(Stored().size(), 2u);
  std::vector<std::string> created;
  int64_t first = 0, second = 0;
  for (const auto& event : Stored()) (event->reason() == "First" ? first : second) = api::ResourceVersion(*event);
  EXPECT_LT(first, second);
}

TEST_F(EventsTest, ARefusedEventIsDroppedAndWorkGoesOn) {
  bool refuse = true;
  client_->SetFault([&](const FakeClient::Call& call) {
    return call.verb == "create" && std::exchange(refuse, false)
               ? api::Forbidden(api::ResourceOf<ApiEvent>(), "x", "no")
               : absl::OkStatus();
  });
  recorder_->Event(pod_, Type::kNormal, "Refused", "m");
  recorder_->Event(pod_, Type::kNormal, "Taken", "m");
  executor_.Settle();
  ASSERT_EQ(Stored().size(), 1u);
  EXPECT_EQ(Stored()[0]->reason(), "Taken");
}

TEST_F(EventsTest, NamesThatMayNotNameAnEventAreReplaced) {
  recorder_->Event(MakeNode("system:node").Build(), Type::kNormal, "R", "m");
  executor_.Settle();
  ASSERT_EQ(Stored().size(), 1u);
  EXPECT_FALSE(absl::StrContains(Stored()[0]->metadata().name(), ":"));
}

TEST_F(EventsTest, ADestroyedRecorderIsQuiet) {
  recorder_->Event(pod_, Type::kNormal, "R", "m");
  recorder_.reset();
  executor_.Settle();
  EXPECT_TRUE(Stored().empty());
}

}  // namespace
}  // namespace kubelite::client
