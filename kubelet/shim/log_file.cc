#include "kubelet/shim/log_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <utility>

namespace kubelite::kubelet::shim {
namespace {

constexpr size_t kMaxLine = 16 * 1024;
constexpr size_t kFlushAt = 64 * 1024;

// Appends 2024-01-01T00:00:00.000000000Z.
void AppendTimestamp(int64_t now_ns, std::string* out) {
  const time_t seconds = now_ns / 1000000000;
  struct tm t;
  gmtime_r(&seconds, &t);
  char text[64];
  const int n = snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%09dZ", t.tm_year + 1900, t.tm_mon + 1,
                         t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, static_cast<int>(now_ns % 1000000000));
  out->append(text, n);
}

}  // namespace

int64_t NowNanos() {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return static_cast<int64_t>(t.tv_sec) * 1000000000 + t.tv_nsec;
}

LogFile::LogFile(std::string path, LogLimits limits) : path_(std::move(path)), limits_(limits) { Open(); }

LogFile::~LogFile() {
  Flush();
  if (fd_ >= 0) close(fd_);
}

bool LogFile::Open() {
  fd_ = open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
  struct stat st;
  size_ = fd_ >= 0 && fstat(fd_, &st) == 0 ? st.st_size : 0;
  torn_ = false;
  return fd_ >= 0;
}

void LogFile::Rotate() {
  close(fd_);
  fd_ = -1;
  for (int i = limits_.max_files - 2; i >= 0; --i) {
    const std::string from = i == 0 ? path_ : path_ + "." + std::to_string(i);
    rename(from.c_str(), (path_ + "." + std::to_string(i + 1)).c_str());
  }
  if (limits_.max_files < 2) unlink(path_.c_str());
  Open();
}

void LogFile::Add(const char* stream, bool partial, const char* data, size_t size, int64_t now_ns) {
  AppendTimestamp(now_ns, &pending_);
  pending_ += ' ';
  pending_ += stream;
  pending_ += partial ? " P " : " F ";
  pending_.append(data, size);
  pending_ += '\n';
  if (pending_.size() >= kFlushAt) Flush();
}

void LogFile::Flush() {
  if (pending_.empty()) return;
  if (fd_ >= 0 && size_ > 0 && size_ + static_cast<int64_t>(pending_.size()) > limits_.max_size) Rotate();
  if (fd_ >= 0 || Open()) {
    if (torn_ && write(fd_, "\n", 1) == 1) torn_ = false;
    const ssize_t n = write(fd_, pending_.data(), pending_.size());
    if (n > 0) size_ += n;
    if (n > 0 && n < static_cast<ssize_t>(pending_.size())) torn_ = true;
  }
  pending_.clear();
  if (pending_.capacity() > 2 * kFlushAt) pending_.shrink_to_fit();
}

void LineSplitter::Append(const char* data, size_t size, int64_t now_ns, LogFile* log) {
  while (size > 0) {
    const char* newline = static_cast<const char*>(memchr(data, '\n', size));
    size_t take = newline != nullptr ? static_cast<size_t>(newline - data) : size;
    const size_t room = kMaxLine - line_.size();
    if (take > room) {
      line_.append(data, room);
      log->Add(stream_, /*partial=*/true, line_.data(), line_.size(), now_ns);
      line_.clear();
      data += room;
      size -= room;
      continue;
    }
    if (newline == nullptr) {
      line_.append(data, take);
      return;
    }
    if (line_.empty()) {
      log->Add(stream_, /*partial=*/false, data, take, now_ns);
    } else {
      line_.append(data, take);
      log->Add(stream_, /*partial=*/false, line_.data(), line_.size(), now_ns);
      line_.clear();
    }
    data += take + 1;
    size -= take + 1;
  }
}

void LineSplitter::Finish(int64_t now_ns, LogFile* log) {
  if (!line_.empty()) log->Add(stream_, /*partial=*/true, line_.data(), line_.size(), now_ns);
  line_.clear();
  line_.shrink_to_fit();
}

}  // namespace kubelite::kubelet::shim
