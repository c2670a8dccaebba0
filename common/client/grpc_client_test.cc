#include "common/client/grpc_client.h"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/api/errors.h"
#include "common/api/testing/builders.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/base/simulated_executor.h"
#include "common/base/testing/status_matchers.h"
#include "common/base/thread_pool.h"
#include "common/client/fake/fake_client.h"
#include "common/client/informer.h"
#include "common/client/testing/grpc_bridge.h"
#include "kubelite/v1/api.pb.h"

namespace kubelite::client {
namespace {

using api::testing::MakePod;
using base::StatusIs;
using k8s::core::v1::Pod;
using testing::GrpcBridge;
using testing::NewTestAuthority;
using testing::OptionsFor;

constexpr auto kUnavailable = absl::StatusCode::kUnavailable;

bool Eventually(const std::function<bool()>& condition) {
  base::Mutex mutex;
  base::CondVar never;
  for (int i = 0; i < 20'000; ++i) {
    if (condition()) return true;
    base::MutexLock lock(&mutex);
    never.WaitForNanos(&mutex, 1'000'000);
  }
  return false;
}

class GrpcClientTest : public ::testing::Test {
 protected:
  const ResourceInfo& Pods() { return api::ResourceOf<Pod>(); }
  void Serve(int port = 0) { bridge_ = std::make_unique<GrpcBridge>(fake_.get(), ca_, port); }
  GrpcClientOptions Options() { return OptionsFor(bridge_->address(), ca_); }

  base::ThreadPool pool_{4};
  base::Random random_{1};
  const std::unique_ptr<FakeClient> fake_ = FakeClient::New(&pool_, &random_);
  const base::KeyPair ca_ = NewTestAuthority();
  std::unique_ptr<GrpcBridge> bridge_;
};

TEST_F(GrpcClientTest, AServerThatIsDownIsNamed) {
  Serve();
  GrpcClientOptions options = Options();
  bridge_.reset();
  options.wait_for_ready = false;
  EXPECT_THAT(NewGrpcClient(options)->Get(Pods(), {"default", "a"}),
              StatusIs(kUnavailable, absl::StrCat("cannot reach the API server at ", options.address)));
  options.wait_for_ready = true;
  options.timeout = absl::Milliseconds(300);
  const absl::Status waited = NewGrpcClient(options)->List(Pods(), {}).status();
  EXPECT_THAT(waited, StatusIs(kUnavailable, absl::StrCat("cannot reach the API server at ", options.address)));
  EXPECT_TRUE(api::IsRetryable(waited)) << waited;
}

TEST_F(GrpcClientTest, ARestartIsRiddenOut) {
  Serve();
  const std::unique_ptr<Client> client = NewGrpcClient(Options());
  ASSERT_OK(client::Create(*client, MakePod("a").Build()));
  const int port = bridge_->port();
  bridge_.reset();
  // List does not wait; once it has failed the client knows that the connection is gone.
  ASSERT_TRUE(Eventually([&] { return !client->List(Pods(), {}).ok(); }));
  std::atomic<int> answered = 0;
  pool_.Post([&] { answered = client->Get(Pods(), {"default", "a"}).ok() ? 1 : -1; });
  Serve(port);
  EXPECT_TRUE(Eventually([&] { return answered != 0; }));
  EXPECT_EQ(answered, 1);
}

TEST_F(GrpcClientTest, AnExpiredClientCertificateIsSaidSo) {
  Serve();
  GrpcClientOptions options = Options();
  const base::FakeClock past(base::SystemClock().Now() - absl::Hours(48));
  base::CertificateRequest request;
  request.common_name = "system:node:n1";
  request.lifetime = absl::Hours(24);
  ASSERT_OK_AND_ASSIGN(options.identity, base::IssueCertificate(ca_, request, past));
  const std::unique_ptr<Client> client = NewGrpcClient(options);
  const std::string text = "client certificate of \"system:node:n1\" expired on ";
  EXPECT_THAT(client->Get(Pods(), {"default", "a"}), StatusIs(kUnavailable, text));
  EXPECT_THAT(client->Watch(Pods(), {}, nullptr), StatusIs(kUnavailable, text));
  options.identity = {"nonsense", "nonsense"};
  EXPECT_THAT(NewGrpcClient(options)->Get(Pods(), {"default", "a"}),
              StatusIs(kUnavailable, "client certificate cannot be used"));
}

TEST_F(GrpcClientTest, AForeignServerIsNotTrusted) {
  Serve();
  GrpcClientOptions options = OptionsFor(bridge_->address(), NewTestAuthority());
  options.wait_for_ready = false;
  EXPECT_THAT(NewGrpcClient(options)->Get(Pods(), {"default", "a"}),
              StatusIs(kUnavailable, "is not signed by the certificate authority of this client"));
}

TEST_F(GrpcClientTest, AForeignClientIsRefused) {
  Serve();
  GrpcClientOptions options = Options();
  options.identity = OptionsFor(bridge_->address(), NewTestAuthority()).identity;
  options.wait_for_ready = false;
  EXPECT_THAT(NewGrpcClient(options)->Get(Pods(), {"default", "a"}),
              StatusIs(kUnavailable, absl::StrCat("cannot reach the API server at ", options.address)));
}

TEST_F(GrpcClientTest, AServerNameMayDifferFromTheAddress) {
  Serve();
  GrpcClientOptions options = Options();
  options.server_name = "localhost";
  EXPECT_OK(NewGrpcClient(options)->List(Pods(), {}));
  options.server_name = "elsewhere";
  options.wait_for_ready = false;
  EXPECT_THAT(NewGrpcClient(options)->List(Pods(), {}), StatusIs(kUnavailable, options.address));
}

TEST_F(GrpcClientTest, TooLargeBodiesAreRefusedInTheServersWords) {
  Serve();
  const std::unique_ptr<Client> client = NewGrpcClient(Options());
  const std::string large(10 << 20, 'x');
  Pod pod = MakePod("large").Build();
  (*pod.mutable_metadata()->mutable_annotations())["a"] = large;
  const ObjectKey key = api::KeyOf(pod);
  const std::string json = absl::StrCat(R"({"data":")", large, "\"}");
  for (const absl::Status& status :
       {client->Create(Pods(), pod).status(), client->Update(Pods(), pod).status(),
        client->CreateSubresource(Pods(), key, "binding", pod).status(),
        client->Patch(Pods(), key, PatchType::kMerge, json).status(),
        client->CreateJson(Pods(), "default", json).status(), client->UpdateJson(Pods(), key, json).status()}) {
    EXPECT_EQ(api::ToApiStatus(status).reason(), "RequestEntityTooLarge");
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument,
                                 "Request entity too large: limit is 3145728 bytes, this has 104"));
  }
}

