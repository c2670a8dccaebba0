// Micro benchmarks of the store on RocksDB. Prints numbers, judges nothing: store_bench [--benchmark_filter=Put].

#include <benchmark/benchmark.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/file.h"
#include "common/base/log.h"
#include "store/checkpoint.h"
#include "store/store.h"

namespace kubelite::store {
namespace {

constexpr size_t kValueBytes = 256;

// A store in a directory of its own, shared by the threads of one benchmark.
struct Bench {
  Bench() : store(*OpenRocksDb({.directory = directory.path() + "/store"})) {}

  // Puts keys k0 to k<count - 1>.
  void Fill(int count) {
    const std::string value(kValueBytes, 'v');
    std::vector<std::string> keys;
    for (int i = 0; i < count; ++i) keys.push_back(absl::StrCat("k", i));
    std::vector<Write> writes(keys.size());
    for (size_t i = 0; i < keys.size(); ++i) {
      writes[i].key = keys[i];
      writes[i].value = value;
      writes[i].expected = kAnyRevision;
    }
    store->Apply(absl::MakeSpan(writes));
    for (const Write& write : writes) CHECK_OK(write.result.status());
  }

  base::TemporaryDirectory directory;
  std::unique_ptr<Store> store;
};
std::unique_ptr<Bench> shared;

void SetUp(const benchmark::State&) { shared = std::make_unique<Bench>(); }
void SetUpFilled(const benchmark::State& state) {
  SetUp(state);
  shared->Fill(10'000);
}
void TearDown(const benchmark::State&) { shared.reset(); }

// New keys, as etcd's own benchmark writes them.
void BM_Put(benchmark::State& state) {
  const std::string value(kValueBytes, 'v');
  int64_t i = 0;
  for (auto _ : state) {
    const std::string key = absl::StrCat("/registry/pods/", state.thread_index(), "/", i++);
    CHECK_OK(shared->store->Put(key, value, 0).status());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Put)->Setup(SetUp)->Teardown(TearDown)->UseRealTime()->Threads(1)->Threads(16)->Threads(64)->Threads(256);

// The same keys over and over.
void BM_Update(benchmark::State& state) {
  const std::string value(kValueBytes, 'v');
  const std::string key = absl::StrCat("/registry/pods/", state.thread_index());
  for (auto _ : state) CHECK_OK(shared->store->Put(key, value, kAnyRevision).status());
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Update)->Setup(SetUp)->Teardown(TearDown)->UseRealTime()->Threads(1)->Threads(64);

void BM_ApplyOf64(benchmark::State& state) {
  const std::string value(kValueBytes, 'v');
  std::vector<std::string> keys(64);
  int64_t i = 0;
  for (auto _ : state) {
    std::vector<Write> writes(64);
    for (size_t n = 0; n < 64; ++n) {
      keys[n] = absl::StrCat("/registry/pods/", i++);
      writes[n].key = keys[n];
      writes[n].value = value;
    }
    shared->store->Apply(absl::MakeSpan(writes));
    CHECK_OK(writes.back().result.status());
  }
  state.SetItemsProcessed(state.iterations() * 64);
}
BENCHMARK(BM_ApplyOf64)->Setup(SetUp)->Teardown(TearDown)->UseRealTime();

void BM_Get(benchmark::State& state) {
  int64_t i = 0;
  for (auto _ : state) CHECK_OK(shared->store->Get(absl::StrCat("k", i++ * 7919 % 10'000)).status());
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Get)->Setup(SetUpFilled)->Teardown(TearDown);

void BM_ListOf10000(benchmark::State& state) {
  for (auto _ : state) CHECK_OK(shared->store->List(KeyRange::All(), 0).status());
  state.SetItemsProcessed(state.iterations() * 10'000);
}
BENCHMARK(BM_ListOf10000)->Setup(SetUpFilled)->Teardown(TearDown)->Unit(benchmark::kMillisecond);

// Groups of 64 writes to keys that `range(0)` watchers watch, and the reading of all watchers.
void BM_FanOut(benchmark::State& state) {
  std::vector<std::unique_ptr<Watch>> watches;
  std::atomic<int64_t> ready = 0;
  for (int64_t i = 0; i < state.range(0); ++i) {
    watches.push_back(*shared->store->NewWatch(KeyRange::Prefix("k"), 0, [&] { ++ready; }));
  }
  int64_t delivered = 0;
  for (auto _ : state) {
    shared->Fill(64);
    for (const auto& watch : watches) delivered += static_cast<int64_t>(watch->Poll(1000)->events.size());
  }
  CHECK(delivered == state.iterations() * 64 * state.range(0));
  state.SetItemsProcessed(delivered);
}
BENCHMARK(BM_FanOut)->Setup(SetUp)->Teardown(TearDown)->UseRealTime()->Arg(1)->Arg(100)->Arg(1000);

// Writes to one of many prefixes, each of which has a watcher.
void BM_ManyPrefixes(benchmark::State& state) {
  std::vector<std::unique_ptr<Watch>> watches;
  for (int64_t i = 0; i < state.range(0); ++i) {
    watches.push_back(*shared->store->NewWatch(KeyRange::Prefix(absl::StrCat("/", i, "/")), 0, [] {}));
  }
  for (auto _ : state) {
    shared->Fill(64);
    CHECK_OK(shared->store->Put("/7/x", "v", kAnyRevision).status());
    CHECK(watches[7]->Poll(1000)->events.size() == 1);
  }
  state.SetItemsProcessed(state.iterations() * 64);
}
BENCHMARK(BM_ManyPrefixes)->Setup(SetUp)->Teardown(TearDown)->UseRealTime()->Arg(10)->Arg(10'000);

// A fork of a store of `range(0)` MiB.
void BM_Fork(benchmark::State& state) {
  uint64_t noise = 1;
  for (int64_t mib = 0; mib < state.range(0); ++mib) {
    std::vector<std::string> keys(16);
    std::vector<std::string> values(16);
    std::vector<Write> writes(16);
    for (size_t i = 0; i < 16; ++i) {
      keys[i] = absl::StrCat(mib, "/", i);
      for (int n = 0; n < 8192; ++n) {
        noise = noise * 6364136223846793005u + 1442695040888963407u;
        values[i].append(reinterpret_cast<const char*>(&noise), sizeof(noise));
      }
      writes[i].key = keys[i];
      writes[i].value = values[i];
    }
    shared->store->Apply(absl::MakeSpan(writes));
    CHECK_OK(writes.back().result.status());
  }
  const std::string copy = shared->directory.path() + "/copy";
  CHECK_OK(shared->store->Checkpoint(copy, absl::UnixEpoch()));
  int64_t i = 0;
  for (auto _ : state) CHECK_OK(ForkCheckpoint(copy, absl::StrCat(shared->directory.path(), "/fork", i++)));
}
BENCHMARK(BM_Fork)->Setup(SetUp)->Teardown(TearDown)->UseRealTime()->Arg(10)->Arg(1000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace kubelite::store

BENCHMARK_MAIN();
