#include "store/rocksdb_engine.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdarg>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/base/status_macros.h"
#include "rocksdb/cache.h"
#include "rocksdb/compaction_filter.h"
#include "rocksdb/convenience.h"
#include "rocksdb/db.h"
#include "rocksdb/env.h"
#include "rocksdb/file_checksum.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/perf_level.h"
#include "rocksdb/slice_transform.h"
#include "rocksdb/table.h"
#include "rocksdb/utilities/checkpoint.h"
#include "rocksdb/write_batch.h"
#include "store/files.h"
#include "store/key_codec.h"
#include "store/version_filter.h"

namespace kubelite::store {
namespace {

constexpr size_t kMiB = 1 << 20;
// Column family of each Table.
constexpr std::array<const char*, kTables> kFamilies = {"default", "data", "log", "lease"};
// Without this much space, recovery would find no room for its files: keep the database open for reads instead.
constexpr uintmax_t kRecoverySpace = 32 * kMiB;
// Far less than a sync takes.
constexpr absl::Duration kGatherPause = absl::Microseconds(50);
// Of a filter, for each key: about one in a hundred keys that are not there is looked up in vain.
constexpr double kFilterBits = 10;
// More than this unflushed is written out on close, so that the next open has little to replay.
constexpr uint64_t kFlushOnClose = 1 * kMiB;
// A checkpoint copies a write-ahead log up to this size; a longer one is flushed to tables first, which are linked.
constexpr uint64_t kFlushForCheckpoint = 1 * kMiB;

rocksdb::Slice ToSlice(absl::string_view bytes) { return {bytes.data(), bytes.size()}; }
absl::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

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

using DropBelow = std::shared_ptr<std::atomic<Revision>>;

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

constexpr char kChecksumName[] = "kubelite.xxh3";

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

// Keeps RocksDB from making its LOG file in a directory that must not change.
class NoLogger : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

// ---- options: a small footprint and a fast open ---------------------------------------------------------------------

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

// ---- opening --------------------------------------------------------------------------------------------------------

// An open database with its column families; closes in the right order.
struct Database {
  std::unique_ptr<rocksdb::DB> db;
  std::vector<rocksdb::ColumnFamilyHandle*> families;
  bool read_only = false;

  rocksdb::ColumnFamilyHandle* family(Table table) const { return families[static_cast<size_t>(table)]; }

  ~Database() {
    if (db == nullptr) return;
    uint64_t unflushed = 0;
    if (!read_only && db->GetAggregatedIntProperty(rocksdb::DB::Properties::kCurSizeActiveMemTable, &unflushed) &&
        unflushed > kFlushOnClose) {
      const rocksdb::Status flushed = db->Flush(rocksdb::FlushOptions(), families);
      if (!flushed.ok()) base::LogWarning("Store not flushed on close", {{"err", flushed.ToString()}});
    }
    for (rocksdb::ColumnFamilyHandle* handle : families) db->DestroyColumnFamilyHandle(handle);
    const rocksdb::Status closed = db->Close();
    if (!closed.ok()) base::LogWarning("Store not closed cleanly", {{"err", closed.ToString()}});
  }
};

bool HasDataFiles(const std::string& path) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(path, error)) {
    const std::string extension = entry.path().extension();
    if (extension == ".sst" || extension == ".log") return true;
  }
  return false;
}

// Whether the process that was creating the database was killed before it had all its column families.
bool CreationWasCut(const std::string& path) {
  std::vector<std::string> names;
  if (!rocksdb::DB::ListColumnFamilies(DatabaseOptions(), path, &names).ok()) return false;
  for (const std::string& name : names) {
    if (std::find(kFamilies.begin(), kFamilies.end(), name) == kFamilies.end()) return false;
  }
  rocksdb::DB* raw = nullptr;
  if (!rocksdb::DB::OpenForReadOnly(rocksdb::Options(DatabaseOptions(), {}), path, &raw).ok()) return false;
  const std::unique_ptr<rocksdb::DB> db(raw);
  return db->GetLatestSequenceNumber() == 0;
}

