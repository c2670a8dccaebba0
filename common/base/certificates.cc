#include "common/base/certificates.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <memory>

#include "absl/strings/str_cat.h"
#include "common/base/file.h"
#include "common/base/openssl.h"
#include "common/base/status_macros.h"

namespace kubelite::base {
namespace {

using ExtensionPtr = std::unique_ptr<X509_EXTENSION, OpenSslFree<X509_EXTENSION_free>>;
using BignumPtr = std::unique_ptr<BIGNUM, OpenSslFree<BN_free>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, OpenSslFree<GENERAL_NAMES_free>>;
using NamePtr = std::unique_ptr<GENERAL_NAME, OpenSslFree<GENERAL_NAME_free>>;

constexpr absl::Duration kClockSkew = absl::Minutes(5);
constexpr absl::Duration kAuthorityLifetime = absl::Hours(24 * 3653);  // ten years

// The last OpenSSL error, and clears its queue.
absl::Status OpenSslError(absl::string_view doing) {
  char reason[256] = "unknown reason";
  if (const unsigned long error = ERR_peek_last_error(); error != 0) ERR_error_string_n(error, reason, sizeof(reason));
  ERR_clear_error();
  return absl::InternalError(absl::StrCat(doing, ": ", reason));
}

absl::StatusOr<CertificatePtr> ReadCertificatePem(const std::string& pem) {
  CertificatePtr certificate(PEM_read_bio_X509(ReadBio(pem).get(), nullptr, NoPassword, nullptr));
  ERR_clear_error();
  if (certificate == nullptr) return absl::InvalidArgumentError("no valid PEM certificate");
  return certificate;
}

absl::StatusOr<KeyPtr> ReadKeyPem(const std::string& pem) {
  KeyPtr key(PEM_read_bio_PrivateKey(ReadBio(pem).get(), nullptr, NoPassword, nullptr));
  ERR_clear_error();
  if (key == nullptr) return absl::InvalidArgumentError("no valid unencrypted PEM private key");
  return key;
}

absl::Status CheckPair(X509* certificate, EVP_PKEY* key) {
  const bool belongs = X509_check_private_key(certificate, key) == 1;
  ERR_clear_error();
  if (!belongs) return absl::FailedPreconditionError("the private key does not belong to the certificate");
  return absl::OkStatus();
}

absl::Status AddNameEntry(X509_NAME* name, const char* field, const std::string& value) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(value.data());
  if (X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, bytes, static_cast<int>(value.size()), -1, 0) == 1) {
    return absl::OkStatus();
  }
  ERR_clear_error();
  return absl::InvalidArgumentError(
      absl::StrCat("certificate subject ", field, "=\"", value, "\" must be UTF-8 text of 1 to 64 characters"));
}

// `config` in the notation of OpenSSL's x509v3_config; never built from input.
absl::Status AddExtension(X509* certificate, X509* issuer, int nid, const char* config) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, config));
  if (extension == nullptr || X509_add_ext(certificate, extension.get(), -1) != 1) {
    return OpenSslError(absl::StrCat("adding extension ", OBJ_nid2sn(nid)));
  }
  return absl::OkStatus();
}

NamePtr DnsName(const std::string& text) {
  NamePtr name(GENERAL_NAME_new());
  ASN1_IA5STRING* const value = ASN1_IA5STRING_new();
  ASN1_STRING_set(value, text.data(), static_cast<int>(text.size()));
  GENERAL_NAME_set0_value(name.get(), GEN_DNS, value);
  return name;
}

absl::StatusOr<NamePtr> IpName(const std::string& text) {
  ASN1_OCTET_STRING* const value = a2i_IPADDRESS(text.c_str());
  ERR_clear_error();
  if (value == nullptr) return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is no IP address"));
  NamePtr name(GENERAL_NAME_new());
  GENERAL_NAME_set0_value(name.get(), GEN_IPADD, value);
  return name;
}

