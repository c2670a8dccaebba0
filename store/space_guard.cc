#include "store/space_guard.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/errno_status.h"
#include "common/base/log.h"
#include "store/files.h"

namespace kubelite::store {
namespace {

// With less than this free, the reserve is given up.
constexpr int64_t kReleaseBelow = 8 << 20;

struct Space {
  bool known = false;
  bool read_only = false;
  int64_t free_bytes = std::numeric_limits<int64_t>::max();
};

Space SpaceAt(const std::string& path) {
  struct statvfs info = {};
  const std::string directory = std::filesystem::path(path).parent_path();
  if (statvfs(directory.c_str(), &info) != 0) return {};
  return {true, (info.f_flag & ST_RDONLY) != 0, static_cast<int64_t>(info.f_bavail * info.f_frsize)};
}

}  // namespace

SpaceGuard::SpaceGuard(std::string path) : path_(std::move(path)), reserved_(Exists(path_)) {}

absl::Status SpaceGuard::Check(int64_t* free_bytes) {
  const Space space = SpaceAt(path_);
  if (free_bytes != nullptr) *free_bytes = space.free_bytes;
  if (!space.known) return absl::OkStatus();  // the write itself will tell
  const std::string disk = absl::StrCat("the disk of ", path_);
  if (space.read_only) {
    return absl::UnavailableError(absl::StrCat(disk, " is mounted read-only; mount it for writing"));
  }
  base::MutexLock lock(&mutex_);
  const bool room_to_reserve = space.free_bytes >= kAllowPutsFrom + kReserveBytes;
  if (refusing_) {
    if (reserved_ ? space.free_bytes >= kAllowPutsFrom : room_to_reserve) refusing_ = false;
  } else if (space.free_bytes < kRefusePutsBelow) {
    refusing_ = true;
    base::LogWarning("Disk is full: puts are refused", {{"path", path_}, {"freeBytes", space.free_bytes}});
  }
  if (refusing_) tried_ = false;
  if (!refusing_ && !reserved_ && room_to_reserve && !std::exchange(tried_, true)) reserved_ = Reserve();
  if (!refusing_) return absl::OkStatus();
  if (reserved_ && space.free_bytes < kReleaseBelow) Release();
  return absl::ResourceExhaustedError(
      absl::StrCat(disk, " is full (", space.free_bytes >> 20, " MiB free, puts need ", kAllowPutsFrom >> 20,
                   "): puts are refused, reads and deletes work; free some space, or delete and compact"));
}

bool SpaceGuard::MakeRoom(int64_t bytes) {
  const Space space = SpaceAt(path_);
  if (!space.known || space.free_bytes >= bytes) return true;
  {
    base::MutexLock lock(&mutex_);
    refusing_ = true;
    if (reserved_) Release();
  }
  return SpaceAt(path_).free_bytes >= bytes;
}

bool SpaceGuard::Reserve() {
  if (reserved_) return true;
  const int fd = open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  // Blocks, not only a size. Where there is no such call the store does without a reserve.
  const bool made = fd >= 0 && fallocate(fd, 0, 0, kReserveBytes) == 0;
  if (!made && errno != EOPNOTSUPP) {
    base::LogWarning("No space reserved", {{"err", base::ErrnoStatus(errno, path_)}});
  }
  if (fd >= 0) close(fd);
  if (!made) unlink(path_.c_str());
  return made;
}

void SpaceGuard::Release() {
  if (unlink(path_.c_str()) == 0) base::LogWarning("Reserved space given up", {{"path", path_}});
  reserved_ = false;
}

}  // namespace kubelite::store