rocksdb::Status OpenFamilies(const std::string& path, bool create, const DropBelow& drop_below, Database* database) {
  rocksdb::DBOptions options = DatabaseOptions();
  options.create_if_missing = create;
  options.create_missing_column_families = create;
  rocksdb::DB* raw = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(options, path, Families(drop_below), &database->families, &raw);
  database->db.reset(raw);
  return status;
}

absl::StatusOr<std::unique_ptr<Database>> OpenDatabase(const std::string& path, const DropBelow& drop_below) {
  std::error_code error;
  const bool exists = std::filesystem::exists(path + "/CURRENT", error);
  if (!exists && HasDataFiles(path)) {
    return absl::DataLossError(
        absl::StrCat("the database is damaged: ", path, "/CURRENT is missing; restore it from a snapshot"));
  }
  auto database = std::make_unique<Database>();
  rocksdb::Status status = OpenFamilies(path, /*create=*/!exists, drop_below, database.get());
  if (status.IsInvalidArgument()) {  // the column families are not ours
    if (!CreationWasCut(path)) {
      return absl::FailedPreconditionError(absl::StrCat(
          path, " is a RocksDB database that kube-lite did not make, or a newer one made; choose another directory (",
          status.ToString(), ")"));
    }
    status = OpenFamilies(path, /*create=*/true, drop_below, database.get());
  }
  if (exists && status.IsPathNotFound()) {
    return absl::DataLossError(
        absl::StrCat("the database is damaged: ", status.ToString(), "; restore it from a snapshot"));
  }
  RETURN_IF_ERROR(ToStatus(status));
  return database;
}

// ---- the engine -----------------------------------------------------------------------------------------------------

// For iterators that do not stay within one stem.
rocksdb::ReadOptions AllRows() {
  rocksdb::ReadOptions options;
  options.total_order_seek = true;
  return options;
}

class RocksDbIterator : public Engine::Iterator {
 public:
  RocksDbIterator(const Database& database, Table table, absl::string_view lower, absl::string_view upper)
      : upper_(upper), upper_slice_(upper_) {
    rocksdb::ReadOptions options = AllRows();
    if (!upper_.empty()) options.iterate_upper_bound = &upper_slice_;
    rows_.reset(database.db->NewIterator(options, database.family(table)));
    rows_->Seek(ToSlice(lower));
  }
  bool Valid() const override { return rows_->Valid(); }
  void Next() override { rows_->Next(); }
  void Seek(absl::string_view key) override { rows_->Seek(ToSlice(key)); }
  absl::string_view key() const override { return ToView(rows_->key()); }
  absl::string_view value() const override { return ToView(rows_->value()); }
  absl::Status status() const override { return ToStatus(rows_->status()); }

 private:
  const std::string upper_;
  const rocksdb::Slice upper_slice_;
  std::unique_ptr<rocksdb::Iterator> rows_;
};

class RocksDbVersionIterator : public Engine::Iterator {
 public:
  explicit RocksDbVersionIterator(const Database& database) {
    rocksdb::ReadOptions options;
    options.prefix_same_as_start = true;
    rows_.reset(database.db->NewIterator(options, database.family(Table::kData)));
  }
  bool Valid() const override { return rows_->Valid(); }
  void Next() override { rows_->Next(); }
  void Seek(absl::string_view key) override { rows_->Seek(ToSlice(key)); }
  absl::string_view key() const override { return ToView(rows_->key()); }
  absl::string_view value() const override { return ToView(rows_->value()); }
  absl::Status status() const override { return ToStatus(rows_->status()); }

 private:
  std::unique_ptr<rocksdb::Iterator> rows_;
};

class RocksDbEngine : public Engine {
 public:
  RocksDbEngine(std::string path, std::optional<base::FileLock> lock, DropBelow drop_below,
                std::unique_ptr<Database> database)
      : path_(std::move(path)),
        lock_(std::move(lock)),
        drop_below_(std::move(drop_below)),
        database_(std::move(database)) {}

