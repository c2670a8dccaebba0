#include "apiserver/transport/grpc_identity.h"

#include <grpcpp/server_context.h>

#include <memory>
#include <vector>

namespace kubelite::apiserver {

std::string PeerCertificate(const grpc::ServerContextBase& context) {
  const std::shared_ptr<const grpc::AuthContext> auth = context.auth_context();
  if (auth == nullptr || !auth->IsPeerAuthenticated()) return "";
  const std::vector<grpc::string_ref> values = auth->FindPropertyValues("x509_pem_cert");
  return values.size() == 1 ? std::string(values[0].data(), values[0].size()) : "";
}

}  // namespace kubelite::apiserver
