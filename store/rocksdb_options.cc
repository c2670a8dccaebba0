#include "store/rocksdb_options.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "rocksdb/cache.h"
#include "rocksdb/compaction_filter.h"
#include "rocksdb/file_checksum.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/slice_transform.h"
#include "rocksdb/table.h"
#include "store/files.h"
#include "store/key_codec.h"
#include "store/version_filter.h"

namespace kubelite::store {

const char kChecksumName[] = "kubelite.xxh3";

namespace {

constexpr size_t kMiB = 1 << 20;
// Of a filter, for each key: about one in a hundred keys that are not there is looked up in vain.
constexpr double kFilterBits = 10;

// ---- compaction -----------------------------------------------------------------------------------------------------

class DataFilter : public rocksdb::CompactionFilter {
 public:
  explicit DataFilter(Revision compacted) : filter_(compacted) {}
  bool Filter(int, const rocksdb::Slice& key, const rocksdb::Slice&, std::string*, bool*) const override {
    return filter_.Drop(ToView(key));
  }
  const char* Name() const override { return "kubelite.data"; }

 private:
  mutable VersionFilter filter_;  // used by one compaction thread
};

class LogFilter : public rocksdb::CompactionFilter {
 public:
  explicit LogFilter(Revision below) : below_(below) {}
  bool Filter(int, const rocksdb::Slice& key, const rocksdb::Slice&, std::string*, bool*) const override {
    Revision revision = 0;
    uint32_t place = 0;
    return DecodeLogKey(ToView(key), &revision, &place) && revision < below_;
  }
  const char* Name() const override { return "kubelite.log"; }

 private:
  const Revision below_;
};

template <typename FilterType>
class FilterFactory : public rocksdb::CompactionFilterFactory {
 public:
  explicit FilterFactory(DropBelow drop_below) : drop_below_(std::move(drop_below)) {}
  std::unique_ptr<rocksdb::CompactionFilter> CreateCompactionFilter(
      const rocksdb::CompactionFilter::Context&) override {
    return std::make_unique<FilterType>(*drop_below_);
  }
  const char* Name() const override { return "kubelite.filters"; }

 private:
  const DropBelow drop_below_;
};

// ---- checksums of files ---------------------------------------------------------------------------------------------

class ChecksumGenerator : public rocksdb::FileChecksumGenerator {
 public:
  void Update(const char* data, size_t size) override { hasher_.Update({data, size}); }
  void Finalize() override { checksum_ = hasher_.Finish(); }
  std::string GetChecksum() const override { return checksum_; }
  const char* Name() const override { return kChecksumName; }

 private:
  Hasher hasher_;
  std::string checksum_;
};

// RocksDB hashes tables while it writes them: a checkpoint need not read them again.
class ChecksumFactory : public rocksdb::FileChecksumGenFactory {
 public:
  std::unique_ptr<rocksdb::FileChecksumGenerator> CreateFileChecksumGenerator(
      const rocksdb::FileChecksumGenContext&) override {
    return std::make_unique<ChecksumGenerator>();
  }
  const char* Name() const override { return kChecksumName; }
};

// ---- tables ---------------------------------------------------------------------------------------------------------

// What all versions of a key share: filters by it tell cheaply that a key was never written.
class StemPrefix : public rocksdb::SliceTransform {
 public:
  rocksdb::Slice Transform(const rocksdb::Slice& key) const override { return ToSlice(StemOf(ToView(key))); }
  bool InDomain(const rocksdb::Slice& key) const override { return !StemOf(ToView(key)).empty(); }
  const char* Name() const override { return "kubelite.stem"; }
};

rocksdb::BlockBasedTableOptions TableOptions(const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.block_size = 8 * 1024;
  return table;
}

rocksdb::ColumnFamilyOptions FamilyOptions(const rocksdb::BlockBasedTableOptions& table, size_t write_buffer) {
  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.write_buffer_size = write_buffer;
  options.arena_block_size = std::max<size_t>(write_buffer / 64, 4096);
  options.max_write_buffer_number = 3;
  options.target_file_size_base = 8 * kMiB;
  options.max_bytes_for_level_base = 32 * kMiB;
  return options;
}

}  // namespace

absl::Status ToStatus(const rocksdb::Status& status) {
  if (status.ok()) return absl::OkStatus();
  // For a missing table RocksDB names the old extension, which it tries last.
  const std::string text = absl::StrReplaceAll(status.ToString(), {{".ldb", ".sst"}});
  if (status.IsNotFound()) return absl::NotFoundError(text);
  if (status.IsCorruption()) {
    return absl::DataLossError(absl::StrCat("the database is damaged: ", text, "; restore it from a snapshot"));
  }
  if (status.IsNoSpace()) return absl::UnavailableError(absl::StrCat("the disk is full: ", text, "; free some space"));
  return absl::UnavailableError(text);
}

rocksdb::DBOptions DatabaseOptions() {
  rocksdb::DBOptions options;
  options.max_background_jobs = 2;
  options.file_checksum_gen_factory = std::make_shared<ChecksumFactory>();
  options.max_open_files = 128;
  options.max_file_opening_threads = 1;
  options.max_total_wal_size = 24 * kMiB;
  // A torn last record was never acknowledged; any other damage of the log is reported.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.avoid_flush_during_recovery = true;
  options.skip_stats_update_on_db_open = true;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  options.keep_log_file_num = 2;
  options.max_log_file_size = kMiB;
  return options;
}

std::vector<rocksdb::ColumnFamilyDescriptor> Families(const DropBelow& drop_below) {
  const rocksdb::BlockBasedTableOptions table = TableOptions(rocksdb::NewLRUCache(16 * kMiB, /*num_shard_bits=*/2));
  rocksdb::BlockBasedTableOptions data_table = table;
  data_table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kFilterBits));
  data_table.whole_key_filtering = false;
  rocksdb::ColumnFamilyOptions data = FamilyOptions(data_table, 8 * kMiB);
  data.prefix_extractor = std::make_shared<StemPrefix>();
  data.memtable_prefix_bloom_size_ratio = 0.05;
  data.compaction_filter_factory = std::make_shared<FilterFactory<DataFilter>>(drop_below);
  rocksdb::ColumnFamilyOptions log = FamilyOptions(table, 2 * kMiB);
  log.compaction_filter_factory = std::make_shared<FilterFactory<LogFilter>>(drop_below);
  return {{kFamilies[0], FamilyOptions(table, 64 * 1024)},
          {kFamilies[1], data},
          {kFamilies[2], log},
          {kFamilies[3], FamilyOptions(table, 256 * 1024)}};
}

}  // namespace kubelite::store