  absl::StatusOr<std::unique_ptr<View>> NewView() override;
  absl::Status Write(const WriteBatch& batch, bool sync) override;
  absl::Duration GatherPause() const override { return kGatherPause; }
  absl::Status Recover() override;
  void AllowDrop(Revision revision) override;
  absl::StatusOr<int64_t> Bytes() override;
  absl::Status Checkpoint(const std::string& path) override;

 private:
  class RocksDbView;

  // The open database, until Release.
  absl::StatusOr<const Database*> Use();
  void Release();

  const std::string path_;
  const std::optional<base::FileLock> lock_;
  const DropBelow drop_below_;

  base::Mutex mutex_;
  base::CondVar changed_;  // of `users_` or `recovering_`
  int users_ ABSL_GUARDED_BY(mutex_) = 0;
  bool recovering_ ABSL_GUARDED_BY(mutex_) = false;
  // Replaced by Recover only, while nobody uses it; null when that failed.
  std::unique_ptr<Database> database_ ABSL_GUARDED_BY(mutex_);
};

class RocksDbEngine::RocksDbView : public Engine::View {
 public:
  RocksDbView(RocksDbEngine* engine, const Database& database) : engine_(engine), database_(database) {}
  ~RocksDbView() override { engine_->Release(); }

  absl::StatusOr<std::string> Get(Table table, absl::string_view key) override {
    std::string value;
    RETURN_IF_ERROR(ToStatus(database_.db->Get(rocksdb::ReadOptions(), database_.family(table), ToSlice(key), &value)));
    return value;
  }
  std::unique_ptr<Iterator> NewIterator(Table table, absl::string_view lower, absl::string_view upper) override {
    return std::make_unique<RocksDbIterator>(database_, table, lower, upper);
  }
  std::unique_ptr<Iterator> NewVersionIterator() override {
    return std::make_unique<RocksDbVersionIterator>(database_);
  }
  absl::StatusOr<std::string> LastKey(Table table) override {
    const std::unique_ptr<rocksdb::Iterator> rows(database_.db->NewIterator(AllRows(), database_.family(table)));
    rows->SeekToLast();
    RETURN_IF_ERROR(ToStatus(rows->status()));
    if (!rows->Valid()) return absl::NotFoundError("the table is empty");
    return rows->key().ToString();
  }

 private:
  RocksDbEngine* const engine_;
  const Database& database_;
};

absl::StatusOr<const Database*> RocksDbEngine::Use() {
  // Of this thread: the counters are not used, but cost a tenth of a read.
  if (rocksdb::GetPerfLevel() != rocksdb::PerfLevel::kDisable) rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable);
  base::MutexLock lock(&mutex_);
  while (recovering_) changed_.Wait(&mutex_);
  if (database_ == nullptr) return absl::UnavailableError("the database could not be reopened after a disk failure");
  ++users_;
  return database_.get();
}

void RocksDbEngine::Release() {
  base::MutexLock lock(&mutex_);
  if (--users_ == 0 && recovering_) changed_.SignalAll();
}

absl::StatusOr<std::unique_ptr<Engine::View>> RocksDbEngine::NewView() {
  ASSIGN_OR_RETURN(const Database* database, Use());
  return std::make_unique<RocksDbView>(this, *database);
}

absl::Status RocksDbEngine::Write(const WriteBatch& batch, bool sync) {
  ASSIGN_OR_RETURN(const Database* database, Use());
  rocksdb::WriteBatch rocks_batch(batch.bytes() + 64);
  rocksdb::Status status;
  batch.ForEach([&](const WriteBatch::Operation& operation) {
    rocksdb::ColumnFamilyHandle* family = database->family(operation.table);
    if (!status.ok()) return;
    status = operation.deletes ? rocks_batch.Delete(family, ToSlice(operation.key))
                               : rocks_batch.Put(family, ToSlice(operation.key), ToSlice(operation.value));
  });
  rocksdb::WriteOptions options;
  options.sync = sync;
  if (status.ok()) status = database->db->Write(options, &rocks_batch);
  Release();
  return ToStatus(status);
}

