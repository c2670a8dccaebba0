#include "common/base/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/errno_status.h"
#include "common/base/status_macros.h"

namespace kubelite::base {
namespace {

// Closes a descriptor at the end of a scope.
class ScopedFd {
 public:
  explicit ScopedFd(int fd) : fd_(fd) {}
  ~ScopedFd() {
    if (fd_ >= 0) close(fd_);
  }
  ScopedFd(const ScopedFd&) = delete;
  ScopedFd& operator=(const ScopedFd&) = delete;
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

absl::Status WriteAll(int fd, absl::string_view content) {
  while (!content.empty()) {
    const ssize_t written = write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return ErrnoStatus(errno, "writing");
    content.remove_prefix(written);
  }
  return absl::OkStatus();
}

std::string ParentDirectory(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

absl::Status SyncDirectory(const std::string& path) {
  const ScopedFd fd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0 || fsync(fd.get()) != 0) return ErrnoStatus(errno, absl::StrCat("syncing directory ", path));
  return absl::OkStatus();
}

absl::Status WriteAndSync(const std::string& path, absl::string_view content, int mode) {
  const ScopedFd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (fd.get() < 0) return ErrnoStatus(errno, "creating");
  RETURN_IF_ERROR(WriteAll(fd.get(), content));
  if (fsync(fd.get()) != 0) return ErrnoStatus(errno, "syncing");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  const ScopedFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return ErrnoStatus(errno, absl::StrCat("reading ", path));
  std::string content;
  char buffer[64 * 1024];
  while (true) {
    const ssize_t count = read(fd.get(), buffer, sizeof(buffer));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return ErrnoStatus(errno, absl::StrCat("reading ", path));
    if (count == 0) return content;
    content.append(buffer, count);
  }
}

absl::Status WriteFileAtomically(const std::string& path, absl::string_view content, int mode) {
  static std::atomic<uint64_t> counter{0};
  const std::string temporary = absl::StrCat(path, ".tmp-", getpid(), "-", counter.fetch_add(1));
  absl::Status status = WriteAndSync(temporary, content, mode);
  if (status.ok() && rename(temporary.c_str(), path.c_str()) != 0) status = ErrnoStatus(errno, "renaming");
  if (!status.ok()) {
    unlink(temporary.c_str());
    return Annotate(status, absl::StrCat("writing ", path));
  }
  return SyncDirectory(ParentDirectory(path));
}

absl::Status MakeDirectories(const std::string& path, int mode) {
  struct stat info = {};
  if (stat(path.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode)) return absl::OkStatus();
    return absl::FailedPreconditionError(absl::StrCat("making directory ", path, ": a file of that name exists"));
  }
  const std::string parent = ParentDirectory(path);
  if (parent != path && parent != ".") RETURN_IF_ERROR(MakeDirectories(parent, mode));
  if (mkdir(path.c_str(), mode) == 0) {
    if (chmod(path.c_str(), mode) == 0) return absl::OkStatus();  // whatever the umask
  } else if (errno == EEXIST && stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) {
    return absl::OkStatus();  // made by someone else meanwhile, or `path` ends with a slash
  }
  return ErrnoStatus(errno, absl::StrCat("making directory ", path));
}

absl::Status RemoveAll(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) return ErrnoStatus(error.value(), absl::StrCat("removing ", path));
  return absl::OkStatus();
}

absl::StatusOr<FileLock> FileLock::Acquire(const std::string& path) {
  ScopedFd fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (fd.get() < 0) return ErrnoStatus(errno, absl::StrCat("opening lock file ", path));
  if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return ErrnoStatus(errno, absl::StrCat("locking ", path));
    const absl::StatusOr<std::string> holder = ReadFile(path);
    const absl::string_view pid = holder.ok() ? absl::StripAsciiWhitespace(*holder) : "";
    return absl::FailedPreconditionError(
        absl::StrCat("lock file ", path, " is held by process ", pid.empty() ? "(not yet written)" : pid));
  }
  if (ftruncate(fd.get(), 0) != 0) return ErrnoStatus(errno, absl::StrCat("truncating lock file ", path));
  const absl::Status written = WriteAll(fd.get(), absl::StrCat(getpid(), "\n"));
  if (!written.ok()) return Annotate(written, absl::StrCat("lock file ", path));
  return FileLock(fd.release());
}

FileLock::FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

FileLock::~FileLock() {
  if (fd_ >= 0) close(fd_);
}

TemporaryDirectory::TemporaryDirectory() {
  const char* const root = getenv("TMPDIR");
  path_ = absl::StrCat(root == nullptr || *root == '\0' ? "/tmp" : root, "/kube-lite-XXXXXX");
  CHECK(mkdtemp(path_.data()) != nullptr);
}

TemporaryDirectory::~TemporaryDirectory() { RemoveAll(path_).IgnoreError(); }

}  // namespace kubelite::base
