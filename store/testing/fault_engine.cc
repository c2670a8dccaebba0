#include "store/testing/fault_engine.h"

#include <utility>

#include "common/base/check.h"
#include "common/base/status_macros.h"

namespace kubelite::store {

void FaultDisk::Fail(Fault fault) {
  base::MutexLock lock(&mutex_);
  fault_ = fault;
}

void FaultDisk::FailRecovery(bool fail) {
  base::MutexLock lock(&mutex_);
  fail_recovery_ = fail;
}

std::unique_ptr<Engine> FaultDisk::PowerLoss() {
  {
    base::MutexLock lock(&mutex_);
    unsynced_.clear();
  }
  return std::make_unique<FaultEngine>(this);
}

int FaultDisk::syncs() const {
  base::MutexLock lock(&mutex_);
  return syncs_;
}

int FaultDisk::writes() const {
  base::MutexLock lock(&mutex_);
  return writes_;
}

void FaultDisk::OnWrite(std::function<void()> hook) {
  base::MutexLock lock(&mutex_);
  on_write_ = std::move(hook);
}

FaultEngine::FaultEngine(FaultDisk* disk) : disk_(disk) {
  base::MutexLock lock(&disk_->mutex_);
  live_ = disk_->synced_->Clone();
}

absl::Status FaultEngine::Write(const WriteBatch& batch, bool sync) {
  std::function<void()> hook;
  {
    base::MutexLock lock(&disk_->mutex_);
    hook = disk_->on_write_;
  }
  if (hook != nullptr) hook();
  base::MutexLock lock(&disk_->mutex_);
  ++disk_->writes_;
  if (disk_->fault_ == FaultDisk::Fault::kLose || disk_->fault_ == FaultDisk::Fault::kKeep) {
    if (disk_->fault_ == FaultDisk::Fault::kKeep) kept_.push_back(batch);
    return absl::UnavailableError("injected write failure");
  }
  disk_->unsynced_.push_back(batch);
  if (sync) {
    ++disk_->syncs_;
    for (const WriteBatch& waiting : disk_->unsynced_) CHECK_OK(disk_->synced_->Write(waiting, true));
    disk_->unsynced_.clear();
  }
  return live_->Write(batch, sync);
}

absl::Status FaultEngine::CheckSpace() {
  base::MutexLock lock(&disk_->mutex_);
  if (disk_->fault_ != FaultDisk::Fault::kFull) return absl::OkStatus();
  return absl::ResourceExhaustedError("injected full disk");
}

absl::Status FaultEngine::Recover() {
  {
    base::MutexLock lock(&disk_->mutex_);
    if (disk_->fail_recovery_) return absl::UnavailableError("injected recovery failure");
    // In the order in which they were written.
    for (const WriteBatch& batch : disk_->unsynced_) CHECK_OK(disk_->synced_->Write(batch, true));
    disk_->unsynced_.clear();
    for (const WriteBatch& batch : kept_) CHECK_OK(disk_->synced_->Write(batch, true));
  }
  for (const WriteBatch& batch : kept_) RETURN_IF_ERROR(live_->Write(batch, true));
  kept_.clear();
  return absl::OkStatus();
}

}  // namespace kubelite::store