absl::Status AddAlternativeNames(X509* certificate, const CertificateRequest& request) {
  if (request.dns_names.empty() && request.ip_addresses.empty()) return absl::OkStatus();
  const NamesPtr names(sk_GENERAL_NAME_new_null());
  for (const std::string& dns : request.dns_names) sk_GENERAL_NAME_push(names.get(), DnsName(dns).release());
  for (const std::string& ip : request.ip_addresses) {
    ASSIGN_OR_RETURN(NamePtr name, IpName(ip));
    sk_GENERAL_NAME_push(names.get(), name.release());
  }
  if (X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, 0) != 1) {
    return OpenSslError("adding alternative names");
  }
  return absl::OkStatus();
}

// A certificate for `key` with version, a random 127-bit serial number, validity and subject; neither extended nor
// signed.
absl::StatusOr<CertificatePtr> NewCertificate(EVP_PKEY* key, const CertificateRequest& request, absl::Time now) {
  CertificatePtr certificate(X509_new());
  const BignumPtr serial(BN_new());
  if (certificate == nullptr || BN_rand(serial.get(), 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) != 1 ||
      BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate.get())) == nullptr ||
      X509_set_version(certificate.get(), X509_VERSION_3) != 1 || X509_set_pubkey(certificate.get(), key) != 1 ||
      ASN1_TIME_set(X509_getm_notBefore(certificate.get()), absl::ToTimeT(now - kClockSkew)) == nullptr ||
      ASN1_TIME_set(X509_getm_notAfter(certificate.get()), absl::ToTimeT(now + request.lifetime)) == nullptr) {
    return OpenSslError("preparing a certificate");
  }
  X509_NAME* const subject = X509_get_subject_name(certificate.get());
  for (const std::string& organization : request.organizations) {
    RETURN_IF_ERROR(AddNameEntry(subject, "O", organization));
  }
  RETURN_IF_ERROR(AddNameEntry(subject, "CN", request.common_name));
  return certificate;
}

absl::StatusOr<KeyPair> SignAndEncode(X509* certificate, EVP_PKEY* key, EVP_PKEY* signing_key) {
  if (X509_sign(certificate, signing_key, EVP_sha256()) == 0) return OpenSslError("signing a certificate");
  const BioPtr certificate_bio(BIO_new(BIO_s_mem()));
  const BioPtr key_bio(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_X509(certificate_bio.get(), certificate) != 1 ||
      PEM_write_bio_PrivateKey(key_bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return OpenSslError("encoding a certificate");
  }
  return KeyPair{TakeText(certificate_bio), TakeText(key_bio)};
}

std::vector<std::string> NameEntries(const X509_NAME* name, int nid) {
  std::vector<std::string> values;
  for (int i = X509_NAME_get_index_by_NID(name, nid, -1); i >= 0; i = X509_NAME_get_index_by_NID(name, nid, i)) {
    unsigned char* text = nullptr;
    const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i)));
    if (size >= 0) values.emplace_back(reinterpret_cast<const char*>(text), size);
    OPENSSL_free(text);
  }
  return values;
}

absl::StatusOr<absl::Time> ReadTime(const ASN1_TIME* time) {
  std::tm civil = {};
  if (ASN1_TIME_to_tm(time, &civil) != 1) {
    ERR_clear_error();
    return absl::InvalidArgumentError("the certificate has an invalid time");
  }
  return absl::FromTM(civil, absl::UTCTimeZone());
}

}  // namespace

absl::StatusOr<KeyPair> CreateCertificateAuthority(const std::string& common_name, const Clock& clock) {
  const KeyPtr key(EVP_EC_gen("P-256"));
  if (key == nullptr) return OpenSslError("generating a key");
  const CertificateRequest request{.common_name = common_name, .lifetime = kAuthorityLifetime};
  ASSIGN_OR_RETURN(const CertificatePtr certificate, NewCertificate(key.get(), request, clock.Now()));
  X509* const self = certificate.get();
  if (X509_set_issuer_name(self, X509_get_subject_name(self)) != 1) return OpenSslError("naming the issuer");
  RETURN_IF_ERROR(AddExtension(self, self, NID_basic_constraints, "critical,CA:TRUE"));
  RETURN_IF_ERROR(AddExtension(self, self, NID_key_usage, "critical,digitalSignature,keyCertSign,cRLSign"));
  RETURN_IF_ERROR(AddExtension(self, self, NID_subject_key_identifier, "hash"));
  return SignAndEncode(self, key.get(), key.get());
}

