#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/mutex.h"
#include "store/engine.h"
#include "store/memory_engine.h"

namespace kubelite::store {

// A disk in memory that outlives the engines on it, counts syncs, fails on demand, and forgets what was not synced when
// the power goes. Shared by the test and the FaultEngine. Thread-safe.
class FaultDisk {
 public:
  enum class Fault {
    kNone,
    kLose,  // writes fail and leave nothing
    kKeep,  // writes fail, but what they wrote is found after recovery
    kFull,  // there is only space for deletes
  };

  // The next writes and recoveries fail until told otherwise.
  void Fail(Fault fault);
  void FailRecovery(bool fail);
  // An engine over what has been synced: what a machine finds after a power loss.
  std::unique_ptr<Engine> PowerLoss();

  int syncs() const;
  int writes() const;

  // Called before each write reaches the disk, without locks held: tests block here to let writers pile up.
  void OnWrite(std::function<void()> hook);

 private:
  friend class FaultEngine;

  mutable base::Mutex mutex_;
  Fault fault_ ABSL_GUARDED_BY(mutex_) = Fault::kNone;
  bool fail_recovery_ ABSL_GUARDED_BY(mutex_) = false;
  int syncs_ ABSL_GUARDED_BY(mutex_) = 0;
  int writes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::function<void()> on_write_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<MemoryEngine> synced_ ABSL_GUARDED_BY(mutex_) = std::make_unique<MemoryEngine>();
  std::vector<WriteBatch> unsynced_ ABSL_GUARDED_BY(mutex_);
};

// The in-memory engine on a FaultDisk, which must outlive it.
class FaultEngine : public Engine {
 public:
  explicit FaultEngine(FaultDisk* disk);

  absl::StatusOr<std::unique_ptr<View>> NewView() override { return live_->NewView(); }
  absl::Status Write(const WriteBatch& batch, bool sync) override;
  absl::Status CheckSpace() override;
  bool RefusesPuts() override { return !CheckSpace().ok(); }
  absl::Status Recover() override;
  void AllowDrop(Revision revision) override { live_->AllowDrop(revision); }
  absl::StatusOr<int64_t> Bytes() override { return live_->Bytes(); }
  absl::Status Checkpoint(const std::string& path) override { return live_->Checkpoint(path); }

 private:
  FaultDisk* const disk_;
  std::unique_ptr<MemoryEngine> live_;  // what readers see
  std::vector<WriteBatch> kept_;        // failed writes that recovery finds; used by the writer only
};

}  // namespace kubelite::store
