#include "kubelet/logs/log_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/api/time.h"
#include "common/base/status_macros.h"

namespace kubelite::kubelet {
namespace {

constexpr int kMaxRotated = 100;
constexpr size_t kBlock = 64 << 10;

// An open log file and how far it was read. Move-only.
class File {
 public:
  File() = default;
  explicit File(const std::string& path) : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    struct stat info;
    if (fd_ >= 0 && fstat(fd_, &info) == 0) inode_ = info.st_ino;
  }
  File(File&& other) noexcept { *this = std::move(other); }
  File& operator=(File&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(inode_, other.inode_);
    std::swap(offset_, other.offset_);
    return *this;
  }
  ~File() {
    if (fd_ >= 0) close(fd_);
  }

  bool is_open() const { return fd_ >= 0; }
  ino_t inode() const { return inode_; }
  void Seek(int64_t offset) { offset_ = offset; }

  // Appends at most `max` bytes; returns how many.
  size_t Read(size_t max, std::string* out) {
    const size_t before = out->size();
    out->resize(before + max);
    const ssize_t got = pread(fd_, out->data() + before, max, offset_);
    out->resize(before + static_cast<size_t>(std::max<ssize_t>(got, 0)));
    offset_ += std::max<ssize_t>(got, 0);
    return static_cast<size_t>(std::max<ssize_t>(got, 0));
  }

 private:
  int fd_ = -1;
  ino_t inode_ = 0;
  int64_t offset_ = 0;
};

std::string RotatedPath(const std::string& path, int index) {
  return index == 0 ? path : absl::StrCat(path, ".", index);
}

ino_t InodeOf(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 ? info.st_ino : 0;
}

// One record `<time> <stream> <F|P> <text>`, without its newline.
struct Record {
  absl::string_view time;
  absl::string_view text;
  bool full = true;
};

bool ParseRecord(absl::string_view line, Record* record) {
  const size_t time_end = line.find(' ');
  const size_t stream_end = time_end == absl::string_view::npos ? time_end : line.find(' ', time_end + 1);
  const size_t tag_end = stream_end == absl::string_view::npos ? stream_end : line.find(' ', stream_end + 1);
  if (tag_end == absl::string_view::npos) return false;
  record->time = line.substr(0, time_end);
  record->full = absl::StartsWith(line.substr(stream_end + 1), "F");
  record->text = line.substr(tag_end + 1);
  return true;
}

// Offsets at which lines begin: after each record that ends one.
std::vector<int64_t> LineStarts(File* file) {
  std::string content;
  while (file->Read(kBlock, &content) > 0) {
  }
  file->Seek(0);
  std::vector<int64_t> starts;
  bool at_start = true;
  for (size_t begin = 0; begin < content.size();) {
    const size_t end = content.find('\n', begin);
    if (end == std::string::npos) break;
    Record record;
    if (at_start) starts.push_back(static_cast<int64_t>(begin));
    if (ParseRecord(absl::string_view(content).substr(begin, end - begin), &record)) at_start = record.full;
    begin = end + 1;
  }
  return starts;
}

class CriLogReader : public LogReader {
 public:
  CriLogReader(std::string path, const LogReaderOptions& options) : path_(std::move(path)), options_(options) {}

