#include "store/rocksdb_database.h"

#include <algorithm>
#include <cstdarg>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"
#include "rocksdb/convenience.h"
#include "rocksdb/env.h"
#include "rocksdb/experimental.h"
#include "rocksdb/listener.h"
#include "rocksdb/sst_file_reader.h"
#include "store/key_codec.h"

namespace kubelite::store {
namespace {

// More than this unflushed is written out on close, so that the next open has little to replay.
constexpr uint64_t kFlushOnClose = 1 << 20;
// More than any disk has.
constexpr uint64_t kUnbounded = uint64_t{1} << 56;

// Keeps RocksDB from making its LOG file in a directory that must not change.
class NoLogger : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

class SpaceListener : public rocksdb::EventListener {
 public:
  explicit SpaceListener(std::shared_ptr<std::atomic<bool>> out_of_space) : out_of_space_(std::move(out_of_space)) {}
  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* error) override {
    const bool writing =
        reason == rocksdb::BackgroundErrorReason::kWriteCallback || reason == rocksdb::BackgroundErrorReason::kMemTable;
    if (!writing && error->IsNoSpace() && error->severity() >= rocksdb::Status::Severity::kHardError) {
      *out_of_space_ = true;
    }
  }

 private:
  const std::shared_ptr<std::atomic<bool>> out_of_space_;
};

bool HasDataFiles(const std::string& path) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(path, error)) {
    const std::string extension = entry.path().extension();
    if (extension == ".sst" || extension == ".log") return true;
  }
  return false;
}

enum class Foreign {
  kNo,     // the process that was creating the database was killed before it had all its column families
  kOlder,  // of the format that had fewer
  kYes,    // not ours, or newer
};
Foreign WhoMade(const std::string& path) {
  std::vector<std::string> names;
  if (!rocksdb::DB::ListColumnFamilies(DatabaseOptions(), path, &names).ok()) return Foreign::kYes;
  for (const std::string& name : names) {
    if (std::find(kFamilies.begin(), kFamilies.end(), name) == kFamilies.end()) return Foreign::kYes;
  }
  rocksdb::DB* raw = nullptr;
  if (!rocksdb::DB::OpenForReadOnly(rocksdb::Options(DatabaseOptions(), {}), path, &raw).ok()) return Foreign::kYes;
  const std::unique_ptr<rocksdb::DB> db(raw);
  if (db->GetLatestSequenceNumber() == 0) return Foreign::kNo;
  std::string format;
  return db->Get(rocksdb::ReadOptions(), kMetaFormat, &format).ok() ? Foreign::kOlder : Foreign::kYes;
}

absl::Status ForeignError(const std::string& path, Foreign foreign, const rocksdb::Status& status) {
  if (foreign == Foreign::kOlder) {
    return absl::FailedPreconditionError(
        absl::StrCat(path,
                     " is of an older format, which this program does not read; use the kube-lite version that "
                     "wrote it, or move the directory away to begin anew"));
  }
  return absl::FailedPreconditionError(
      absl::StrCat(path,
                   " is a RocksDB database that kube-lite did not make, or a newer one made; choose another "
                   "directory (",
                   status.ToString(), ")"));
}

rocksdb::Status OpenFamilies(const std::string& path, bool create, const DropBelow& drop_below, Database* database) {
  rocksdb::DBOptions options = DatabaseOptions();
  options.sst_file_manager.reset(rocksdb::NewSstFileManager(rocksdb::Env::Default()));
  options.sst_file_manager->SetMaxAllowedSpaceUsage(kUnbounded);
  options.listeners.push_back(std::make_shared<SpaceListener>(database->out_of_space));
  options.create_if_missing = create;
  options.create_missing_column_families = create;
  rocksdb::DB* raw = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(options, path, Families(drop_below), &database->families, &raw);
  database->db.reset(raw);
  database->files = options.sst_file_manager;
  return status;
}

