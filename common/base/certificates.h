#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"

namespace kubelite::base {

// A certificate and its private key, both PEM.
struct KeyPair {
  std::string certificate_pem;
  std::string private_key_pem;
};

// What a certificate says about its holder. Upstream's rule: CN is the user, each O a group.
struct CertificateRequest {
  std::string common_name;
  std::vector<std::string> organizations;
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_addresses;
  bool server = false;  // extended key usage serverAuth
  bool client = true;   // extended key usage clientAuth
  absl::Duration lifetime = absl::Hours(24 * 365);
};

struct CertificateInfo {
  std::string common_name;
  std::vector<std::string> organizations;
  absl::Time not_before;
  absl::Time not_after;
};

// Makes a self-signed CA (EC P-256, 10 years). Valid from five minutes before clock.Now().
absl::StatusOr<KeyPair> CreateCertificateAuthority(const std::string& common_name, const Clock& clock);
// Issues a certificate (EC P-256) signed by `ca`. InvalidArgument for an unparsable CA or IP address.
absl::StatusOr<KeyPair> IssueCertificate(const KeyPair& ca, const CertificateRequest& request, const Clock& clock);
// OK when the private key belongs to the (first) certificate. InvalidArgument when one of them does not parse,
// FailedPrecondition when they do not belong together. The sources (a file, a field) are named in the error.
absl::Status CheckKeyPair(const KeyPair& pair, const std::string& certificate_source, const std::string& key_source);
// Reads the first certificate of a PEM text. InvalidArgument when there is none.
absl::StatusOr<CertificateInfo> ParseCertificate(const std::string& certificate_pem);

// Files <base>.crt (0644) and <base>.key (0600).
absl::Status WriteKeyPair(const KeyPair& pair, const std::string& base_path);
// Errors name the file. FailedPrecondition when the key does not belong to the certificate.
absl::StatusOr<KeyPair> ReadKeyPair(const std::string& certificate_path, const std::string& key_path);

}  // namespace kubelite::base
