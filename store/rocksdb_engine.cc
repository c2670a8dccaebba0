#include "store/rocksdb_engine.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <limits>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/base/status_macros.h"
#include "rocksdb/convenience.h"
#include "rocksdb/perf_level.h"
#include "rocksdb/utilities/checkpoint.h"
#include "rocksdb/write_batch.h"
#include "store/key_codec.h"
#include "store/rocksdb_database.h"
#include "store/rocksdb_options.h"
#include "store/space_guard.h"

namespace kubelite::store {
namespace {

// Without this much space, recovery would find no room for its files: keep the database open for reads instead.
constexpr int64_t kRecoverySpace = 4 << 20;
// What compactions must leave free for writes and flushes.
constexpr int64_t kKeepFromCompactions = 16 << 20;
// A checkpoint copies a write-ahead log up to this size; a longer one is flushed to tables first, which are linked.
constexpr uint64_t kFlushForCheckpoint = 1 << 20;
// Far less than a sync takes.
constexpr absl::Duration kGatherPause = absl::Microseconds(50);

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
        guard_(path_ + ".reserve"),
        database_(std::move(database)) {}

  absl::StatusOr<std::unique_ptr<View>> NewView() override;
  absl::Status Write(const WriteBatch& batch, bool sync) override;
  absl::Status CheckSpace() override;
  bool RefusesPuts() override { return absl::IsResourceExhausted(guard_.Check(nullptr)); }
  absl::Duration GatherPause() const override { return kGatherPause; }
  absl::Status Recover() override;
  void AllowDrop(Revision revision) override;
  void Reclaim() override;
  absl::StatusOr<int64_t> Bytes() override;
  absl::Status Checkpoint(const std::string& path) override;

 private:
  class RocksDbView;

  // The open database, until Release.
  absl::StatusOr<const Database*> Use();
  void Release();
  // *rejected: RocksDB has refused the batch before it did anything with it.
  absl::Status WriteOnce(const WriteBatch& batch, bool sync, bool* rejected);

  const std::string path_;
  const std::optional<base::FileLock> lock_;
  const DropBelow drop_below_;
  SpaceGuard guard_;
  // Of CheckSpace.
  bool full_ = false;     // the last time
  bool careful_ = false;  // a flush has failed since the disk became full

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
  bool rejected = false;
  const absl::Status status = WriteOnce(batch, sync, &rejected);
  if (!rejected) return status;
  RETURN_IF_ERROR(Recover());
  return WriteOnce(batch, sync, &rejected);
}

absl::Status RocksDbEngine::WriteOnce(const WriteBatch& batch, bool sync, bool* rejected) {
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
  // Because a flush had failed, before anything of it was written. (Were it written: the same rows again are the same.)
  *rejected = status.IsNoSpace() && *database->out_of_space;
  Release();
  return ToStatus(status);
}

absl::Status RocksDbEngine::CheckSpace() {
  int64_t free_bytes = 0;
  absl::Status status = guard_.Check(&free_bytes);
  const absl::StatusOr<const Database*> database = Use();
  if (!database.ok()) return status;
  const bool full = absl::IsResourceExhausted(status);
  const bool failed = *(*database)->out_of_space;
  careful_ = full && (careful_ || failed);
  // A full disk may be full of what can be dropped: then compactions are tried even if they may find no space, once.
  (*database)->BoundCompactions(full && !careful_
                                    ? std::numeric_limits<uint64_t>::max()
                                    : static_cast<uint64_t>(std::max<int64_t>(free_bytes - kKeepFromCompactions, 0)));
  if (full && !full_) {
    // What is flushed leaves the write-ahead log, which takes more than its tables will.
    (*database)->FlushSoon();
    (*database)->CompactSoon();
  }
  full_ = full;
  Release();
  // A flush has failed. What it should have written is in the write-ahead log, so nothing is lost.
  if (failed) RETURN_IF_ERROR(Recover());
  return status;
}

absl::Status RocksDbEngine::Recover() {
  if (!guard_.MakeRoom(kRecoverySpace)) {
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
  if (!status.ok()) base::LogWarning("Old log files not deleted", {{"err", status.ToString()}});
  Release();
}

void RocksDbEngine::Reclaim() {
  if (!RefusesPuts()) return;
  const absl::StatusOr<const Database*> database = Use();
  if (!database.ok()) return;
  (*database)->BoundCompactions(std::numeric_limits<uint64_t>::max());
  (*database)->CompactAll();
  Release();
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
  ASSIGN_OR_RETURN(std::unique_ptr<Database> database, OpenDatabaseForReading(path, drop_below));
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
