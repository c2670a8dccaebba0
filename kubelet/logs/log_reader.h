#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace kubelite::kubelet {

struct LogReaderOptions {
  bool follow = false;
  bool timestamps = false;                  // keep each line's RFC 3339 time
  absl::Time since = absl::InfinitePast();  // skip records before
  int64_t tail_lines = -1;                  // -1: all that is kept
  int64_t limit_bytes = -1;                 // -1: no limit
};

// Reads a container's CRI log from its files `<path>` and the rotated `<path>.1` (newer) to `<path>.N`, oldest first,
// and follows it across rotations: nothing is lost or repeated while the file that is being read still exists. Belongs
// to one task at a time; blocks on the disk only.
class LogReader {
 public:
  // NotFound when there is no log file.
  static absl::StatusOr<std::unique_ptr<LogReader>> Open(const std::string& path, const LogReaderOptions& options);
  virtual ~LogReader() = default;

  // Formatted text, roughly at most `max_bytes` (at least one record). Empty: nothing more for now.
  virtual absl::StatusOr<std::string> Read(size_t max_bytes) = 0;
  // limit_bytes was reached: Read gives nothing any more.
  virtual bool limit_reached() const = 0;
};

}  // namespace kubelite::kubelet