absl::StatusOr<KeyPair> IssueCertificate(const KeyPair& ca, const CertificateRequest& request, const Clock& clock) {
  absl::StatusOr<CertificatePtr> issuer = ReadCertificatePem(ca.certificate_pem);
  if (!issuer.ok()) return Annotate(issuer.status(), "certificate authority");
  absl::StatusOr<KeyPtr> issuer_key = ReadKeyPem(ca.private_key_pem);
  if (!issuer_key.ok()) return Annotate(issuer_key.status(), "certificate authority");
  RETURN_IF_ERROR(Annotate(CheckPair(issuer->get(), issuer_key->get()), "certificate authority"));

  if (X509_check_ca(issuer->get()) == 0) {
    return absl::InvalidArgumentError("certificate authority: this certificate may not issue others");
  }
  const KeyPtr key(EVP_EC_gen("P-256"));
  if (key == nullptr) return OpenSslError("generating a key");
  ASSIGN_OR_RETURN(const CertificatePtr certificate, NewCertificate(key.get(), request, clock.Now()));
  X509* const leaf = certificate.get();
  if (X509_set_issuer_name(leaf, X509_get_subject_name(issuer->get())) != 1) return OpenSslError("naming the issuer");
  RETURN_IF_ERROR(AddExtension(leaf, issuer->get(), NID_basic_constraints, "critical,CA:FALSE"));
  RETURN_IF_ERROR(AddExtension(leaf, issuer->get(), NID_key_usage, "critical,digitalSignature"));
  const char* const usage = request.server ? (request.client ? "serverAuth,clientAuth" : "serverAuth") : "clientAuth";
  RETURN_IF_ERROR(AddExtension(leaf, issuer->get(), NID_ext_key_usage, usage));
  RETURN_IF_ERROR(AddExtension(leaf, issuer->get(), NID_authority_key_identifier, "keyid:always"));
  RETURN_IF_ERROR(AddAlternativeNames(leaf, request));
  return SignAndEncode(leaf, key.get(), issuer_key->get());
}

absl::StatusOr<CertificateInfo> ParseCertificate(const std::string& certificate_pem) {
  ASSIGN_OR_RETURN(const CertificatePtr certificate, ReadCertificatePem(certificate_pem));
  const X509_NAME* const subject = X509_get_subject_name(certificate.get());
  CertificateInfo info;
  const std::vector<std::string> common_names = NameEntries(subject, NID_commonName);
  if (!common_names.empty()) info.common_name = common_names.back();
  info.organizations = NameEntries(subject, NID_organizationName);
  ASSIGN_OR_RETURN(info.not_before, ReadTime(X509_get0_notBefore(certificate.get())));
  ASSIGN_OR_RETURN(info.not_after, ReadTime(X509_get0_notAfter(certificate.get())));
  return info;
}

absl::Status WriteKeyPair(const KeyPair& pair, const std::string& base_path) {
  RETURN_IF_ERROR(WriteFileAtomically(base_path + ".key", pair.private_key_pem, 0600));
  return WriteFileAtomically(base_path + ".crt", pair.certificate_pem, 0644);
}

absl::Status CheckKeyPair(const KeyPair& pair, const std::string& certificate_source, const std::string& key_source) {
  const absl::StatusOr<CertificatePtr> certificate = ReadCertificatePem(pair.certificate_pem);
  if (!certificate.ok()) return Annotate(certificate.status(), certificate_source);
  const absl::StatusOr<KeyPtr> key = ReadKeyPem(pair.private_key_pem);
  if (!key.ok()) return Annotate(key.status(), key_source);
  return Annotate(CheckPair(certificate->get(), key->get()), absl::StrCat(certificate_source, ", ", key_source));
}

absl::StatusOr<KeyPair> ReadKeyPair(const std::string& certificate_path, const std::string& key_path) {
  KeyPair pair;
  ASSIGN_OR_RETURN(pair.certificate_pem, ReadFile(certificate_path));
  ASSIGN_OR_RETURN(pair.private_key_pem, ReadFile(key_path));
  RETURN_IF_ERROR(CheckKeyPair(pair, certificate_path, key_path));
  return pair;
}

}  // namespace kubelite::base
