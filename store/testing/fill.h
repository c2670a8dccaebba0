#pragma once

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "store/store.h"

namespace kubelite::store {

// Puts `count` values of 10 KB that do not compress under "k0", "k1"...; `per_sync` of them share a sync.
inline void FillStore(Store* store, int count, int per_sync) {
  uint64_t noise = 1;
  for (int i = 0; i < count;) {
    std::vector<std::string> keys;
    std::vector<std::string> values;
    for (; static_cast<int>(keys.size()) < per_sync && i < count; ++i) {
      keys.push_back(absl::StrCat("k", i));
      std::string& value = values.emplace_back();
      for (int n = 0; n < 1280; ++n) {
        noise = noise * 6364136223846793005u + 1442695040888963407u;
        value.append(reinterpret_cast<const char*>(&noise), sizeof(noise));
      }
    }
    std::vector<Write> writes(keys.size());
    for (size_t w = 0; w < writes.size(); ++w) {
      writes[w].key = keys[w];
      writes[w].value = values[w];
      writes[w].expected = kAnyRevision;
    }
    store->Apply(absl::MakeSpan(writes));
    for (const Write& write : writes) CHECK_OK(write.result.status());
  }
}

}  // namespace kubelite::store
