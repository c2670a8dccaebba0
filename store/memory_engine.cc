#include "store/memory_engine.h"

#include <utility>

#include "store/key_codec.h"

namespace kubelite::store {
namespace {

class MemoryIterator : public Engine::Iterator {
 public:
  MemoryIterator(const MemoryEngine::Rows& rows, absl::string_view lower, absl::string_view upper)
      : rows_(rows), at_(rows.lower_bound(lower)), end_(upper.empty() ? rows.end() : rows.lower_bound(upper)) {
    if (!upper.empty() && lower >= upper) at_ = end_;
  }
  bool Valid() const override { return at_ != end_; }
  void Next() override { ++at_; }
  void Seek(absl::string_view key) override {
    if (!Valid() || absl::string_view(at_->first) >= key) return;
    const auto target = rows_.lower_bound(key);
    const bool past_end = end_ != rows_.end() && (target == rows_.end() || target->first >= end_->first);
    at_ = past_end ? end_ : target;
  }
  absl::string_view key() const override { return at_->first; }
  absl::string_view value() const override { return at_->second; }
  absl::Status status() const override { return absl::OkStatus(); }

 private:
  const MemoryEngine::Rows& rows_;
  MemoryEngine::Rows::const_iterator at_;
  const MemoryEngine::Rows::const_iterator end_;
};

class MemoryVersionIterator : public Engine::Iterator {
 public:
  explicit MemoryVersionIterator(const MemoryEngine::Rows& rows) : rows_(rows), at_(rows.end()) {}
  bool Valid() const override { return at_ != rows_.end() && StemOf(at_->first) == stem_; }
  void Next() override { ++at_; }
  void Seek(absl::string_view key) override {
    stem_ = std::string(StemOf(key));
    at_ = rows_.lower_bound(key);
  }
  absl::string_view key() const override { return at_->first; }
  absl::string_view value() const override { return at_->second; }
  absl::Status status() const override { return absl::OkStatus(); }

 private:
  const MemoryEngine::Rows& rows_;
  MemoryEngine::Rows::const_iterator at_;
  std::string stem_;
};

}  // namespace

class MemoryEngine::MemoryView : public Engine::View {
 public:
  explicit MemoryView(MemoryEngine* engine) : lock_(&engine->mutex_), tables_(engine->tables_) {}

  absl::StatusOr<std::string> Get(Table table, absl::string_view key) override {
    const Rows& rows = RowsOf(table);
    const auto it = rows.find(key);
    if (it == rows.end()) return absl::NotFoundError("no such row");
    return it->second;
  }
  std::unique_ptr<Iterator> NewIterator(Table table, absl::string_view lower, absl::string_view upper) override {
    return std::make_unique<MemoryIterator>(RowsOf(table), lower, upper);
  }
  std::unique_ptr<Iterator> NewVersionIterator() override {
    return std::make_unique<MemoryVersionIterator>(RowsOf(Table::kData));
  }
  absl::StatusOr<std::string> LastKey(Table table) override {
    const Rows& rows = RowsOf(table);
    if (rows.empty()) return absl::NotFoundError("the table is empty");
    return rows.rbegin()->first;
  }

 private:
  const Rows& RowsOf(Table table) const { return tables_[static_cast<size_t>(table)]; }

  base::MutexLock lock_;
  const std::array<Rows, kTables>& tables_;
};

absl::StatusOr<std::unique_ptr<Engine::View>> MemoryEngine::NewView() ABSL_NO_THREAD_SAFETY_ANALYSIS {
  return std::make_unique<MemoryView>(this);
}

absl::Status MemoryEngine::Write(const WriteBatch& batch, bool) {
  base::MutexLock lock(&mutex_);
  batch.ForEach([this](const WriteBatch::Operation& operation) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    Rows& rows = tables_[static_cast<size_t>(operation.table)];
    if (operation.deletes) {
      if (const auto it = rows.find(operation.key); it != rows.end()) rows.erase(it);
    } else {
      rows.insert_or_assign(std::string(operation.key), std::string(operation.value));
    }
  });
  return absl::OkStatus();
}

void MemoryEngine::AllowDrop(Revision revision) {
  base::MutexLock lock(&mutex_);
  Rows& data = tables_[static_cast<size_t>(Table::kData)];
  Rows& log = tables_[static_cast<size_t>(Table::kLog)];
  // Each change names the version that it replaced: no need to walk all data.
  const auto end = log.upper_bound(EncodeLogKey(revision));
  for (auto it = log.lower_bound(EncodeLogKey(dropped_below_)); it != end; ++it) {
    LogRow row;
    if (DecodeLogRow(it->second, &row) && row.previous_revision > 0) {
      data.erase(EncodeDataKey(row.key, row.previous_revision));
    }
  }
  log.erase(log.begin(), log.lower_bound(EncodeLogKey(revision)));
  dropped_below_ = revision;
}

absl::StatusOr<int64_t> MemoryEngine::Bytes() {
  base::MutexLock lock(&mutex_);
  size_t bytes = 0;
  for (const Rows& rows : tables_) {
    for (const auto& [key, value] : rows) bytes += key.size() + value.size();
  }
  return static_cast<int64_t>(bytes);
}

absl::Status MemoryEngine::Checkpoint(const std::string&) {
  return absl::UnimplementedError("an in-memory store has no files to copy");
}

std::unique_ptr<MemoryEngine> MemoryEngine::Clone() const {
  auto copy = std::make_unique<MemoryEngine>();
  base::MutexLock lock(&mutex_);
  base::MutexLock copy_lock(&copy->mutex_);
  copy->tables_ = tables_;
  copy->dropped_below_ = dropped_below_;
  return copy;
}

}  // namespace kubelite::store
