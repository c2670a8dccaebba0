#include "apiserver/registry/continue_token.h"

#include "common/api/errors.h"
#include "common/base/check.h"
#include "tests/fuzz/entry_points.h"
#include "tests/fuzz/input.h"

// The token needs only this of the API library, which would bring all generated types along.
namespace kubelite::api {
absl::Status BadRequest(absl::string_view message) { return absl::InvalidArgumentError(message); }
}  // namespace kubelite::api

namespace kubelite::fuzz {
namespace {

using apiserver::ContinueToken;

bool Same(const ContinueToken& a, const ContinueToken& b) {
  return a.revision == b.revision && a.start == b.start && a.seen == b.seen;
}

void ExpectRoundTrip(const ContinueToken& token) {
  const auto decoded = ContinueToken::Decode(token.Encode());
  CHECK_OK(decoded.status());
  CHECK(Same(*decoded, token));
}

}  // namespace

void FuzzContinueToken(absl::string_view bytes) {
  if (const auto token = ContinueToken::Decode(bytes); token.ok()) {
    CHECK(token->seen >= 0 && token->revision != 0 && token->revision >= -1);
    ExpectRoundTrip(*token);
  }
  Input input(bytes);
  ContinueToken token;
  token.revision = input.Byte() % 4 == 0 ? -1 : input.Positive();
  token.start = input.Text();
  token.seen = input.NotNegative();
  ExpectRoundTrip(token);
}

}  // namespace kubelite::fuzz