  absl::Status Start() {
    for (int i = 0; i < kMaxRotated; ++i) {
      File file(RotatedPath(path_, i));
      if (!file.is_open()) break;
      files_.push_front(std::move(file));
    }
    if (files_.empty()) return absl::NotFoundError(absl::StrCat("there is no log file ", path_));
    if (options_.tail_lines >= 0) SeekToTail();
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> Read(size_t max_bytes) override {
    std::string out;
    while (out.size() < max_bytes && !limit_reached_) {
      const size_t newline = pending_.find('\n', parsed_);
      if (newline != std::string::npos) {
        Append(absl::string_view(pending_).substr(parsed_, newline - parsed_), &out);
        parsed_ = newline + 1;
        continue;
      }
      pending_.erase(0, parsed_);
      parsed_ = 0;
      if (files_.front().Read(kBlock, &pending_) > 0) continue;
      if (!NextFile()) break;
    }
    return out;
  }

  bool limit_reached() const override { return limit_reached_; }

 private:
  void SeekToTail() {
    int64_t wanted = options_.tail_lines;
    for (size_t i = files_.size(); i-- > 0;) {
      const std::vector<int64_t> starts = LineStarts(&files_[i]);
      if (static_cast<int64_t>(starts.size()) < wanted) {
        wanted -= static_cast<int64_t>(starts.size());
        continue;
      }
      if (wanted == 0)
        files_[i].Seek(EndOf(i));
      else
        files_[i].Seek(starts[starts.size() - static_cast<size_t>(wanted)]);
      files_.erase(files_.begin(), files_.begin() + static_cast<std::ptrdiff_t>(i));
      return;
    }
  }

  int64_t EndOf(size_t index) {
    std::string content;
    while (files_[index].Read(kBlock, &content) > 0) {
    }
    return static_cast<int64_t>(content.rfind('\n') == std::string::npos ? 0 : content.rfind('\n') + 1);
  }

  // Goes on with the file after the present one, also when rotation has renamed it meanwhile. False at the newest
  // file's end.
  bool NextFile() {
    if (files_.size() > 1) {
      files_.pop_front();
      pending_.clear();
      return true;
    }
    const ino_t present = files_.front().inode();
    int found = -1;
    for (int i = 0; i < kMaxRotated; ++i) {
      const ino_t inode = InodeOf(RotatedPath(path_, i));
      if (inode == 0 && i > 0) break;
      if (inode == present) found = i;
    }
    if (found == 0) return false;
    // The last bytes may have been written between our read and the rename.
    if (files_.front().Read(kBlock, &pending_) > 0) return true;
    // Deleted by rotation: whatever is oldest now comes next.
    int next = found > 0 ? found - 1 : kMaxRotated;
    while (next > 0 && InodeOf(RotatedPath(path_, next)) == 0) --next;
    File file(RotatedPath(path_, next));
    if (!file.is_open() || file.inode() == present) return false;
    files_.front() = std::move(file);
    pending_.clear();
    return true;
  }

  void Append(absl::string_view line, std::string* out) {
    Record record;
    if (!ParseRecord(line, &record)) return;  // a torn line of a crash
    if (options_.since != absl::InfinitePast()) {
      const absl::StatusOr<absl::Time> time = api::ParseRfc3339(record.time);
      if (time.ok() && *time < options_.since) return;
    }
    std::string text;
    if (options_.timestamps && at_line_start_) absl::StrAppend(&text, record.time, " ");
    absl::StrAppend(&text, record.text, record.full ? "\n" : "");
    at_line_start_ = record.full;
    if (options_.limit_bytes >= 0) {
      const int64_t left = options_.limit_bytes - written_;
      limit_reached_ = static_cast<int64_t>(text.size()) >= left;
      if (limit_reached_) text.resize(static_cast<size_t>(std::max<int64_t>(left, 0)));
    }
    written_ += static_cast<int64_t>(text.size());
    out->append(text);
  }

  const std::string path_;
  const LogReaderOptions options_;
  std::deque<File> files_;  // oldest first; the front one is being read
  std::string pending_;     // read but not parsed
  size_t parsed_ = 0;
  bool at_line_start_ = true;
  int64_t written_ = 0;
  bool limit_reached_ = false;
};

}  // namespace

absl::StatusOr<std::unique_ptr<LogReader>> LogReader::Open(const std::string& path, const LogReaderOptions& options) {
  auto reader = std::make_unique<CriLogReader>(path, options);
  RETURN_IF_ERROR(reader->Start());
  return reader;
}

}  // namespace kubelite::kubelet