// Says which file is damaged: RocksDB often names none, or the one that lists the others.
absl::Status DamageError(const std::string& path, const rocksdb::Status& status) {
  std::vector<std::string> tables;
  std::vector<std::string> logs;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(path, error)) {
    if (entry.path().extension() == ".sst") tables.push_back(entry.path());
    if (entry.path().extension() == ".log") logs.push_back(entry.path());
  }
  std::sort(tables.begin(), tables.end());
  std::sort(logs.begin(), logs.end());
  for (const std::string& table : tables) {
    rocksdb::SstFileReader reader{rocksdb::Options()};
    rocksdb::Status read = reader.Open(table);
    if (read.ok()) read = reader.VerifyChecksum();
    if (!read.ok()) {
      return absl::DataLossError(
          absl::StrCat("the database is damaged: ", table, ": ", read.ToString(), "; restore it from a snapshot"));
    }
  }
  const std::string text = status.ToString();
  if (absl::StrContains(text, path)) return ToStatus(status);
  return absl::DataLossError(absl::StrCat("the database is damaged: ", absl::StrJoin(logs, " or "), ": ", text,
                                          "; restore it from a snapshot"));
}

}  // namespace

Database::~Database() {
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

void Database::BoundCompactions(uint64_t bytes) const {
  // A compaction may begin when its inputs, what others have taken, the buffer and all files are within the maximum.
  const uint64_t used = files->GetTotalSize();
  files->SetCompactionBufferSize(bytes >= kUnbounded - used ? 0 : kUnbounded - used - bytes);
}

void Database::FlushSoon() const {
  rocksdb::FlushOptions options;
  options.wait = false;
  options.allow_write_stall = true;
  const rocksdb::Status status = db->Flush(options, families);
  if (!status.ok()) base::LogWarning("Store not flushed", {{"err", status.ToString()}});
}

void Database::CompactSoon() const {
  for (const Table table : {Table::kLog, Table::kData}) {
    const rocksdb::Status status =
        rocksdb::experimental::SuggestCompactRange(db.get(), family(table), nullptr, nullptr);
    if (!status.ok()) base::LogWarning("Store compaction not begun", {{"err", status.ToString()}});
  }
}

void Database::CompactAll() const {
  rocksdb::CompactRangeOptions options;
  options.exclusive_manual_compaction = false;
  options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
  // The log first: it is small, and what it frees makes room for the other.
  for (const Table table : {Table::kLog, Table::kMeta, Table::kLease, Table::kData}) {
    const rocksdb::Status status = db->CompactRange(options, family(table), nullptr, nullptr);
    if (!status.ok()) base::LogWarning("Store not compacted", {{"err", status.ToString()}});
  }
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
    if (const Foreign foreign = WhoMade(path); foreign != Foreign::kNo) return ForeignError(path, foreign, status);
    status = OpenFamilies(path, /*create=*/true, drop_below, database.get());
  }
  if (exists && status.IsPathNotFound()) {
    return absl::DataLossError(
        absl::StrCat("the database is damaged: ", status.ToString(), "; restore it from a snapshot"));
  }
  if (status.IsCorruption()) return DamageError(path, status);
  RETURN_IF_ERROR(ToStatus(status));
  return database;
}

absl::StatusOr<std::unique_ptr<Database>> OpenDatabaseForReading(const std::string& path, const DropBelow& drop_below) {
  auto database = std::make_unique<Database>();
  rocksdb::DBOptions options = DatabaseOptions();
  options.info_log = std::make_shared<NoLogger>();
  rocksdb::DB* raw = nullptr;
  const rocksdb::Status status =
      rocksdb::DB::OpenForReadOnly(options, path, Families(drop_below), &database->families, &raw);
  database->db.reset(raw);
  database->read_only = true;
  RETURN_IF_ERROR(ToStatus(status));
  return database;
}

}  // namespace kubelite::store
