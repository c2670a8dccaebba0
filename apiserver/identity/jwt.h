#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/api/json_tree.h"
#include "common/base/signing_key.h"

namespace kubelite::apiserver {

// JSON Web Tokens (RFC 7519) in compact form, signed with ES256.

// What names the key in tokens and key sets: the hash of its public part.
std::string KeyId(const base::SigningKey& key);
std::string SignJwt(const base::SigningKey& key, const api::JsonTree& claims);
// The claims of a token that `key` has signed; its times and audience are the caller's to check. Unauthenticated,
// without detail for whoever may be guessing.
absl::StatusOr<api::JsonTree> VerifyJwt(const base::SigningKey& key, absl::string_view token);
// The key's public part as a JSON Web Key Set.
std::string KeySetDocument(const base::SigningKey& key);

}  // namespace kubelite::apiserver
