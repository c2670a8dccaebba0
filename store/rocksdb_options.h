#pragma once

// Only for rocksdb_*.cc: the rest of the store does not see RocksDB.

#include <array>
#include <atomic>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "rocksdb/db.h"
#include "rocksdb/options.h"
#include "rocksdb/slice.h"
#include "store/engine.h"
#include "store/store.h"

namespace kubelite::store {

inline rocksdb::Slice ToSlice(absl::string_view bytes) { return {bytes.data(), bytes.size()}; }
inline absl::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }
absl::Status ToStatus(const rocksdb::Status& status);

// Column family of each Table.
inline constexpr std::array<const char*, kTables> kFamilies = {"default", "data", "log", "lease"};

// The revision below which history may be dropped; see Engine::AllowDrop.
using DropBelow = std::shared_ptr<std::atomic<Revision>>;

// A small footprint and a fast open.
rocksdb::DBOptions DatabaseOptions();
std::vector<rocksdb::ColumnFamilyDescriptor> Families(const DropBelow& drop_below);

// The name of the function that hashes files while they are written; its results are as HashFile's.
extern const char kChecksumName[];

}  // namespace kubelite::store
