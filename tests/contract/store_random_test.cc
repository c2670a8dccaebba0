// Random operations on a store and on a model of it. A failure names its seed; KUBELITE_SEED=<seed> runs only that one.

#include <algorithm>
#include <cstdlib>
#include <map>

#include "common/base/random.h"
#include "store/store.h"
#include "tests/contract/store_fixture.h"
#include "tests/contract/store_model.h"

namespace kubelite::store {
namespace {

constexpr int kSeeds = 4;
constexpr int kSteps = 800;

std::string Describe(const KeyValue& kv) {
  return absl::StrCat(ToText(kv), " created@", kv.create_revision, " version ", kv.version, " lease ", kv.lease);
}

class StoreRandomTest : public StoreContract {
 protected:
  struct OpenWatch {
    std::unique_ptr<Watch> watch;
    KeyRange range;
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
  KeyRange AnyRange() {
    switch (random_->Uniform(6)) {
      case 0:
        return KeyRange::All();
      case 1:
        return KeyRange::Single(AnyKey());
      case 2:
        return {AnyKey(), AnyKey()};  // empty when the second is not above the first
      case 3:
        return {AnyKey(), ""};
      default:
        return KeyRange::Prefix(AnyKey());
    }
  }
  // Mostly none, sometimes one that is not there.
  LeaseId AnyLease() { return random_->Uniform(3) == 0 ? static_cast<LeaseId>(1 + random_->Uniform(4)) : 0; }
  absl::Time AnyDeadline() { return clock_ + absl::Seconds(random_->Uniform(60)); }
  Origin NextOrigin() {
    clock_ += absl::Seconds(random_->Uniform(3));
    return {clock_, random_->Uniform(2) == 0 ? "" : absl::StrCat("note", random_->Uniform(9))};
  }
  Revision AnyRevision() {
    return static_cast<Revision>(random_->Uniform(static_cast<uint64_t>(model_.current()) + 3));
  }
  // Mostly the right one.
  Revision AnyExpected(const std::string& key) {
    if (random_->Uniform(5) == 0) return AnyRevision();
    if (random_->Uniform(5) == 0) return kAnyRevision;
    const auto now = model_.Get(key, model_.current());
    return now ? now->mod_revision : 0;
  }

  void Step() {
    switch (random_->Uniform(24)) {
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
        return TransactAny();
      case 12:
        return ApplySome();
      case 13:
        return ReadHistory();
      case 14:
        return ReadRevisionAt();
      case 15:
        return ChangeLeases();
      case 16:
      case 17:
      case 18:
        return DeleteAny();
      default:
        return PutAny();
    }
  }

  void PutAny() {
    const std::string key = AnyKey();
    const std::string value = absl::StrCat("v", random_->Uniform(1000));
    const Revision expected = AnyExpected(key);
    const LeaseId lease = AnyLease();
    const Origin origin = NextOrigin();
    const auto result = store_->Put(key, value, expected, lease, origin);
    ASSERT_EQ(result.status().code(), model_.PutResult(key, expected, lease)) << result.status();
    if (!result.ok()) return;
    model_.Commit({{key, value, lease}}, origin);
    ASSERT_EQ(*result, model_.current());
  }

  void DeleteAny() {
    const std::string key = AnyKey();
    const Revision expected = AnyExpected(key);
    const Origin origin = NextOrigin();
    const auto result = store_->Delete(key, expected, origin);
    ASSERT_EQ(result.status().code(), model_.DeleteResult(key, expected)) << result.status();
    if (!result.ok()) return;
    model_.Commit({{key, std::nullopt}}, origin);
    ASSERT_EQ(*result, model_.current());
  }

  // Writes some keys and reads them; sometimes fails in the end.
  void TransactAny() {
    std::map<std::string, StoreModel::Change> changes;
    for (uint64_t n = random_->Uniform(5); n > 0; --n) {
      const std::string key = AnyKey();
      std::optional<std::string> value;
      if (random_->Uniform(3) != 0 || !model_.Get(key, model_.current())) value = absl::StrCat("t", n);
      changes[key] = {key, value, 0};
    }
    const bool fail = random_->Uniform(5) == 0;
    const KeyRange range = AnyRange();
    const size_t limit = random_->Uniform(4);
    const Origin origin = NextOrigin();
    ListResult list;
    const auto body = [&](Transaction& transaction) -> absl::Status {
      EXPECT_EQ(transaction.revision(), model_.current() + 1);
      for (const auto& [key, change] : changes) {
        EXPECT_EQ(transaction.Get(key).ok(), model_.Get(key, model_.current()).has_value());
        EXPECT_OK(change.value ? transaction.Put(key, *change.value, 0) : transaction.Delete(key));
        const auto written = transaction.Get(key);
        EXPECT_EQ(written.ok(), change.value.has_value());
        EXPECT_THAT(transaction.Put(key, "again", 0), base::StatusIs(absl::StatusCode::kInvalidArgument, "twice"));
      }
      list = *transaction.List(range, limit);
      return fail ? absl::CancelledError("on purpose") : absl::OkStatus();
    };
    const auto result = store_->Transact(body, origin);
    if (fail) {
      ASSERT_EQ(result.status().code(), absl::StatusCode::kCancelled);
      return;
    }
    ASSERT_OK(result);
    std::vector<StoreModel::Change> all;
    for (const auto& [key, change] : changes) all.push_back(change);
    if (!all.empty()) model_.Commit(all, origin);
    ASSERT_EQ(*result, model_.current());
    ASSERT_EQ(store_->CurrentRevision(), model_.current());
    auto wanted = model_.List(range, model_.current());
    ASSERT_EQ(list.more, limit > 0 && wanted.size() > limit);
    if (list.more) wanted.resize(limit);
    ASSERT_EQ(list.items.size(), wanted.size());
    for (size_t i = 0; i < wanted.size(); ++i) ASSERT_EQ(Describe(list.items[i]), Describe(wanted[i]));
  }

