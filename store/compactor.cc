#include "store/compactor.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "store/history.h"
#include "store/key_codec.h"
#include "store/plan.h"

namespace kubelite::store {
namespace {

constexpr int kLogRowsPerBatch = 1000;

absl::Status DeleteVersions(Engine::View* view, absl::string_view key, Revision newest, WriteBatch* batch) {
  const auto rows = view->NewIterator(Table::kData, EncodeDataKey(key, newest), EncodeDataKeyEnd(key));
  for (; rows->Valid(); rows->Next()) batch->Delete(Table::kData, std::string(rows->key()));
  return rows->status();
}

// Collects the rows of keys deleted in [from, to]; stops after some log rows. Returns the revision to go on from.
absl::StatusOr<Revision> CollectDeleted(Engine::View* view, Revision from, Revision to, WriteBatch* batch) {
  const auto rows = view->NewIterator(Table::kLog, EncodeLogKey(from), EncodeLogKey(to + 1));
  for (int seen = 0; rows->Valid(); rows->Next(), ++seen) {
    Revision revision = 0;
    uint32_t place = 0;
    LogRow row;
    if (!DecodeLogKey(rows->key(), &revision, &place) || !DecodeLogRow(rows->value(), &row)) {
      return DamagedRow("log", rows->key());
    }
    if (seen >= kLogRowsPerBatch && place == 0) return revision;
    if (row.type == Event::Type::kDelete) RETURN_IF_ERROR(DeleteVersions(view, row.key, revision, batch));
  }
  RETURN_IF_ERROR(rows->status());
  return to + 1;
}

}  // namespace

absl::Status Compactor::Compact(Revision revision) {
  if (revision > horizon_->current) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot compact to revision ", revision, ", the store is at ", horizon_->current.load()));
  }
  base::MutexLock lock(&mutex_);
  if (revision > horizon_->compacted) {
    WriteBatch batch;
    Revision target = 0;
    // Decided in the step: it may have to recover first and find an earlier, unconfirmed compaction that went further.
    RETURN_IF_ERROR(Commit(batch, /*sync=*/true, [&] {
      target = std::max<Revision>(revision, horizon_->compacted);
      batch.Put(Table::kMeta, kMetaCompacted, EncodeMetaNumber(target));
    }));
    horizon_->compacted = target;
  }
  if (horizon_->compacted > swept_) return Sweep(horizon_->compacted);
  return absl::OkStatus();
}

absl::Status Compactor::Sweep(Revision revision) {
  for (Revision from = std::max<Revision>(swept_, 1); from <= revision;) {
    WriteBatch batch;
    {
      ASSIGN_OR_RETURN(const auto view, engine_->NewView());
      ASSIGN_OR_RETURN(from, CollectDeleted(view.get(), from, revision, &batch));
    }
    if (!batch.empty()) RETURN_IF_ERROR(Commit(batch, /*sync=*/false));
  }
  WriteBatch batch;
  batch.Put(Table::kMeta, kMetaSwept, EncodeMetaNumber(revision));
  RETURN_IF_ERROR(Commit(batch, /*sync=*/true));
  swept_ = revision;
  engine_->AllowDrop(revision);
  engine_->Reclaim();
  return absl::OkStatus();
}

absl::Status Compactor::Commit(const WriteBatch& batch, bool sync, const std::function<void()>& prepare) {
  Write write;
  write.kind = Write::Kind::kTransaction;
  write.body = [&](Transaction& step) {
    if (prepare != nullptr) prepare();
    static_cast<Step&>(step).Maintain(&batch, sync);
    return absl::OkStatus();
  };
  PendingWrites pending(absl::MakeSpan(&write, 1));
  queue_->Run(&pending);
  return write.result.status();
}

}  // namespace kubelite::store
