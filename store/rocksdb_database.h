#pragma once

// Only for rocksdb_*.cc: the rest of the store does not see RocksDB.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "rocksdb/db.h"
#include "rocksdb/sst_file_manager.h"
#include "store/engine.h"
#include "store/rocksdb_options.h"

namespace kubelite::store {

// An open database with its column families; closes in the right order.
struct Database {
  std::unique_ptr<rocksdb::DB> db;
  std::vector<rocksdb::ColumnFamilyHandle*> families;
  bool read_only = false;
  // Decides which compactions may begin.
  std::shared_ptr<rocksdb::SstFileManager> files;
  // Set when a flush or compaction found no space; RocksDB refuses writes then until it is opened again.
  std::shared_ptr<std::atomic<bool>> out_of_space = std::make_shared<std::atomic<bool>>(false);

  ~Database();
  rocksdb::ColumnFamilyHandle* family(Table table) const { return families[static_cast<size_t>(table)]; }

  // Lets compactions begin whose inputs take at most `bytes` together, for they need that much space until they end.
  void BoundCompactions(uint64_t bytes) const;
  // In the background, as far as there is something to do.
  void FlushSoon() const;
  void CompactSoon() const;
  // Drops all that may be dropped, now.
  void CompactAll() const;
};

// Opens or creates.
absl::StatusOr<std::unique_ptr<Database>> OpenDatabase(const std::string& path, const DropBelow& drop_below);
// Changes nothing.
absl::StatusOr<std::unique_ptr<Database>> OpenDatabaseForReading(const std::string& path, const DropBelow& drop_below);

}  // namespace kubelite::store
