// The contract of store/store.h under many threads.

#include <map>
#include <thread>

#include "common/base/mutex.h"
#include "store/store.h"
#include "tests/contract/store_fixture.h"

namespace kubelite::store {
namespace {

constexpr int kWriters = 8;
constexpr int kWritesEach = 60;

class StoreConcurrencyTest : public StoreContract {
 protected:
  // Follows a watch on its own thread until `last` is delivered.
  class Follower {
   public:
    Follower(Store* store, const std::string& prefix) {
      auto watch = store->NewWatch(KeyRange::Prefix(prefix), 0, [this] {
        base::MutexLock lock(&mutex_);
        ready_ = true;
        changed_.SignalAll();
      });
      EXPECT_OK(watch);
      watch_ = *std::move(watch);
    }

    // Blocks.
    std::vector<EventPtr> FollowTo(Revision last) {
      std::vector<EventPtr> events;
      while (true) {
        const auto batch = watch_->Poll(7);
        EXPECT_OK(batch);
        if (!batch.ok()) return events;
        events.insert(events.end(), batch->events.begin(), batch->events.end());
        if (batch->progress >= last) return events;
        if (batch->events.size() == 7) continue;
        base::MutexLock lock(&mutex_);
        while (!ready_) changed_.Wait(&mutex_);
        ready_ = false;
      }
    }

   private:
    base::Mutex mutex_;
    base::CondVar changed_;
    bool ready_ ABSL_GUARDED_BY(mutex_) = false;
    std::unique_ptr<Watch> watch_;
  };

  struct Acknowledged {
    base::Mutex mutex;
    std::map<Revision, std::string> texts ABSL_GUARDED_BY(mutex);
  };

  // Updates its own key, and a key that all writers fight for.
  void RunWriter(int writer, Acknowledged* acknowledged) {
    Revision own = 0;
    for (int i = 0; i < kWritesEach; ++i) {
      const std::string own_key = absl::StrCat("own/", writer);
      const auto put = store_->Put(own_key, absl::StrCat(i), own);
      ASSERT_OK(put);
      own = *put;
      Acknowledge(own, absl::StrCat(own_key, "=", i), acknowledged);
      while (true) {
        const auto now = store_->Get("shared");
        const std::string value = absl::StrCat(writer, ".", i);
        const auto fought = store_->Put("shared", value, now.ok() ? now->mod_revision : 0);
        if (fought.ok()) {
          Acknowledge(*fought, absl::StrCat("shared=", value), acknowledged);
          break;
        }
        ASSERT_TRUE(absl::IsAborted(fought.status()) || absl::IsAlreadyExists(fought.status())) << fought.status();
      }
    }
  }

  static void Acknowledge(Revision revision, const std::string& text, Acknowledged* acknowledged) {
    base::MutexLock lock(&acknowledged->mutex);
    EXPECT_TRUE(acknowledged->texts.emplace(revision, absl::StrCat(text, "@", revision)).second) << revision;
  }

  static std::vector<std::string> Texts(Acknowledged* acknowledged) {
    base::MutexLock lock(&acknowledged->mutex);
    std::vector<std::string> texts;
    for (const auto& [revision, text] : acknowledged->texts) texts.push_back(text);
    return texts;
  }
};
INSTANTIATE_STORE_CONTRACT(StoreConcurrencyTest);

TEST_P(StoreConcurrencyTest, EachAcknowledgedWriteIsThereAndWatchedOnceInOrder) {
  Open(/*watch_queue_events=*/16);
  constexpr Revision kLast = 2 * kWriters * kWritesEach;
  Acknowledged acknowledged;
  std::vector<EventPtr> all_events;
  std::vector<EventPtr> own_events;
  Follower all(store_.get(), "");
  Follower own(store_.get(), "own/");
  std::vector<std::thread> threads;
  for (int writer = 0; writer < kWriters; ++writer) {
    threads.emplace_back([&, writer] { RunWriter(writer, &acknowledged); });
  }
  threads.emplace_back([&] { all_events = all.FollowTo(kLast); });
  // This one sees revisions of other keys only by progress: it stops at its last event.
  threads.emplace_back([&] {
    while (own_events.size() < kWriters * kWritesEach) {
      const auto more = own.FollowTo(own_events.empty() ? 1 : own_events.back()->revision() + 1);
      own_events.insert(own_events.end(), more.begin(), more.end());
    }
  });
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(store_->CurrentRevision(), kLast);
  EXPECT_EQ(ToText(all_events), Texts(&acknowledged));
  EXPECT_EQ(own_events.size(), static_cast<size_t>(kWriters * kWritesEach));
  for (size_t i = 1; i < own_events.size(); ++i) EXPECT_LT(own_events[i - 1]->revision(), own_events[i]->revision());
}

TEST_P(StoreConcurrencyTest, ListsAreConsistentWhileWritersAndCompactionRun) {
  // Each writer keeps the invariant that "x" is written before "y" with the same number: no list may show y ahead of x.
  std::vector<std::thread> threads;
  std::atomic<bool> done = false;
  threads.emplace_back([&] {
    Revision x = 0;
    Revision y = 0;
    for (int i = 100; i < 400; ++i) {
      x = *store_->Put("x", absl::StrCat(i), x);
      y = *store_->Put("y", absl::StrCat(i), y);
      if (i % 50 == 0) {
        EXPECT_OK(store_->Compact(y));
      }
    }
    done = true;
  });
  for (int reader = 0; reader < 2; ++reader) {
    threads.emplace_back([&] {
      while (!done) {
        const auto list = store_->List(KeyRange::All(), 0);
        ASSERT_OK(list);
        if (list->items.size() < 2) continue;
        ASSERT_GE(list->items[0].value, list->items[1].value);
        ASSERT_EQ(std::max(list->items[0].mod_revision, list->items[1].mod_revision), list->revision);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace kubelite::store
