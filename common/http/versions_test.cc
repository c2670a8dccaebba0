// What the server promises in either version of HTTP.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "common/base/mutex.h"
#include "common/base/simulated_executor.h"
#include "common/base/testing/status_matchers.h"
#include "common/base/thread_pool.h"
#include "common/http/server.h"
#include "common/http/testing/client.h"

namespace kubelite::http {
namespace {

using http::testing::Client;
using http::testing::DialPlain;
using http::testing::Version;

// Waits, in a thread, for what happens in another one.
class Flag {
 public:
  void Set() {
    base::MutexLock lock(&mutex_);
    set_ = true;
    changed_.SignalAll();
  }
  void Wait() {
    base::MutexLock lock(&mutex_);
    while (!set_) changed_.Wait(&mutex_);
  }
  bool set() {
    base::MutexLock lock(&mutex_);
    return set_;
  }

 private:
  base::Mutex mutex_;
  base::CondVar changed_;
  bool set_ ABSL_GUARDED_BY(mutex_) = false;
};

class VersionsTest : public ::testing::TestWithParam<Version> {
 protected:
  void Serve(Handler handler, base::Executor* executor = nullptr) {
    ServerOptions options;
    options.listen.address = {"127.0.0.1", 0};
    options.handler = std::move(handler);
    options.executor = executor == nullptr ? &executor_ : executor;
    options.limits = {.head_bytes = 4096, .body_bytes = 100000};
    auto server = Server::Start(std::move(options));
    ASSERT_OK(server);
    server_ = *std::move(server);
  }
  std::unique_ptr<Client> Dial(Client::Options options = {}) {
    auto wire = DialPlain(server_->port());
    EXPECT_NE(wire, nullptr);
    return Client::New(GetParam(), std::move(wire), options);
  }
  static bool http2() { return GetParam() == Version::kHttp2; }

  // A loop may note its last progress after the client has seen it, thus at a later time: then once more.
  void AdvanceUntil(Client* client, absl::Duration step, const std::function<bool()>& reached) {
    while (!reached()) {
      time_.Advance(step);
      pollfd readable = {.fd = client->wire().fd(), .events = POLLIN, .revents = 0};
      while (!client->closed() && poll(&readable, 1, 10) > 0) client->Pump();
    }
  }

