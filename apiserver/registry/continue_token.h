#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "store/store.h"

namespace kubelite::apiserver {

// Where a paged list goes on. Opaque to clients: base64url of {"v":"meta.k8s.io/v1","rv":N,"start":"key","n":seen}. It
// holds no server state, so it survives a restart.
struct ContinueToken {
  store::Revision revision = 0;  // of the snapshot; -1: the latest (an inconsistent continuation after expiry)
  std::string start;             // first key of the page, relative to the listed prefix
  int64_t seen = 0;              // objects on the pages before

  std::string Encode() const;
  // BadRequest with upstream's wording.
  static absl::StatusOr<ContinueToken> Decode(absl::string_view text);
};

}  // namespace kubelite::apiserver
