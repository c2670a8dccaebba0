#include "apiserver/transport/grpc_identity.h"

#include <grpcpp/server_context.h>

#include "common/base/certificates.h"

namespace kubelite::apiserver {
namespace {

// Far more identities than a cluster has; only a bound.
constexpr size_t kMaxKnown = 4096;

}  // namespace

User Identities::Of(const grpc::ServerContextBase& context) {
  const std::shared_ptr<const grpc::AuthContext> auth = context.auth_context();
  if (auth == nullptr || !auth->IsPeerAuthenticated()) return User();
  const std::vector<grpc::string_ref> values = auth->FindPropertyValues("x509_pem_cert");
  if (values.size() != 1) return User();
  const std::string pem(values[0].data(), values[0].size());
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
