#pragma once

// What .cc files that call OpenSSL share; its headers are heavy and stay out of ours.

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace kubelite::base {

// Deletes what OpenSSL has made: `std::unique_ptr<SSL, OpenSslFree<SSL_free>>`.
template <auto kFree>
struct OpenSslFree {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using BioPtr = std::unique_ptr<BIO, OpenSslFree<BIO_free_all>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, OpenSslFree<EVP_PKEY_free>>;
using CertificatePtr = std::unique_ptr<X509, OpenSslFree<X509_free>>;

// Keeps OpenSSL from asking the terminal for the password of an encrypted key.
inline int NoPassword(char*, int, int, void*) { return -1; }

// Reads `text`, which outlives it.
inline BioPtr ReadBio(const std::string& text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// What was written to a BIO in memory.
inline std::string TakeText(const BioPtr& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<size_t>(size));
}

}  // namespace kubelite::base