  base::ThreadPool executor_{1};
  base::SimulatedExecutor time_{1};
  std::unique_ptr<Server> server_;
};

TEST_P(VersionsTest, AnswersSeveralRequestsOnAConnection) {
  Serve([](Request request, ExchangePtr exchange) {
    exchange->Respond({.code = 201,
                       .headers = {{"x", std::string(request.Header("ask"))}},
                       .body = absl::StrCat(request.method, request.target, request.body)});
  });
  const auto client = Dial();
  for (const std::string path : {"/a", "/b?c=d"}) {
    const Client::Answer answer =
        client->Wait(client->Send({.method = "PUT", .target = path, .headers = {{"ask", "y"}}, .body = "z"}));
    EXPECT_EQ(answer.code, 201);
    EXPECT_EQ(answer.body, absl::StrCat("PUT", path, "z"));
    EXPECT_EQ(FindHeader(answer.headers, "x"), "y");
  }
}

TEST_P(VersionsTest, LargeAnswersArriveWhole) {
  std::string large;
  for (int i = 0; large.size() < (5 << 20); ++i) absl::StrAppend(&large, i, " ");
  Serve([&](Request, ExchangePtr exchange) { exchange->Respond({.body = large}); });
  const auto client = Dial({.stream_window = 65535});
  const Client::Answer answer = client->Wait(client->Send({.method = "GET", .target = "/"}));
  EXPECT_TRUE(answer.ended);
  EXPECT_TRUE(answer.body == large);
}

TEST_P(VersionsTest, StreamsAtTheClientsPace) {
  std::atomic<int> parts{0};
  Serve([&](Request, ExchangePtr exchange) {
    exchange->Start(200, {{"x", "y"}}, {.drained = [&parts, exchange] {
                      if (++parts > 20) return exchange->End();
                      exchange->Write(std::string(1000, 'a'));
                    }});
  });
  const auto client = Dial();
  const Client::Answer answer = client->Wait(client->Send({.method = "GET", .target = "/"}));
  EXPECT_EQ(answer.body.size(), 20000U);
  EXPECT_EQ(FindHeader(answer.headers, "x"), "y");
}

TEST_P(VersionsTest, TellsThatAStreamsClientIsGone) {
  Flag gone;
  Serve([&](Request, ExchangePtr exchange) {
    exchange->Start(200, {}, {.closed = [&] { gone.Set(); }});
    exchange->Write("x");
  });
  const auto client = Dial();
  const int id = client->Send({.method = "GET", .target = "/"});
  client->WaitFor(id, 1);
  client->Cancel(id);
  gone.Wait();
}

TEST_P(VersionsTest, AbortedStreamsAreNotWhole) {
  Serve([](Request, ExchangePtr exchange) {
    exchange->Start(200, {}, {});
    exchange->Write("x");
    exchange->Abort();
  });
  const auto client = Dial();
  EXPECT_TRUE(client->Wait(client->Send({.method = "GET", .target = "/"})).broken);
}

TEST_P(VersionsTest, HasNoBodyForHeadAndNotModified) {
  Serve([](Request request, ExchangePtr exchange) {
    exchange->Respond({.code = request.method == "HEAD" ? 200 : 304, .body = "abc"});
  });
  const auto client = Dial();
  const Client::Answer head = client->Wait(client->Send({.method = "HEAD", .target = "/"}));
  EXPECT_EQ(head.body, "");
  EXPECT_EQ(FindHeader(head.headers, "content-length"), "3");
  const Client::Answer same = client->Wait(client->Send({.method = "GET", .target = "/"}));
  EXPECT_EQ(same.code, 304);
  EXPECT_EQ(same.body, "");
}

TEST_P(VersionsTest, RefusesWhatIsTooLarge) {
  Serve([](Request, ExchangePtr exchange) { exchange->Respond({}); });
  auto client = Dial();
  Request request{.method = "PUT", .target = "/", .body = std::string(200000, 'x')};
  EXPECT_EQ(client->Wait(client->Send(request)).code, 413);
  client = Dial();
  request = {.method = "GET", .target = "/", .headers = {{"long", std::string(5000, 'x')}}};
  EXPECT_EQ(client->Wait(client->Send(request)).code, 431);
}

TEST_P(VersionsTest, RequestsThatStopHalfWayAreGivenUp) {
  Serve([](Request, ExchangePtr exchange) { exchange->Respond({.body = "a"}); }, &time_);
  const auto client = Dial();
  client->Wait(client->Send({.method = "GET", .target = "/"}));
  const int id = client->SendHalf({.method = "PUT", .target = "/", .body = "never"});
  AdvanceUntil(client.get(), absl::Seconds(35), [&] { return client->answer(id).broken; });
}

TEST_P(VersionsTest, IdleConnectionsAreClosed) {
  Serve([](Request, ExchangePtr exchange) { exchange->Respond({.body = "a"}); }, &time_);
  const auto client = Dial();
  client->Wait(client->Send({.method = "GET", .target = "/"}));
  AdvanceUntil(client.get(), absl::Minutes(4), [&] { return client->closed(); });
  EXPECT_EQ(client->told_to_go(), http2());
}

// More than sockets and windows take; the client reads nothing.
TEST_P(VersionsTest, ClientsThatTakeNothingAreLeft) {
  Flag gone;
  Serve(
      [&](Request, ExchangePtr exchange) {
        exchange->Start(200, {}, {.closed = [&] { gone.Set(); }});
        exchange->Write(std::string(32 << 20, 'x'));
      },
      &time_);
  const auto client = Dial({.stream_window = 65535, .take = false});
  client->WaitFor(client->Send({.method = "GET", .target = "/"}), 1);
  while (!gone.set()) {
    time_.Advance(absl::Seconds(65));
    poll(nullptr, 0, 1);
  }
}

// Work that is still queued when the grace period is over posts to the connection's loop, and uses what outlives the
// server only.
TEST_P(VersionsTest, ShutdownWaitsForWorkUnderWay) {
  Flag handled, go_on, down;
  Serve([&](Request, ExchangePtr exchange) {
    executor_.Post([&, exchange = std::move(exchange)] {
      handled.Set();
      go_on.Wait();
      exchange->Start(200, {}, {});
    });
  });
  const auto client = Dial();
  const int id = client->Send({.method = "GET", .target = "/"});
  handled.Wait();
  base::ThreadPool stopper(1);
  stopper.Post([&] {
    server_->Shutdown(absl::ZeroDuration());
    down.Set();
  });
  EXPECT_TRUE(client->Wait(id).broken);  // the connection is closed, the work is not over
  EXPECT_FALSE(down.set());
  go_on.Set();
  down.Wait();
}

TEST_P(VersionsTest, DrainingCutsStreamsAndFinishesTheOthers) {
  Flag handled, go_on;
  Serve([&](Request request, ExchangePtr exchange) {
    if (request.target == "/stream") {
      exchange->Start(200, {}, {.closed = [] {}});
      return exchange->Write("x");
    }
    executor_.Post([&, exchange = std::move(exchange)] {
      handled.Set();
      go_on.Wait();
      exchange->Respond({.body = "whole"});
    });
  });
  const auto streaming = Dial();
  const int stream = streaming->Send({.method = "GET", .target = "/stream"});
  streaming->WaitFor(stream, 1);
  const auto client = Dial();
  const int id = client->Send({.method = "GET", .target = "/"});
  handled.Wait();
  base::ThreadPool stopper(1);
  stopper.Post([&] { server_->Shutdown(absl::Minutes(1)); });
  EXPECT_TRUE(streaming->Wait(stream).broken);
  go_on.Set();
  EXPECT_EQ(client->Wait(id).body, "whole");
  while (client->Pump()) {
  }
  EXPECT_EQ(client->told_to_go(), http2());
}

INSTANTIATE_TEST_SUITE_P(All, VersionsTest, ::testing::Values(Version::kHttp1, Version::kHttp2),
                         [](const auto& info) { return info.param == Version::kHttp1 ? "Http1" : "Http2"; });

class Http2Test : public VersionsTest {};

TEST_P(Http2Test, AnswersComeInAnyOrder) {
  ExchangePtr first;
  Serve([&](Request request, ExchangePtr exchange) {
    if (request.target == "/1") {
      first = std::move(exchange);
    } else {
      exchange->Respond({.body = "second"});
      std::exchange(first, nullptr)->Respond({.body = "first"});
    }
  });
  const auto client = Dial();
  const int one = client->Send({.method = "GET", .target = "/1"});
  const int two = client->Send({.method = "GET", .target = "/2"});
  EXPECT_EQ(client->Wait(two).body, "second");
  EXPECT_EQ(client->Wait(one).body, "first");
}

TEST_P(Http2Test, AStreamThatIsNotTakenHoldsUpNoOther) {
  Serve([](Request request, ExchangePtr exchange) {
    exchange->Respond({.body = std::string(request.target == "/large" ? 1 << 20 : 10, 'x')});
  });
  const auto client = Dial({.stream_window = 1000, .take = false});
  const int large = client->Send({.method = "GET", .target = "/large"});
  client->WaitFor(large, 1000);
  EXPECT_EQ(client->Wait(client->Send({.method = "GET", .target = "/small"})).body.size(), 10U);
  EXPECT_EQ(client->answer(large).body.size(), 1000U);
}

TEST_P(Http2Test, ManyStreamsNeedNoThreadEach) {
  base::Mutex mutex;
  std::vector<ExchangePtr> watches;
  Serve([&](Request, ExchangePtr exchange) {
    exchange->Start(200, {}, {.closed = [] {}});
    base::MutexLock lock(&mutex);
    watches.push_back(std::move(exchange));
  });
  const auto threads = [] {
    const std::filesystem::directory_iterator tasks("/proc/self/task");
    return std::distance(begin(tasks), end(tasks));
  };
  const auto before = threads();
  std::vector<std::unique_ptr<Client>> clients;
  std::vector<int> ids;
  for (int i = 0; i < 2000; ++i) {
    if (i % 500 == 0) clients.push_back(Dial());
    ids.push_back(clients.back()->Send({.method = "GET", .target = "/"}));
  }
  for (int i = 0; i < 2000; ++i) {
    Client* client = clients[static_cast<size_t>(i / 500)].get();
    while (client->answer(ids[static_cast<size_t>(i)]).code == 0) ASSERT_TRUE(client->Pump());
  }
  EXPECT_EQ(threads(), before);
  {
    base::MutexLock lock(&mutex);
    ASSERT_EQ(watches.size(), 2000U);
    for (const ExchangePtr& watch : watches) watch->Write("event");
  }
  for (int i = 0; i < 2000; ++i) {
    EXPECT_EQ(clients[static_cast<size_t>(i / 500)]->WaitFor(ids[static_cast<size_t>(i)], 5).body, "event");
  }
  clients.clear();
  base::MutexLock lock(&mutex);
  watches.clear();
}

// Whoever resets its requests at once still has no more of them worked on than it may have streams.
TEST_P(Http2Test, ResetRequestsCountUntilTheyAreOver) {
  base::Mutex mutex;
  std::vector<ExchangePtr> held;
  Serve([&](Request, ExchangePtr exchange) {
    base::MutexLock lock(&mutex);
    held.push_back(std::move(exchange));
  });
  const auto client = Dial();
  int last = 0;
  for (int i = 0; i < 1500; ++i) {
    last = client->Send({.method = "GET", .target = "/"});
    if (i < 1499) client->Cancel(last);
  }
  EXPECT_TRUE(client->Wait(last).broken);
  base::MutexLock lock(&mutex);
  EXPECT_LE(held.size(), 1000U);
  held.clear();
}

INSTANTIATE_TEST_SUITE_P(All, Http2Test, ::testing::Values(Version::kHttp2),
                         [](const auto&) { return std::string("Http2"); });

}  // namespace
}  // namespace kubelite::http