  // A span of writes, some of which depend on those before them.
  void ApplySome() {
    std::vector<Write> writes(1 + random_->Uniform(5));
    std::vector<std::string> keys(writes.size());
    for (size_t i = 0; i < writes.size(); ++i) {
      keys[i] = AnyKey();
      writes[i].kind = random_->Uniform(3) == 0 ? Write::Kind::kDelete : Write::Kind::kPut;
      writes[i].key = keys[i];
      writes[i].value = "applied";
      writes[i].expected = random_->Uniform(2) == 0 ? kAnyRevision : AnyExpected(keys[i]);
      writes[i].origin = NextOrigin();
    }
    store_->Apply(absl::MakeSpan(writes));
    for (size_t i = 0; i < writes.size(); ++i) {
      const bool put = writes[i].kind == Write::Kind::kPut;
      const absl::StatusCode wanted =
          put ? model_.PutResult(keys[i], writes[i].expected, 0) : model_.DeleteResult(keys[i], writes[i].expected);
      ASSERT_EQ(writes[i].result.status().code(), wanted) << writes[i].result.status();
      if (!writes[i].result.ok()) continue;
      model_.Commit({{keys[i], put ? std::optional<std::string>("applied") : std::nullopt}}, writes[i].origin);
      ASSERT_EQ(*writes[i].result, model_.current());
    }
  }

  void ReadHistory() {
    const std::string key = AnyKey();
    const Revision at = AnyRevision();
    const size_t limit = random_->Uniform(4);
    const auto result = store_->History(key, limit, at);
    ASSERT_EQ(result.status().code(), ReadResult(at)) << result.status();
    if (!result.ok()) return;
    auto wanted = model_.History(key, at == 0 ? model_.current() : at, compacted_);
    if (limit > 0 && wanted.size() > limit) wanted.resize(limit);
    ASSERT_EQ(result->size(), wanted.size()) << key << " at " << at << ", compacted " << compacted_;
    for (size_t i = 0; i < wanted.size(); ++i) {
      const Change& change = (*result)[i];
      Compare(change.event, wanted[i]);
      const Revision revision = wanted[i]->revision();
      const Origin origin = revision < compacted_ ? Origin() : model_.OriginAt(revision);
      ASSERT_EQ(change.origin.time, origin.time) << revision;
      ASSERT_EQ(change.origin.note, origin.note) << revision;
    }
  }

  void ReadRevisionAt() {
    const absl::Time time = clock_ - absl::Seconds(random_->Uniform(100));
    Revision wanted = model_.current();
    while (wanted > 0 && model_.OriginAt(wanted).time > time) --wanted;
    const auto result = store_->RevisionAt(time);
    if (wanted < std::max<Revision>(compacted_, 1)) {
      ASSERT_EQ(result.status().code(), absl::StatusCode::kOutOfRange) << result.status();
    } else {
      ASSERT_THAT(result, base::IsOkAndHolds(wanted));
    }
  }

  void ChangeLeases() {
    const LeaseId id = static_cast<LeaseId>(1 + random_->Uniform(4));
    const bool there = model_.leases().contains(id);
    const absl::Time time = AnyDeadline();
    switch (random_->Uniform(6)) {
      case 0: {
        const Origin origin = NextOrigin();
        const auto result = store_->RevokeLease(id, origin);
        ASSERT_EQ(result.status().code(), there ? absl::StatusCode::kOk : absl::StatusCode::kNotFound);
        if (there) model_.Revoke(id, origin);
        if (there) {
          ASSERT_EQ(*result, model_.current());
        }
        break;
      }
      case 1: {
        const auto result = store_->RenewLease(id, time);
        ASSERT_EQ(result.code(), there ? absl::StatusCode::kOk : absl::StatusCode::kNotFound);
        if (there) model_.leases()[id] = time;
        break;
      }
      case 2:
        return ExpireSome();
      default: {
        const auto result = store_->GrantLease({id, absl::Seconds(id), time});
        ASSERT_EQ(result.code(), there ? absl::StatusCode::kAlreadyExists : absl::StatusCode::kOk);
        if (!there) model_.leases()[id] = time;
      }
    }
    CompareLeases();
  }

