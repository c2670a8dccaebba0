// Random operations on a store and on a model of it. A failure names its seed; KUBELITE_SEED=<seed> runs only that one.

#include <algorithm>
#include <cstdlib>

#include "common/base/random.h"
#include "store/store.h"
#include "tests/contract/store_fixture.h"
#include "tests/contract/store_model.h"

namespace kubelite::store {
namespace {

constexpr int kSeeds = 4;
constexpr int kSteps = 800;

std::string Describe(const KeyValue& kv) { return absl::StrCat(ToText(kv), " created@", kv.create_revision); }

class StoreRandomTest : public StoreContract {
 protected:
  struct OpenWatch {
    std::unique_ptr<Watch> watch;
    std::string prefix;
    Revision delivered = 0;
  };

  std::string AnyKey() {
    static const auto& alphabet = *new std::vector<std::string>{"a", "b", "/", std::string("\0", 1), "\xff"};
    std::string key;
    do {
      key += alphabet[random_->Uniform(alphabet.size())];
    } while (random_->Uniform(3) != 0);
    return key;
  }
  std::string AnyPrefix() { return random_->Uniform(3) == 0 ? "" : AnyKey(); }
  Revision AnyRevision() {
    return static_cast<Revision>(random_->Uniform(static_cast<uint64_t>(model_.current()) + 3));
  }
  // Mostly the right one.
  Revision AnyExpected(const std::string& key) {
    if (random_->Uniform(5) == 0) return AnyRevision();
    const auto now = model_.Get(key, model_.current());
    return now ? now->mod_revision : 0;
  }

  void Step() {
    switch (random_->Uniform(20)) {
      case 0:
        return CompactSometimes();
      case 1:
        return ReopenSometimes();
      case 2:
        return AddWatch();
      case 3:
        return EndWatch();
      case 4:
      case 5:
        return PollAny();
      case 6:
      case 7:
        return ReadOne();
      case 8:
      case 9:
        return ReadPages();
      case 10:
      case 11:
      case 12:
        return DeleteAny();
      default:
        return PutAny();
    }
  }

  void PutAny() {
    const std::string key = AnyKey();
    const std::string value = absl::StrCat("v", random_->Uniform(1000));
    const Revision expected = AnyExpected(key);
    const auto result = store_->Put(key, value, expected);
    ASSERT_EQ(result.status().code(), model_.PutResult(key, expected)) << result.status();
    if (!result.ok()) return;
    model_.Put(key, value);
    ASSERT_EQ(*result, model_.current());
  }

  void DeleteAny() {
    const std::string key = AnyKey();
    const Revision expected = AnyExpected(key);
    const auto result = store_->Delete(key, expected);
    ASSERT_EQ(result.status().code(), model_.DeleteResult(key, expected)) << result.status();
    if (!result.ok()) return;
    model_.Delete(key);
    ASSERT_EQ(*result, model_.current());
  }

  // The code that a read at `at` must give before it looks at any key.
  absl::StatusCode ReadResult(Revision at) const {
    if (at > model_.current()) return absl::StatusCode::kFailedPrecondition;
    if (at != 0 && at < compacted_) return absl::StatusCode::kOutOfRange;
    return absl::StatusCode::kOk;
  }

  void ReadOne() {
    const std::string key = AnyKey();
    const Revision at = AnyRevision();
    const auto result = store_->Get(key, at);
    const auto wanted = model_.Get(key, at == 0 ? model_.current() : at);
    absl::StatusCode code = ReadResult(at);
    if (code == absl::StatusCode::kOk && !wanted) code = absl::StatusCode::kNotFound;
    ASSERT_EQ(result.status().code(), code) << result.status() << " at " << at;
    if (result.ok()) {
      ASSERT_EQ(Describe(*result), Describe(*wanted));
    }
  }

  void ReadPages() {
    const std::string prefix = AnyPrefix();
    const std::string start = random_->Uniform(2) == 0 ? "" : AnyKey();
    const Revision at = AnyRevision();
    const size_t limit = random_->Uniform(6);
    const auto result = store_->List(prefix, start, limit, at);
    ASSERT_EQ(result.status().code(), ReadResult(at)) << result.status() << " at " << at;
    if (!result.ok()) return;
    ASSERT_EQ(result->revision, at == 0 ? model_.current() : at);
    auto wanted = model_.List(prefix, start, result->revision);
    ASSERT_EQ(result->more, limit > 0 && wanted.size() > limit);
    if (result->more) wanted.resize(limit);
    ASSERT_EQ(result->items.size(), wanted.size());
    for (size_t i = 0; i < wanted.size(); ++i) ASSERT_EQ(Describe(result->items[i]), Describe(wanted[i]));
    ASSERT_THAT(store_->Count(prefix, at),
                base::IsOkAndHolds(static_cast<int64_t>(model_.List(prefix, "", result->revision).size())));
  }

