#include "kubelet/network/address_pool.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "common/base/errno_status.h"

namespace kubelite::kubelet {
namespace {

constexpr uint32_t kPoolSize = 1u << 22;   // 127.64.0.0/10
constexpr uint32_t kBlockSize = 1u << 12;  // kubelets start at multiples of it
constexpr uint32_t kFirst = 127u << 24 | 64u << 16;

// FNV-1a.
uint32_t Hash(absl::string_view text) {
  uint32_t hash = 2166136261u;
  for (unsigned char c : text) hash = (hash ^ c) * 16777619u;
  return hash;
}

std::string Text(uint32_t address) {
  return absl::StrCat(address >> 24, ".", address >> 16 & 255, ".", address >> 8 & 255, ".", address & 255);
}

// -1 when it is taken.
absl::StatusOr<int> TryClaim(const std::string& address) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return base::ErrnoStatus(errno, "claiming a pod address");
  struct sockaddr_un name = {};
  name.sun_family = AF_UNIX;
  const std::string text = absl::StrCat("kube-lite/pod-address/", address);
  memcpy(name.sun_path + 1, text.data(), text.size());
  const socklen_t length = offsetof(struct sockaddr_un, sun_path) + 1 + text.size();
  if (bind(fd, reinterpret_cast<struct sockaddr*>(&name), length) == 0) return fd;
  const int error = errno;
  close(fd);
  if (error == EADDRINUSE) return -1;
  return base::ErrnoStatus(error, absl::StrCat("claiming pod address ", address));
}

}  // namespace

AddressClaim::~AddressClaim() {
  if (fd_ >= 0) close(fd_);
}

AddressPool::AddressPool(absl::string_view seed) : next_(Hash(seed) % (kPoolSize / kBlockSize) * kBlockSize + 1) {}

absl::StatusOr<AddressClaim> AddressPool::Claim() {
  for (uint32_t i = 0; i < kPoolSize; ++i) {
    uint32_t offset;
    {
      base::MutexLock lock(&mutex_);
      offset = next_;
      next_ = (next_ + 1) % kPoolSize;
    }
    if ((offset & 255) == 0 || (offset & 255) == 255) continue;
    const std::string address = Text(kFirst + offset);
    absl::StatusOr<int> fd = TryClaim(address);
    if (!fd.ok()) return fd.status();
    if (*fd >= 0) return AddressClaim(address, *fd);
  }
  return absl::ResourceExhaustedError("every pod address of 127.64.0.0/10 is taken");
}

}  // namespace kubelite::kubelet
