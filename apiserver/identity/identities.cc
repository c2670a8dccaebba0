#include "apiserver/identity/identities.h"

#include "common/base/certificates.h"

namespace kubelite::apiserver {
namespace {

// Far more identities than a cluster has; only a bound.
constexpr size_t kMaxKnown = 4096;

}  // namespace

User Identities::Of(const std::string& pem) {
  if (pem.empty()) return User();
  base::MutexLock lock(&mutex_);
  auto found = known_.find(pem);
  if (found == known_.end()) {
    absl::StatusOr<base::CertificateInfo> info = base::ParseCertificate(pem);
    if (!info.ok()) return User();
    if (known_.size() >= kMaxKnown) known_.clear();
    found = known_.emplace(pem, Known{{info->common_name, info->organizations}, info->not_after}).first;
  }
  return clock_.Now() <= found->second.not_after ? found->second.user : User();
}

}  // namespace kubelite::apiserver