  void CompactSometimes() {
    if (random_->Uniform(4) != 0) return;
    const Revision revision = AnyRevision();
    const auto result = store_->Compact(revision);
    if (revision > model_.current()) {
      ASSERT_EQ(result.code(), absl::StatusCode::kFailedPrecondition);
      return;
    }
    ASSERT_OK(result);
    compacted_ = std::max(compacted_, revision);
    ASSERT_EQ(store_->CompactedRevision(), compacted_);
  }

  void ReopenSometimes() {
    if (!GetParam().persistent || random_->Uniform(5) != 0) return;
    OpenSeed();
    ASSERT_EQ(store_->CurrentRevision(), model_.current());
    ASSERT_EQ(store_->CompactedRevision(), compacted_);
  }

  void OpenSeed() {
    watches_.clear();
    store_.reset();
    ASSERT_OK_AND_ASSIGN(store_, GetParam().open(path_, /*watch_queue_events=*/3));
  }

  void AddWatch() {
    const std::string prefix = AnyPrefix();
    const Revision after = AnyRevision();
    auto watch = store_->NewWatch(prefix, after, [] {});
    absl::StatusCode code = absl::StatusCode::kOk;
    if (after > model_.current()) code = absl::StatusCode::kFailedPrecondition;
    if (after != 0 && after + 1 < compacted_) code = absl::StatusCode::kOutOfRange;
    ASSERT_EQ(watch.status().code(), code) << watch.status();
    if (watch.ok()) watches_.push_back({*std::move(watch), prefix, after == 0 ? model_.current() : after});
  }

  void EndWatch() {
    if (!watches_.empty()) watches_.erase(watches_.begin() + static_cast<ptrdiff_t>(random_->Uniform(watches_.size())));
  }

  void PollAny() {
    if (watches_.empty()) return;
    const size_t index = random_->Uniform(watches_.size());
    if (!Poll(&watches_[index], random_->Uniform(5))) {
      watches_.erase(watches_.begin() + static_cast<ptrdiff_t>(index));
    }
  }

  // Checks what one poll gives. False when the watch has ended.
  bool Poll(OpenWatch* watch, size_t max) {
    const auto batch = watch->watch->Poll(max);
    if (absl::IsOutOfRange(batch.status())) {
      EXPECT_LT(watch->delivered + 1, compacted_);
      return false;
    }
    EXPECT_OK(batch);
    if (!batch.ok()) return false;
    const auto wanted = model_.Changes(watch->prefix, watch->delivered);
    EXPECT_EQ(batch->events.size(), std::min(max, wanted.size()));
    for (size_t i = 0; i < std::min(batch->events.size(), wanted.size()); ++i) Compare(batch->events[i], wanted[i]);
    const bool drained = batch->events.size() < max;
    const Revision last = batch->events.empty() ? watch->delivered : batch->events.back()->revision();
    EXPECT_GE(batch->progress, drained ? model_.current() : last);
    // Nothing between the last event and the progress was left out.
    const auto rest = model_.Changes(watch->prefix, last);
    if (!rest.empty()) {
      EXPECT_LT(batch->progress, rest.front()->revision());
    }
    watch->delivered = batch->progress;
    return true;
  }

  void Compare(const EventPtr& event, const EventPtr& wanted) {
    EXPECT_EQ(ToText(event), ToText(wanted));
    EXPECT_EQ(event->kv.create_revision, wanted->kv.create_revision);
    if (event->previous == nullptr) {
      // Unknown only when there was none, or it was compacted away.
      EXPECT_TRUE(wanted->previous == nullptr || event->revision() <= compacted_);
    } else {
      EXPECT_EQ(Describe(*event->previous), Describe(*wanted->previous));
    }
  }

  std::string path_;
  std::unique_ptr<base::Random> random_;
  StoreModel model_;
  Revision compacted_ = 0;
  std::vector<OpenWatch> watches_;
};
INSTANTIATE_STORE_CONTRACT(StoreRandomTest);

TEST_P(StoreRandomTest, BehavesLikeTheModel) {
  const char* const chosen = std::getenv("KUBELITE_SEED");
  const uint64_t first = chosen == nullptr ? 1 : std::strtoull(chosen, nullptr, 10);
  const uint64_t last = chosen == nullptr ? kSeeds : first;
  for (uint64_t seed = first; seed <= last; ++seed) {
    const std::string place = absl::StrCat("KUBELITE_SEED=", seed);
    SCOPED_TRACE(place);
    path_ = absl::StrCat(directory_.path(), "/seed", seed);
    OpenSeed();
    random_ = std::make_unique<base::Random>(seed);
    model_ = StoreModel();
    compacted_ = 0;
    for (int step = 0; step < kSteps; ++step) {
      Step();
      if (HasFailure()) FAIL() << "at step " << step;
    }
  }
}

}  // namespace
}  // namespace kubelite::store
