#include "apiserver/identity/jwt.h"

#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/digest.h"

namespace kubelite::apiserver {
namespace {

// RFC 7515's base64url has no padding.
std::string Encode(absl::string_view bytes) { return absl::WebSafeBase64Escape(bytes); }

absl::Status BadToken() { return absl::UnauthenticatedError("invalid bearer token"); }

}  // namespace

std::string KeyId(const base::SigningKey& key) { return Encode(base::Sha256(key.x() + key.y())); }

std::string SignJwt(const base::SigningKey& key, const api::JsonTree& claims) {
  const std::string header = absl::StrCat(R"({"alg":"ES256","kid":")", KeyId(key), "\"}");
  const std::string text = absl::StrCat(Encode(header), ".", Encode(claims.ToJson()));
  return absl::StrCat(text, ".", Encode(key.Sign(text)));
}

absl::StatusOr<api::JsonTree> VerifyJwt(const base::SigningKey& key, absl::string_view token) {
  const std::vector<absl::string_view> parts = absl::StrSplit(token, '.');
  std::string header, claims, signature;
  if (parts.size() != 3 || !absl::WebSafeBase64Unescape(parts[0], &header) ||
      !absl::WebSafeBase64Unescape(parts[1], &claims) || !absl::WebSafeBase64Unescape(parts[2], &signature)) {
    return BadToken();
  }
  const absl::StatusOr<api::JsonTree> head = api::JsonTree::Parse(header);
  // "none" and other algorithms are not served at all.
  const api::JsonTree* const algorithm = head.ok() && head->is_object() ? head->Find("alg") : nullptr;
  if (algorithm == nullptr || algorithm->Text() != "ES256") return BadToken();
  if (!key.Verify(token.substr(0, parts[0].size() + 1 + parts[1].size()), signature)) return BadToken();
  absl::StatusOr<api::JsonTree> parsed = api::JsonTree::Parse(claims);
  if (!parsed.ok() || !parsed->is_object()) return BadToken();
  return parsed;
}

std::string KeySetDocument(const base::SigningKey& key) {
  return absl::StrCat(R"({"keys":[{"use":"sig","kty":"EC","kid":")", KeyId(key),
                      R"(","crv":"P-256","alg":"ES256","x":")", Encode(key.x()), R"(","y":")", Encode(key.y()),
                      R"("}]})");
}

}  // namespace kubelite::apiserver
