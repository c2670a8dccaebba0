#include "apiserver/registry/continue_token.h"

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/api/errors.h"

namespace kubelite::apiserver {
namespace {

constexpr absl::string_view kHead = "{\"v\":\"meta.k8s.io/v1\",\"rv\":";
constexpr absl::string_view kStart = ",\"start\":\"";
constexpr absl::string_view kSeen = "\",\"n\":";

absl::Status Malformed(absl::string_view detail) {
  return api::BadRequest(absl::StrCat("invalid continue token: ", detail));
}

// Keys may hold any byte (the start of a following page ends in NUL), JSON strings may not.
std::string EscapeKey(absl::string_view key) { return absl::WebSafeBase64Escape(key); }

}  // namespace

std::string ContinueToken::Encode() const {
  return absl::WebSafeBase64Escape(absl::StrCat(kHead, revision, kStart, EscapeKey(start), kSeen, seen, "}"));
}

absl::StatusOr<ContinueToken> ContinueToken::Decode(absl::string_view text) {
  std::string json;
  if (!absl::WebSafeBase64Unescape(text, &json)) return Malformed("illegal base64 data");
  const size_t start = json.find(kStart.data(), 0, kStart.size());
  const size_t seen = start == std::string::npos ? start : json.find(kSeen.data(), start, kSeen.size());
  if (json.compare(0, kHead.size(), kHead.data(), kHead.size()) != 0 || seen == std::string::npos ||
      json.back() != '}') {
    return Malformed("server does not recognize this encoded version");
  }
  ContinueToken token;
  const absl::string_view view = json;
  const size_t key = start + kStart.size();
  const size_t count = seen + kSeen.size();
  if (!absl::SimpleAtoi(view.substr(kHead.size(), start - kHead.size()), &token.revision) ||
      !absl::SimpleAtoi(view.substr(count, view.size() - 1 - count), &token.seen) || token.seen < 0 ||
      token.revision < -1 || token.revision == 0 ||
      !absl::WebSafeBase64Unescape(view.substr(key, seen - key), &token.start)) {
    return Malformed("incorrect encoded start resourceVersion or continue key is not valid");
  }
  return token;
}

}  // namespace kubelite::apiserver
