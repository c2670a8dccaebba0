#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace kubelite::base {

// Whole-file helpers; all block on the disk. Errors carry the path and the system's reason; a missing file is NotFound.
absl::StatusOr<std::string> ReadFile(const std::string& path);
// Writes to a temporary file beside `path`, syncs it and renames it over `path`. `mode` as for open(2).
absl::Status WriteFileAtomically(const std::string& path, absl::string_view content, int mode = 0644);
// mkdir -p; directories that it makes get `mode`.
absl::Status MakeDirectories(const std::string& path, int mode = 0755);
// rm -rf; does not follow links. Absent is fine.
absl::Status RemoveAll(const std::string& path);

// An exclusive advisory lock on `path` (created when absent), held until destroyed; the file names the holder's PID.
class FileLock {
 public:
  // FailedPrecondition naming the PID of the holder when it is taken.
  static absl::StatusOr<FileLock> Acquire(const std::string& path);
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_ = -1;
};

// A fresh directory under $TMPDIR or /tmp, removed with all its content when destroyed.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace kubelite::base
