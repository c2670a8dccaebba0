#include "tests/bench/store_bench_load.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/clock.h"
#include "etcd/rpc.pb.h"
#include "google/protobuf/io/coded_stream.h"
#include "tests/bench/store_load_client.h"

namespace kubelite::bench {
namespace {

constexpr char kPut[] = "/etcdserverpb.KV/Put";
constexpr char kRange[] = "/etcdserverpb.KV/Range";
constexpr char kWatch[] = "/etcdserverpb.Watch/Watch";
constexpr absl::Duration kPatience = absl::Minutes(20);
constexpr int kBenchKeys = 10000;
constexpr int kValueBytes = 256;
constexpr int kWatchStreams = 10;
// Enough that the watchers, not the disk, are what a burst waits for.
constexpr int kWatchWriters = 64;
constexpr int kWriterConnections = 4;
constexpr int kSinglePuts = 50;

absl::Time Now() { return base::SystemClock().Now(); }

std::string PutOf(const std::string& key, size_t value_bytes) {
  etcdserverpb::PutRequest request;
  request.set_key(key);
  request.set_value(std::string(value_bytes, 'v'));
  return request.SerializeAsString();
}

std::string KeyOf(absl::string_view prefix, int number) {
  return absl::StrCat(prefix, absl::Dec(number, absl::kZeroPad8));
}

absl::Duration Percentile(std::vector<absl::Duration>* values, double share) {
  if (values->empty()) return absl::ZeroDuration();
  const auto at = values->begin() + static_cast<ptrdiff_t>(share * static_cast<double>(values->size() - 1));
  std::nth_element(values->begin(), at, values->end());
  return *at;
}

// Gives a caller its next request; false: no more.
using NextFn = std::function<bool(std::string* request)>;

class Caller : public LoadCall {
 public:
  Caller(LoadClient* client, int connection, const char* method, NextFn next, std::vector<absl::Duration>* times)
      : client_(client), connection_(connection), method_(method), next_(std::move(next)), times_(times) {}

  void Go() {
    running_ = next_(&request_);
    if (!running_) return;
    started_ = Now();
    client_->Start(connection_, method_, request_, this);
  }
  void OnEnd(int grpc_status) override {
    CHECK(grpc_status == 0);
    times_->push_back(Now() - started_);
    Go();
  }
  bool running() const { return running_; }

