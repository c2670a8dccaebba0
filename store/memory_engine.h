#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>

#include "common/base/mutex.h"
#include "store/engine.h"

namespace kubelite::store {

// Ordered maps in memory. A View holds the engine's lock: readers and writers take turns.
class MemoryEngine : public Engine {
 public:
  using Rows = std::map<std::string, std::string, std::less<>>;

  absl::StatusOr<std::unique_ptr<View>> NewView() override;
  absl::Status Write(const WriteBatch& batch, bool sync) override;
  absl::Status Recover() override { return absl::OkStatus(); }
  void AllowDrop(Revision revision) override;
  absl::StatusOr<int64_t> Bytes() override;
  absl::Status Checkpoint(const std::string& path) override;

  // A copy of all rows, for tests that crash or fork an engine.
  std::unique_ptr<MemoryEngine> Clone() const;

 private:
  class MemoryView;

  mutable base::Mutex mutex_;
  std::array<Rows, kTables> tables_ ABSL_GUARDED_BY(mutex_);
  Revision dropped_below_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace kubelite::store
