#pragma once

#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "apiserver/identity/service_account_tokens.h"
#include "apiserver/registry/request.h"

namespace kubelite::apiserver {

// Fixed tokens from a file of upstream's form: a line each of token,user,uid and optionally "group1,group2".
class TokenFile {
 public:
  // Errors name the file and line.
  static absl::StatusOr<TokenFile> Read(const std::string& path);
  // Null for a token that is not in the file.
  const User* Find(absl::string_view token) const;

 private:
  absl::flat_hash_map<std::string, User> users_;
};

// Who the bearer token of a request belongs to. Thread-safe.
class BearerTokens {
 public:
  // `accounts` may be null and outlives it.
  BearerTokens(const ServiceAccountTokens* accounts, TokenFile file) : accounts_(accounts), file_(std::move(file)) {}
  // From the value of an Authorization header. Unauthenticated for whatever is not a good token.
  absl::StatusOr<User> Of(absl::string_view authorization) const;
  const ServiceAccountTokens* accounts() const { return accounts_; }

 private:
  const ServiceAccountTokens* const accounts_;
  const TokenFile file_;
};

}  // namespace kubelite::apiserver
