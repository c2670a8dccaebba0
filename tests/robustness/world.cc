#include "tests/robustness/world.h"

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/file.h"
#include "common/base/mutex.h"
#include "store/mvcc_store.h"
#include "store/testing/fault_engine.h"

namespace kubelite::robustness {
namespace {

// Small, so that watchers fall behind and are fed from the log.
constexpr size_t kWatchQueue = 4;

class QuietWorld : public World {
 public:
  void PlanTrouble(int, bool, std::function<void()>) override {}
  void BeforeOperation() override {}
  void Calm() override {}
  bool LosesPower() const override { return false; }
};

class MemoryWorld : public QuietWorld {
 public:
  absl::StatusOr<std::unique_ptr<store::Store>> Open() override { return store::OpenInMemory(kWatchQueue); }
  bool Persists() const override { return false; }
};

class RocksDbWorld : public QuietWorld {
 public:
  absl::StatusOr<std::unique_ptr<store::Store>> Open() override {
    return store::OpenRocksDb({.directory = directory_.path() + "/store", .watch_queue_events = kWatchQueue});
  }
  bool Persists() const override { return true; }

 private:
  const base::TemporaryDirectory directory_;
};

// A disk that fails writes for a while, with or without leaving them behind, refuses to recover, and loses all that was
// not synced.
class FaultWorld : public World {
 public:
  explicit FaultWorld(uint64_t seed) : random_(seed) {}

  absl::StatusOr<std::unique_ptr<store::Store>> Open() override {
    return store::MvccStore::Open(disk_.PowerLoss(), kWatchQueue);
  }
  bool Persists() const override { return true; }
  bool LosesPower() const override { return true; }

  void PlanTrouble(int operations, bool power_may_go, std::function<void()> interrupt) override {
    base::MutexLock lock(&mutex_);
    interrupt_ = std::move(interrupt);
    done_ = 0;
    plan_.clear();
    const auto any_moment = [&] { return 1 + static_cast<int>(random_.Uniform(static_cast<uint64_t>(operations))); };
    for (uint64_t i = random_.Uniform(4); i > 0; --i) {
      const int begin = any_moment();
      const int end = begin + 2 + static_cast<int>(random_.Uniform(20));
      plan_.emplace(begin, random_.Uniform(2) == 0 ? Trouble::kLose : Trouble::kKeep);
      if (random_.Uniform(3) == 0) plan_.emplace(begin + 1, Trouble::kNoRecovery);
      plan_.emplace(end, Trouble::kNone);
    }
    if (power_may_go && random_.Uniform(2) == 0) plan_.emplace(any_moment(), Trouble::kPowerOff);
  }

  void BeforeOperation() override {
    base::MutexLock lock(&mutex_);
    const auto [begin, end] = plan_.equal_range(++done_);
    for (auto it = begin; it != end; ++it) Begin(it->second);
  }

  void Calm() override {
    base::MutexLock lock(&mutex_);
    plan_.clear();
    power_off_ = false;
    Begin(Trouble::kNone);
  }

 private:
  enum class Trouble { kNone, kLose, kKeep, kNoRecovery, kPowerOff };

  void Begin(Trouble trouble) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (power_off_) return;
    switch (trouble) {
      case Trouble::kNone:
        disk_.FailRecovery(false);
        disk_.Fail(store::FaultDisk::Fault::kNone);
        return;
      case Trouble::kLose:
        disk_.Fail(store::FaultDisk::Fault::kLose);
        return;
      case Trouble::kKeep:
        disk_.Fail(store::FaultDisk::Fault::kKeep);
        return;
      case Trouble::kNoRecovery:
        disk_.FailRecovery(true);
        return;
      case Trouble::kPowerOff:
        disk_.FailRecovery(true);
        disk_.Fail(store::FaultDisk::Fault::kLose);
        power_off_ = true;
        interrupt_();
        return;
    }
  }

  store::FaultDisk disk_;
  base::Mutex mutex_;
  base::Random random_ ABSL_GUARDED_BY(mutex_);
  std::function<void()> interrupt_ ABSL_GUARDED_BY(mutex_);
  int done_ ABSL_GUARDED_BY(mutex_) = 0;
  bool power_off_ ABSL_GUARDED_BY(mutex_) = false;
  std::multimap<int, Trouble> plan_ ABSL_GUARDED_BY(mutex_);  // by count of operations
};

}  // namespace

std::unique_ptr<World> MakeWorld(const std::string& name, uint64_t seed) {
  if (name == "Memory") return std::make_unique<MemoryWorld>();
  if (name == "FaultDisk") return std::make_unique<FaultWorld>(seed);
  CHECK(name == "RocksDb");
  return std::make_unique<RocksDbWorld>();
}

const std::vector<std::string>& WorldNames() {
  static const auto& names = *new std::vector<std::string>{"Memory", "FaultDisk", "RocksDb"};
  return names;
}

}  // namespace kubelite::robustness