 private:
  LoadClient* const client_;
  const int connection_;
  const char* const method_;
  const NextFn next_;
  std::vector<absl::Duration>* const times_;
  std::string request_;
  absl::Time started_;
  bool running_ = false;
};

// Calls until `next` has no more; `discard` as in LoadCall.
LoadResult RunCalls(LoadClient* client, Clients clients, const char* method, const NextFn& next, bool discard) {
  std::vector<absl::Duration> times;
  std::vector<std::unique_ptr<Caller>> callers;
  const absl::Time start = Now();
  for (int i = 0; i < clients.clients; ++i) {
    callers.push_back(std::make_unique<Caller>(client, i % client->connections(), method, next, &times));
    callers.back()->discard = discard;
    callers.back()->Go();
  }
  const auto running = [](const auto& caller) { return caller->running(); };
  CHECK(client->Run([&] { return std::none_of(callers.begin(), callers.end(), running); }, kPatience));
  LoadResult result;
  result.operations = static_cast<double>(times.size());
  result.per_second = result.operations / absl::ToDoubleSeconds(Now() - start);
  result.p50 = Percentile(&times, 0.5);
  result.p99 = Percentile(&times, 0.99);
  return result;
}

// `make` until `length` is over, after a warm-up.
LoadResult RunFor(const std::string& address, Clients clients, const char* method, absl::Duration length,
                  const std::function<void(std::string*)>& make, bool discard) {
  LoadClient client(address, clients.connections);
  absl::Time end;
  const NextFn next = [&](std::string* request) {
    if (Now() >= end) return false;
    make(request);
    return true;
  };
  end = Now() + length / 5;
  const LoadResult warm_up = RunCalls(&client, clients, method, next, discard);
  end = Now() + length;
  LoadResult result = RunCalls(&client, clients, method, next, discard);
  result.operations += warm_up.operations;
  return result;
}

// Requests made beforehand, in turns.
std::function<void(std::string*)> InTurns(std::vector<std::string> requests) {
  return [requests = std::move(requests), i = size_t{0}](std::string* request) mutable {
    *request = requests[i++ % requests.size()];
  };
}

void FillKeys(const std::string& address, absl::string_view prefix, int keys) {
  LoadClient client(address, 4);
  int i = 0;
  RunCalls(
      &client, {.clients = 256, .connections = 4}, kPut,
      [&](std::string* request) {
        if (i == keys) return false;
        *request = PutOf(KeyOf(prefix, i++), kValueBytes);
        return true;
      },
      false);
}

int64_t CountKeys(const std::string& address, const std::string& begin, const std::string& end) {
  struct Count : LoadCall {
    void OnMessage(absl::string_view bytes) override {
      CHECK(response.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
    }
    void OnEnd(int grpc_status) override {
      CHECK(grpc_status == 0);
      done = true;
    }
    etcdserverpb::RangeResponse response;
    bool done = false;
  } count;
  etcdserverpb::RangeRequest request;
  request.set_key(begin);
  request.set_range_end(end);
  request.set_count_only(true);
  LoadClient client(address, 1);
  client.Start(0, kRange, request.SerializeAsString(), &count);
  CHECK(client.Run([&] { return count.done; }, kPatience));
  return count.response.count();
}

// ---- watches --------------------------------------------------------------------------------------------------------

// A stream with several watches. Counts what comes without decoding it.
class WatchCall : public LoadCall {
 public:
  void OnMessage(absl::string_view bytes) override {
    google::protobuf::io::CodedInputStream in(reinterpret_cast<const uint8_t*>(bytes.data()),
                                              static_cast<int>(bytes.size()));
    while (const uint32_t tag = in.ReadTag()) {
      uint32_t size = 0;
      uint64_t number = 0;
      if ((tag & 7) == 2) {
        CHECK(in.ReadVarint32(&size) && in.Skip(static_cast<int>(size)));
      } else {
        CHECK(in.ReadVarint64(&number));
      }
      const int field = static_cast<int>(tag >> 3);
      events += field == etcdserverpb::WatchResponse::kEventsFieldNumber ? 1 : 0;
      created += field == etcdserverpb::WatchResponse::kCreatedFieldNumber ? 1 : 0;
      CHECK(field != etcdserverpb::WatchResponse::kCanceledFieldNumber);
    }
    if (on_events != nullptr) on_events();
  }
  void OnEnd(int) override { CHECK(false); }

  int64_t events = 0;
  int64_t created = 0;
  std::function<void()> on_events;
};

class Watchers {
 public:
  Watchers(const std::string& address, int watchers)
      : streams_(std::min(watchers, kWatchStreams)), client_(address, streams_ + kWriterConnections) {
    etcdserverpb::WatchRequest request;
    request.mutable_create_request()->set_key("watched/");
    request.mutable_create_request()->set_range_end("watched0");
    const std::string create = request.SerializeAsString();
    for (int i = 0; i < watchers; ++i) {
      if (i < streams_) {
        calls_.push_back(std::make_unique<WatchCall>());
        client_.Start(i, kWatch, create, calls_.back().get(), /*stream=*/true);
      } else {
        client_.Send(i % streams_, create, calls_[static_cast<size_t>(i % streams_)].get());
      }
    }
    CHECK(client_.Run([&] { return Sum(&WatchCall::created) == watchers; }, kPatience));
  }

  int64_t events() const { return Sum(&WatchCall::events); }
  LoadClient* client() { return &client_; }
  int first_writer() const { return streams_; }
  void OnEvents(const std::function<void()>& on_events) {
    for (const auto& call : calls_) call->on_events = on_events;
  }

 private:
  int64_t Sum(int64_t WatchCall::*member) const {
    int64_t sum = 0;
    for (const auto& call : calls_) sum += (*call).*member;
    return sum;
  }

  const int streams_;
  LoadClient client_;
  std::vector<std::unique_ptr<WatchCall>> calls_;
};

}  // namespace

LoadResult RunPuts(const std::string& address, Clients clients, size_t value_bytes, absl::Duration length) {
  std::vector<std::string> requests;
  for (int i = 0; i < kBenchKeys; ++i) requests.push_back(PutOf(KeyOf("bench/", i), value_bytes));
  return RunFor(address, clients, kPut, length, InTurns(std::move(requests)), false);
}

LoadResult RunGets(const std::string& address, Clients clients, absl::Duration length) {
  if (CountKeys(address, "get/", "get0") < kBenchKeys) FillKeys(address, "get/", kBenchKeys);
  std::vector<std::string> requests;
  for (int i = 0; i < kBenchKeys; ++i) {
    etcdserverpb::RangeRequest request;
    request.set_key(KeyOf("get/", (i * 7919) % kBenchKeys));
    requests.push_back(request.SerializeAsString());
  }
  return RunFor(address, clients, kRange, length, InTurns(std::move(requests)), false);
}

LoadResult RunLists(const std::string& address, Clients clients, int keys, absl::Duration length) {
  if (CountKeys(address, "list/", "list0") < keys) FillKeys(address, "list/", keys);
  etcdserverpb::RangeRequest request;
  request.set_key("list/");
  request.set_range_end("list0");
  return RunFor(address, clients, kRange, length, InTurns({request.SerializeAsString()}), true);
}

LoadResult RunWatches(const std::string& address, int watchers, int events) {
  Watchers watching(address, watchers);
  LoadClient* client = watching.client();
  // Single puts: when did each watcher have the event?
  std::vector<absl::Duration> delays;
  for (int i = 0; i < kSinglePuts; ++i) {
    const int64_t before = watching.events();
    int64_t seen = before;
    const absl::Time start = Now();
    watching.OnEvents([&] {
      const absl::Duration delay = Now() - start;
      for (; seen < watching.events(); ++seen) delays.push_back(delay);
    });
    bool sent = false;
    std::vector<absl::Duration> unused;
    Caller writer(
        client, watching.first_writer(), kPut,
        [&](std::string* request) {
          *request = PutOf("watched/single", kValueBytes);
          return !std::exchange(sent, true);
        },
        &unused);
    writer.Go();
    CHECK(client->Run([&] { return !writer.running() && watching.events() == before + watchers; }, kPatience));
  }
  watching.OnEvents(nullptr);
  // A burst.
  int put = 0;
  std::vector<absl::Duration> unused;
  std::vector<std::unique_ptr<Caller>> writers;
  const std::string value(kValueBytes, 'v');
  const int64_t before = watching.events();
  const absl::Time start = Now();
  for (int i = 0; i < kWatchWriters; ++i) {
    writers.push_back(std::make_unique<Caller>(
        client, watching.first_writer() + i % kWriterConnections, kPut,
        [&](std::string* request) {
          if (put == events) return false;
          *request = PutOf(KeyOf("watched/", put++), kValueBytes);
          return true;
        },
        &unused));
    writers.back()->Go();
  }
  const int64_t expected = before + static_cast<int64_t>(watchers) * events;
  CHECK(client->Run([&] { return watching.events() == expected; }, kPatience));
  LoadResult result;
  result.operations = static_cast<double>(watching.events());
  result.per_second = static_cast<double>(expected - before) / absl::ToDoubleSeconds(Now() - start);
  const auto running = [](const auto& writer) { return writer->running(); };
  CHECK(client->Run([&] { return std::none_of(writers.begin(), writers.end(), running); }, kPatience));
  result.p50 = Percentile(&delays, 0.5);
  result.p99 = Percentile(&delays, 0.99);
  return result;
}

void Fill(const std::string& address, int keys) { FillKeys(address, "fill/", keys); }

}  // namespace kubelite::bench