TEST_F(GrpcClientTest, ASlowReaderLosesNothing) {
  Serve();
  const std::unique_ptr<Client> client = NewGrpcClient(Options());
  WatchOptions options;
  ASSERT_OK_AND_ASSIGN(const ListResult list, client->List(Pods(), {}));
  options.resource_version = list.resource_version;
  fake_->Seed(MakePod("first").Build());
  std::atomic<int> ready = 0;
  ASSERT_OK_AND_ASSIGN(const auto stream, client->Watch(Pods(), options, [&] { ++ready; }));
  constexpr int kEvents = 3'000;
  for (int i = 1; i < kEvents; ++i) fake_->Seed(MakePod(absl::StrCat("p", i)).Build());
  EXPECT_TRUE(Eventually([&] { return ready > 0; }));
  int64_t last = 0;
  int events = 0;
  EXPECT_TRUE(Eventually([&] {
    const auto polled = stream->Poll(100);
    EXPECT_OK(polled);
    for (const WatchEvent& event : *polled) {
      if (event.object == nullptr) continue;
      EXPECT_GT(api::ResourceVersion(*event.object), last);
      last = api::ResourceVersion(*event.object);
      ++events;
    }
    return events >= kEvents;
  }));
  EXPECT_EQ(events, kEvents);
}

TEST_F(GrpcClientTest, ExpiredRevisionsAreToldThroughTheStream) {
  Serve();
  const std::unique_ptr<Client> client = NewGrpcClient(Options());
  for (int i = 0; i < 3; ++i) fake_->Seed(MakePod(absl::StrCat("p", i)).Build());
  fake_->CompactHistory();
  WatchOptions options;
  options.resource_version = "1";
  ASSERT_OK_AND_ASSIGN(const auto stream, client->Watch(Pods(), options, [] {}));
  absl::Status end;
  EXPECT_TRUE(Eventually([&] { return !(end = stream->Poll(10).status()).ok(); }));
  EXPECT_TRUE(api::IsExpired(end)) << end;
}

TEST_F(GrpcClientTest, InformersFollowThroughServerRestarts) {
  Serve();
  const std::unique_ptr<Client> client = NewGrpcClient(Options());
  Informer informer(Pods(), {}, client.get(), &pool_, &random_);
  std::atomic<int> additions = 0, others = 0;
  informer.AddHandler([&](const ObjectPtr& old_object, const ObjectPtr&) { ++(old_object ? others : additions); });
  informer.Start();
  const int port = bridge_->port();
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 20; ++i) fake_->Seed(MakePod(absl::StrCat("p", round, "-", i)).Build());
    bridge_.reset();
    fake_->Seed(MakePod(absl::StrCat("p", round, "-last")).Build());
    Serve(port);
    EXPECT_TRUE(Eventually([&] { return informer.size() == 21u * (round + 1); }));
  }
  informer.Stop();
  EXPECT_EQ(additions, 63);
  EXPECT_EQ(others, 0);
}

