#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "common/base/mutex.h"

namespace kubelite::store {

// Keeps a database able to delete and compact when its disk is full: refuses puts while some space is left, and holds a
// reserve file that it gives up when others have taken that too. Takes everything back by itself when space returns.
// Thread-safe.
class SpaceGuard {
 public:
  static constexpr int64_t kReserveBytes = 16 << 20;
  static constexpr int64_t kRefusePutsBelow = 16 << 20;
  static constexpr int64_t kAllowPutsFrom = 32 << 20;  // and the reserve, if it was given up

  // `path`: of the reserve file, on the database's disk; made by the first Check.
  explicit SpaceGuard(std::string path);

  // Looks at the disk. ResourceExhausted: puts must be refused. Unavailable: it is mounted read-only. Stores what is
  // free in *free_bytes, if not null; unknown is much.
  absl::Status Check(int64_t* free_bytes);
  // Whether at least `bytes` are free, after giving the reserve up if it takes that.
  bool MakeRoom(int64_t bytes);

 private:
  // Whether the reserve is there now.
  bool Reserve() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Release() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string path_;
  base::Mutex mutex_;
  bool refusing_ ABSL_GUARDED_BY(mutex_) = true;  // until a Check finds enough
  bool reserved_ ABSL_GUARDED_BY(mutex_);
  bool tried_ ABSL_GUARDED_BY(mutex_) = false;  // to reserve, since puts were last refused
};

}  // namespace kubelite::store
