#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace kubelite::base {

// An EC P-256 key that signs and verifies (ECDSA with SHA-256, "ES256" of RFC 7518). Thread-safe.
class SigningKey {
 public:
  static absl::StatusOr<std::unique_ptr<SigningKey>> Create();
  // InvalidArgument when the text is no unencrypted private key of that curve.
  static absl::StatusOr<std::unique_ptr<SigningKey>> FromPem(const std::string& pem);
  ~SigningKey();
  SigningKey(const SigningKey&) = delete;
  SigningKey& operator=(const SigningKey&) = delete;

  std::string ToPem() const;
  // 64 bytes: the two numbers of the signature, each 32 bytes, big-endian.
  std::string Sign(absl::string_view message) const;
  bool Verify(absl::string_view message, absl::string_view signature) const;
  // The coordinates of the public key, each 32 bytes.
  std::string x() const;
  std::string y() const;

 private:
  struct State;
  explicit SigningKey(std::unique_ptr<State> state);
  const std::unique_ptr<State> state_;
};

}  // namespace kubelite::base
