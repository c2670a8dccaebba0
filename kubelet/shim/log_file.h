#pragma once

#include <cstdint>
#include <string>

namespace kubelite::kubelet::shim {

struct LogLimits {
  int64_t max_size = 10 << 20;  // bytes of one file
  int max_files = 5;            // the current one included
};

// A container's log in CRI format, rotated by size: <path>, <path>.1 (the one before), <path>.2, ...
// A disk that is full loses lines; the container is never stalled.
class LogFile {
 public:
  LogFile(std::string path, LogLimits limits);
  ~LogFile();
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  // Adds one record to the pending output: `2024-01-01T00:00:00.000000000Z stdout F line`.
  void Add(const char* stream, bool partial, const char* data, size_t size, int64_t now_ns);
  // Writes what is pending.
  void Flush();

 private:
  bool Open();
  void Rotate();

  const std::string path_;
  const LogLimits limits_;
  int fd_ = -1;
  int64_t size_ = 0;
  bool torn_ = false;  // the last write ended inside a line
  std::string pending_;
};

// Turns the bytes of one stream into records: a line each, in parts of at most 16 KiB.
class LineSplitter {
 public:
  explicit LineSplitter(const char* stream) : stream_(stream) {}
  void Append(const char* data, size_t size, int64_t now_ns, LogFile* log);
  // At the end of the stream: what is left is a partial line.
  void Finish(int64_t now_ns, LogFile* log);

 private:
  const char* const stream_;
  std::string line_;
};

// Nanoseconds since the epoch.
int64_t NowNanos();

}  // namespace kubelite::kubelet::shim