TEST_F(GrpcClientTest, StreamsMayBeDroppedWhileEventsArrive) {
  Serve();
  const std::unique_ptr<Client> client = NewGrpcClient(Options());
  std::atomic<bool> stop = false;
  std::atomic<int> seeded = 0;
  pool_.Post([&] {
    while (!stop) fake_->Seed(MakePod("p").Label("i", absl::StrCat(++seeded)).Build());
    seeded = -1;
  });
  for (int i = 0; i < 100; ++i) {
    auto calls = std::make_unique<std::atomic<int>>(0);
    WatchOptions options;
    ASSERT_OK_AND_ASSIGN(auto stream, client->Watch(Pods(), options, [&calls] { ++*calls; }));
    if (i % 2 == 0) {
      EXPECT_TRUE(Eventually([&] { return *calls > 0; }));
      EXPECT_OK(stream->Poll(10));
    }
    stream.reset();
    calls.reset();
  }
  stop = true;
  EXPECT_TRUE(Eventually([&] { return seeded == -1; }));
}

// A stream that gives its chunks, then the end.
class ScriptedStream : public ByteStream {
 public:
  ScriptedStream(std::deque<Chunk> chunks, absl::Status end) : chunks_(std::move(chunks)), end_(std::move(end)) {}
  absl::StatusOr<Chunk> Read() override {
    if (chunks_.empty()) return end_;
    Chunk chunk = chunks_.front();
    chunks_.pop_front();
    return chunk;
  }
  absl::Status Write(int, absl::string_view, bool) override { return absl::OkStatus(); }
  void Cancel() override {}

 private:
  std::deque<Chunk> chunks_;
  const absl::Status end_;
};

TEST_F(GrpcClientTest, BytesFlowUntilTheEnd) {
  Serve();
  const std::unique_ptr<Client> client = NewGrpcClient(Options());
  kubelite::v1::StreamOpen open;
  open.set_pod("web");
  for (const absl::Status& end : {absl::Status(absl::OutOfRangeError("end")), api::NotFound(Pods(), "gone")}) {
    fake_->SetConnect([end](const kubelite::v1::StreamOpen& open) -> absl::StatusOr<std::unique_ptr<ByteStream>> {
      if (open.pod() != "web") return api::NotFound(api::ResourceOf<Pod>(), open.pod());
      return std::make_unique<ScriptedStream>(std::deque<ByteStream::Chunk>{{1, "one"}, {2, "two"}}, end);
    });
    ASSERT_OK_AND_ASSIGN(const auto stream, client->Connect(open));
    ASSERT_OK_AND_ASSIGN(const ByteStream::Chunk one, stream->Read());
    EXPECT_EQ(one.data, "one");
    ASSERT_OK_AND_ASSIGN(const ByteStream::Chunk two, stream->Read());
    EXPECT_EQ(two.channel, 2);
    EXPECT_EQ(stream->Read().status().code(), end.code());
    EXPECT_EQ(stream->Read().status().code(), end.code());
  }
  open.set_pod("none");
  ASSERT_OK_AND_ASSIGN(const auto refused, client->Connect(open));
  EXPECT_TRUE(api::IsNotFound(refused->Read().status()));
}

TEST_F(GrpcClientTest, ACancelledOrDroppedByteStreamEnds) {
  Serve();
  const std::unique_ptr<Client> client = NewGrpcClient(Options());
  fake_->SetConnect([&](const kubelite::v1::StreamOpen&) -> absl::StatusOr<std::unique_ptr<ByteStream>> {
    return std::make_unique<ScriptedStream>(std::deque<ByteStream::Chunk>(100'000, {1, std::string(100, 'x')}),
                                            absl::OutOfRangeError("end"));
  });
  ASSERT_OK_AND_ASSIGN(const auto stream, client->Connect(kubelite::v1::StreamOpen()));
  EXPECT_OK(stream->Read());
  stream->Cancel();
  absl::Status end;
  while (end.ok()) end = stream->Read().status();
  EXPECT_EQ(end.code(), absl::StatusCode::kCancelled);
  ASSERT_OK(client->Connect(kubelite::v1::StreamOpen()));
}

}  // namespace
}  // namespace kubelite::client
