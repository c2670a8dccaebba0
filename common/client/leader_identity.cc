#include "common/client/leader_identity.h"

#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/file.h"

namespace kubelite::client {
namespace {

std::string HostName() {
  char name[256] = "";
  gethostname(name, sizeof(name) - 1);
  return name;
}

// The same for the same file on the same machine, also across restarts; another on other machines, whatever their
// names.
std::string StableSuffix(const std::string& kubeconfig) {
  const std::string machine = base::ReadFile("/etc/machine-id").value_or("");
  uint64_t hash = 14695981039346656037u;  // FNV-1a
  for (const unsigned char byte : absl::StrCat(machine, "|", kubeconfig)) hash = (hash ^ byte) * 1099511628211u;
  return absl::StrCat(absl::Hex(hash, absl::kZeroPad16));
}

}  // namespace

struct LeaderIdentity::Lock {
  base::FileLock file;
};

LeaderIdentity LeaderIdentity::Claim(const std::string& kubeconfig, base::Random* random) {
  absl::StatusOr<base::FileLock> lock = base::FileLock::Acquire(kubeconfig + ".lock");
  if (!lock.ok()) return LeaderIdentity(absl::StrCat(HostName(), "_", random->Uuid()), nullptr);
  return LeaderIdentity(absl::StrCat(HostName(), "_", StableSuffix(kubeconfig)),
                        std::make_unique<Lock>(Lock{*std::move(lock)}));
}

LeaderIdentity::LeaderIdentity(std::string text, std::unique_ptr<Lock> lock)
    : text_(std::move(text)), lock_(std::move(lock)) {}
LeaderIdentity::LeaderIdentity(LeaderIdentity&&) noexcept = default;
LeaderIdentity::~LeaderIdentity() = default;

}  // namespace kubelite::client
