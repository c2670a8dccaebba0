// That disk use stays bounded under endless updates of the same keys. Takes half a minute: run it with
// ctest -L robustness; rocksdb_engine_test.cc has a small one.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/file.h"
#include "common/base/random.h"
#include "common/base/testing/status_matchers.h"
#include "store/store.h"

namespace kubelite::store {
namespace {

constexpr int64_t kUpdates = 1'000'000;
constexpr int64_t kKeys = 1'000;
constexpr int64_t kWindow = 10'000;
constexpr size_t kPerSync = 1'000;
constexpr size_t kValueBytes = 256;
// All updates take over 300 MB. Of those, 0.3 MB are the newest values and 4 MB the window; the rest of the bound is
// the write-ahead log (24 MiB), tables that wait for their compaction, and what a compaction writes before it deletes.
constexpr int64_t kBound = 128 << 20;

TEST(DiskBoundTest, AMillionUpdatesOfAThousandKeysStayWithinTheBound) {
  const base::TemporaryDirectory directory;
  const auto store = OpenRocksDb({.directory = directory.path() + "/store"});
  ASSERT_OK(store);
  base::Random random(1);
  std::string noise;  // does not compress
  while (noise.size() < 1 << 20) noise += static_cast<char>(random.Next());
  std::vector<std::string> keys;
  for (int64_t i = 0; i < kKeys; ++i) keys.push_back(absl::StrCat("/registry/pods/default/pod-", i));

  int64_t most = 0;
  for (int64_t done = 0; done < kUpdates;) {
    std::vector<Write> writes(kPerSync);
    for (Write& write : writes) {
      write.key = keys[static_cast<size_t>(done % kKeys)];
      write.value = absl::string_view(noise).substr(random.Uniform(noise.size() - kValueBytes), kValueBytes);
      write.expected = kAnyRevision;
      ++done;
    }
    (*store)->Apply(absl::MakeSpan(writes));
    ASSERT_OK(writes.back().result);
    if (done % kWindow != 0) continue;
    ASSERT_OK((*store)->Compact(std::max<Revision>(1, done - kWindow)));
    const auto stats = (*store)->GetStats();
    ASSERT_OK(stats);
    most = std::max(most, stats->disk_bytes);
    ASSERT_LT(stats->disk_bytes, kBound) << "after " << done;
    // The window, and what has come since it was moved.
    ASSERT_LT(stats->history_bytes, 2 * kWindow * static_cast<int64_t>(kValueBytes + 200));
  }
  EXPECT_THAT((*store)->Count(KeyRange::All()), base::IsOkAndHolds(kKeys));
  EXPECT_THAT((*store)->Count(KeyRange::All(), kUpdates - kWindow), base::IsOkAndHolds(kKeys));
  RecordProperty("most_disk_bytes", static_cast<int>(most));
  std::printf("most disk bytes: %lld\n", static_cast<long long>(most));
}

}  // namespace
}  // namespace kubelite::store