  void ExpireSome() {
    std::vector<std::pair<absl::Time, LeaseId>> order;
    for (const auto& [id, deadline] : model_.leases()) order.push_back({deadline, id});
    std::sort(order.begin(), order.end());
    const absl::Time now = NextOrigin().time;
    const auto next = store_->ExpireLeases(now);
    for (const auto& [deadline, id] : order) {
      if (deadline <= now) model_.Revoke(id, {now, ""});
    }
    absl::Time wanted = absl::InfiniteFuture();
    for (const auto& [id, deadline] : model_.leases()) wanted = std::min(wanted, deadline);
    ASSERT_THAT(next, base::IsOkAndHolds(wanted));
    ASSERT_EQ(store_->CurrentRevision(), model_.current());
  }

  void CompareLeases() {
    const std::vector<Lease> leases = store_->Leases();
    ASSERT_EQ(leases.size(), model_.leases().size());
    for (const Lease& lease : leases) {
      ASSERT_EQ(lease.deadline, model_.leases().at(lease.id));
      ASSERT_EQ(lease.ttl, absl::Seconds(lease.id));
      ASSERT_EQ(store_->GetLease(lease.id)->deadline, lease.deadline);
      ASSERT_THAT(store_->LeaseKeys(lease.id), base::IsOkAndHolds(model_.LeaseKeys(lease.id)));
    }
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
    const KeyRange range = random_->Uniform(2) == 0 ? AnyRange() : AnyRange().From(AnyKey());
    const Revision at = AnyRevision();
    const size_t limit = random_->Uniform(6);
    const auto result = store_->List(range, limit, at);
    ASSERT_EQ(result.status().code(), ReadResult(at)) << result.status() << " at " << at;
    if (!result.ok()) return;
    ASSERT_EQ(result->revision, at == 0 ? model_.current() : at);
    auto wanted = model_.List(range, result->revision);
    ASSERT_THAT(store_->Count(range, at), base::IsOkAndHolds(static_cast<int64_t>(wanted.size())));
    ASSERT_EQ(result->more, limit > 0 && wanted.size() > limit);
    if (result->more) wanted.resize(limit);
    ASSERT_EQ(result->items.size(), wanted.size());
    for (size_t i = 0; i < wanted.size(); ++i) ASSERT_EQ(Describe(result->items[i]), Describe(wanted[i]));
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
    CompareLeases();
  }

  void OpenSeed() {
    watches_.clear();
    store_.reset();
    ASSERT_OK_AND_ASSIGN(store_, GetParam().open(path_, /*watch_queue_events=*/3));
  }

  void AddWatch() {
    const KeyRange range = AnyRange();
    const Revision after = AnyRevision();
    auto watch = store_->NewWatch(range, after, [] {});
    absl::StatusCode code = absl::StatusCode::kOk;
    if (after > model_.current()) code = absl::StatusCode::kFailedPrecondition;
    if (after != 0 && after + 1 < compacted_) code = absl::StatusCode::kOutOfRange;
    ASSERT_EQ(watch.status().code(), code) << watch.status();
    if (watch.ok()) watches_.push_back({*std::move(watch), range, after == 0 ? model_.current() : after});
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
    const auto wanted = model_.Changes(watch->range, watch->delivered);
    // All of the last revision, even when those are more than `max`.
    size_t size = std::min(max, wanted.size());
    while (size > 0 && size < wanted.size() && wanted[size]->revision() == wanted[size - 1]->revision()) ++size;
    EXPECT_EQ(batch->events.size(), size);
    for (size_t i = 0; i < std::min(batch->events.size(), wanted.size()); ++i) Compare(batch->events[i], wanted[i]);
    const bool drained = batch->events.size() < max;
    const Revision last = batch->events.empty() ? watch->delivered : batch->events.back()->revision();
    EXPECT_GE(batch->progress, drained ? model_.current() : last);
    // Nothing between the last event and the progress was left out.
    const auto rest = model_.Changes(watch->range, last);
    if (!rest.empty()) {
      EXPECT_LT(batch->progress, rest.front()->revision());
    }
    watch->delivered = batch->progress;
    return true;
  }

  void Compare(const EventPtr& event, const EventPtr& wanted) {
    EXPECT_EQ(ToText(event), ToText(wanted));
    EXPECT_EQ(Describe(event->kv), Describe(wanted->kv));
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
  absl::Time clock_ = absl::FromUnixSeconds(1000);
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
    clock_ = absl::FromUnixSeconds(1000);
    compacted_ = 0;
    for (int step = 0; step < kSteps; ++step) {
      Step();
      if (HasFailure()) FAIL() << "at step " << step;
    }
  }
}

}  // namespace
}  // namespace kubelite::store
