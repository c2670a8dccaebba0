#include "kubectl-lite/framework/unreachable.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "common/base/certificates.h"

namespace kubelite::cli {
namespace {

using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

Certificate Parse(const std::string& pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                                      BIO_free);
  return {bio == nullptr ? nullptr : PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), X509_free};
}

// False also when one of them cannot be read: then there are other words for it.
bool IsForeign(const std::string& certificate_pem, const std::string& ca_pem) {
  const Certificate certificate = Parse(certificate_pem);
  const Certificate authority = Parse(ca_pem);
  if (certificate == nullptr || authority == nullptr) return false;
  return X509_verify(certificate.get(), X509_get0_pubkey(authority.get())) != 1;
}

}  // namespace

std::string UnreachableHint(const client::GrpcClientOptions& options) {
  if (IsForeign(options.identity.certificate_pem, options.ca_pem)) {
    const absl::StatusOr<base::CertificateInfo> info = base::ParseCertificate(options.identity.certificate_pem);
    return absl::StrCat(
        "the client certificate of \"", info.ok() ? info->common_name : "",
        "\" is not signed by the certificate authority of the kubeconfig: use the kubeconfig of this cluster");
  }
  return "'kubectl-lite status' shows the local cluster, 'kubectl-lite up' starts it and renews its certificates";
}

}  // namespace kubelite::cli