absl::Status RocksDbEngine::Recover() {
  std::error_code error;
  const std::filesystem::space_info space = std::filesystem::space(path_, error);
  if (!error && space.available < kRecoverySpace) {
    return absl::UnavailableError(absl::StrCat("the disk of ", path_, " is full; free some space"));
  }
  std::unique_ptr<Database> database;
  {
    base::MutexLock lock(&mutex_);
    recovering_ = true;
    while (users_ > 0) changed_.Wait(&mutex_);
    database = std::move(database_);
  }
  database.reset();
  absl::StatusOr<std::unique_ptr<Database>> reopened = OpenDatabase(path_, drop_below_);
  base::MutexLock lock(&mutex_);
  recovering_ = false;
  changed_.SignalAll();
  if (!reopened.ok()) return base::Annotate(reopened.status(), "reopening the database after a disk failure");
  database_ = *std::move(reopened);
  return absl::OkStatus();
}

void RocksDbEngine::AllowDrop(Revision revision) {
  *drop_below_ = revision;
  const absl::StatusOr<const Database*> database = Use();
  if (!database.ok()) return;
  // Whole files of old log rows go at once; the filter takes the rest when files are compacted.
  const std::string end = EncodeLogKey(revision);
  const rocksdb::Slice end_slice(end);
  rocksdb::ColumnFamilyHandle* log = (*database)->family(Table::kLog);
  const rocksdb::Status status =
      rocksdb::DeleteFilesInRange((*database)->db.get(), log, nullptr, &end_slice, /*include_end=*/false);
  Release();
  if (!status.ok()) base::LogWarning("Old log files not deleted", {{"err", status.ToString()}});
}

absl::StatusOr<int64_t> RocksDbEngine::Bytes() {
  std::error_code error;
  uintmax_t bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(path_, error)) {
    std::error_code gone;  // files come and go meanwhile
    const uintmax_t size = entry.file_size(gone);
    if (!gone) bytes += size;
  }
  if (error) return absl::UnavailableError(absl::StrCat("reading ", path_, ": ", error.message()));
  return static_cast<int64_t>(bytes);
}

absl::Status RocksDbEngine::Checkpoint(const std::string& path) {
  ASSIGN_OR_RETURN(const Database* database, Use());
  rocksdb::Checkpoint* raw = nullptr;
  rocksdb::Status status = rocksdb::Checkpoint::Create(database->db.get(), &raw);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(raw);
  if (status.ok()) status = checkpoint->CreateCheckpoint(path, kFlushForCheckpoint);
  Release();
  return ToStatus(status);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Engine>> OpenRocksDbEngine(const std::string& path, base::FileLock lock) {
  auto drop_below = std::make_shared<std::atomic<Revision>>(0);
  ASSIGN_OR_RETURN(std::unique_ptr<Database> database, OpenDatabase(path, drop_below));
  return std::make_unique<RocksDbEngine>(path, std::move(lock), std::move(drop_below), std::move(database));
}

absl::StatusOr<RocksDbCopy> InspectRocksDb(const std::string& path) {
  auto drop_below = std::make_shared<std::atomic<Revision>>(0);
  auto database = std::make_unique<Database>();
  rocksdb::DBOptions options = DatabaseOptions();
  options.info_log = std::make_shared<NoLogger>();
  rocksdb::DB* raw = nullptr;
  const rocksdb::Status status =
      rocksdb::DB::OpenForReadOnly(options, path, Families(drop_below), &database->families, &raw);
  database->db.reset(raw);
  database->read_only = true;
  RETURN_IF_ERROR(ToStatus(status));
  RocksDbCopy copy;
  std::vector<rocksdb::LiveFileMetaData> tables;
  database->db->GetLiveFilesMetaData(&tables);
  for (const rocksdb::LiveFileMetaData& table : tables) {
    if (table.file_checksum_func_name != kChecksumName) continue;
    copy.checksums[std::filesystem::path(table.name).filename()] = table.file_checksum;
  }
  copy.engine = std::make_unique<RocksDbEngine>(path, std::nullopt, std::move(drop_below), std::move(database));
  return copy;
}

}  // namespace kubelite::store
