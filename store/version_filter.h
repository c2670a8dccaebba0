#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "store/key_codec.h"

namespace kubelite::store {

// Decides which rows of `data` compaction drops; fed rows in key order. It drops a version only after it has seen a
// newer one of the same key at or below the compacted revision, so it is right for any subset of the rows. It never
// drops the newest such version, not even a deletion: an older version may be in rows it does not see (Compactor
// removes those).
class VersionFilter {
 public:
  explicit VersionFilter(Revision compacted) : compacted_(compacted) {}

  bool Drop(absl::string_view row_key) {
    absl::string_view stem;
    Revision revision = 0;
    if (!SplitDataKey(row_key, &stem, &revision) || revision > compacted_) return false;
    if (absl::string_view(kept_stem_) == stem) return true;
    kept_stem_.assign(stem.data(), stem.size());
    return false;
  }

 private:
  const Revision compacted_;
  std::string kept_stem_;  // of the last key whose newest version at or below compacted_ was seen
};

}  // namespace kubelite::store
