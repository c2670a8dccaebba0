#include "store/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/errno_status.h"
#include "common/base/status_macros.h"

#define XXH_INLINE_ALL
#include "xxhash.h"

namespace kubelite::store {
namespace {

constexpr size_t kBufferBytes = 256 * 1024;

class ScopedFd {
 public:
  explicit ScopedFd(int fd) : fd_(fd) {}
  ~ScopedFd() {
    if (fd_ >= 0) close(fd_);
  }
  ScopedFd(const ScopedFd&) = delete;
  ScopedFd& operator=(const ScopedFd&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

absl::Status WriteAll(int fd, absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return base::ErrnoStatus(errno, "writing");
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return absl::OkStatus();
}

// Calls `take` with all bytes of a file, piece by piece.
template <typename Function>
absl::Status ForEachPiece(const std::string& path, Function take) {
  const ScopedFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return base::ErrnoStatus(errno, absl::StrCat("reading ", path));
  std::vector<char> buffer(kBufferBytes);
  while (true) {
    const ssize_t count = read(fd.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return base::ErrnoStatus(errno, absl::StrCat("reading ", path));
    if (count == 0) return absl::OkStatus();
    RETURN_IF_ERROR(take(absl::string_view(buffer.data(), static_cast<size_t>(count))));
  }
}

}  // namespace

struct Hasher::State {
  XXH3_state_t xxh;
};

Hasher::Hasher() : state_(std::make_unique<State>()) { XXH3_64bits_reset(&state_->xxh); }

Hasher::~Hasher() = default;

void Hasher::Update(absl::string_view bytes) { XXH3_64bits_update(&state_->xxh, bytes.data(), bytes.size()); }

std::string Hasher::Finish() const { return absl::StrFormat("xxh3:%016x", XXH3_64bits_digest(&state_->xxh)); }

std::string HashBytes(absl::string_view bytes) {
  Hasher hasher;
  hasher.Update(bytes);
  return hasher.Finish();
}

absl::StatusOr<std::string> HashFile(const std::string& path) {
  Hasher hasher;
  RETURN_IF_ERROR(ForEachPiece(path, [&](absl::string_view piece) {
    hasher.Update(piece);
    return absl::OkStatus();
  }));
  return hasher.Finish();
}

absl::StatusOr<std::string> CopyFile(const std::string& from, const std::string& to) {
  const ScopedFd fd(open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (fd.get() < 0) return base::ErrnoStatus(errno, absl::StrCat("creating ", to));
  Hasher hasher;
  absl::Status status = ForEachPiece(from, [&](absl::string_view piece) {
    hasher.Update(piece);
    return WriteAll(fd.get(), piece);
  });
  if (status.ok() && fsync(fd.get()) != 0) status = base::ErrnoStatus(errno, "syncing");
  if (!status.ok()) return base::Annotate(status, absl::StrCat("copying to ", to));
  return hasher.Finish();
}

absl::Status LinkOrCopyFile(const std::string& from, const std::string& to) {
  if (link(from.c_str(), to.c_str()) == 0) return absl::OkStatus();
  // Another filesystem, one without links, or too many of them.
  if (errno != EXDEV && errno != EPERM && errno != EMLINK && errno != EOPNOTSUPP) {
    return base::ErrnoStatus(errno, absl::StrCat("linking ", from, " to ", to));
  }
  return CopyFile(from, to).status();
}

absl::StatusOr<int64_t> FileBytes(const std::string& path) {
  struct stat info = {};
  if (stat(path.c_str(), &info) != 0) return base::ErrnoStatus(errno, absl::StrCat("looking at ", path));
  return static_cast<int64_t>(info.st_size);
}

bool Exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(std::filesystem::symlink_status(path, error));
}

absl::Status Rename(const std::string& from, const std::string& to) {
  if (rename(from.c_str(), to.c_str()) == 0) return absl::OkStatus();
  return base::ErrnoStatus(errno, absl::StrCat("renaming ", from, " to ", to));
}

absl::Status SyncDirectory(const std::string& path) {
  const ScopedFd fd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() >= 0 && fsync(fd.get()) == 0) return absl::OkStatus();
  return base::ErrnoStatus(errno, absl::StrCat("syncing directory ", path));
}

}  // namespace kubelite::store
