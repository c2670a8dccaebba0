#include "store/durable_state.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "store/history.h"
#include "store/key_codec.h"

namespace kubelite::store {
namespace {

constexpr int64_t kFormat = 2;

absl::StatusOr<int64_t> ReadMeta(Engine::View* view, const char* name, int64_t absent) {
  const absl::StatusOr<std::string> bytes = view->Get(Table::kMeta, name);
  if (absl::IsNotFound(bytes.status())) return absent;
  RETURN_IF_ERROR(bytes.status());
  int64_t number = 0;
  if (!DecodeMetaNumber(*bytes, &number)) return DamagedRow("meta", name);
  return number;
}

absl::StatusOr<LogTail> ReadTail(Engine::View* view) {
  LogTail tail;
  const absl::StatusOr<std::string> last = view->LastKey(Table::kLog);
  if (absl::IsNotFound(last.status())) return tail;
  RETURN_IF_ERROR(last.status());
  uint32_t place = 0;
  if (!DecodeLogKey(*last, &tail.revision, &place)) return DamagedRow("log", *last);
  const absl::StatusOr<std::string> bytes = view->Get(Table::kLog, EncodeLogKey(tail.revision));
  if (absl::IsNotFound(bytes.status())) return DamagedRow("log", EncodeLogKey(tail.revision));
  RETURN_IF_ERROR(bytes.status());
  LogRow row;
  if (!DecodeLogRow(*bytes, &row) || !row.step) return DamagedRow("log", EncodeLogKey(tail.revision));
  tail.time_micros = row.step->time_micros;
  tail.history_bytes = row.step->history_bytes;
  return tail;
}

absl::Status CheckFormat(Engine::View* view, int64_t format) {
  if (format == kFormat) return absl::OkStatus();
  if (format == 0) {
    for (const Table table : {Table::kMeta, Table::kData, Table::kLog, Table::kLease}) {
      const absl::Status last = view->LastKey(table).status();
      if (absl::IsNotFound(last)) continue;
      RETURN_IF_ERROR(last);
      return absl::FailedPreconditionError("the database was not made by kube-lite; choose another directory");
    }
    return absl::NotFoundError("the database is empty");
  }
  return absl::FailedPreconditionError(absl::StrCat(
      "the database has format ", format, ", this program reads format ", kFormat,
      format > kFormat ? "; use the kube-lite version that wrote it, or a newer one"
                       : "; use the kube-lite version that wrote it, or move the directory away to begin anew"));
}

}  // namespace

absl::StatusOr<DurableState> ReadDurableState(Engine* engine) {
  ASSIGN_OR_RETURN(const auto view, engine->NewView());
  ASSIGN_OR_RETURN(const int64_t format, ReadMeta(view.get(), kMetaFormat, 0));
  RETURN_IF_ERROR(CheckFormat(view.get(), format));
  DurableState state;
  ASSIGN_OR_RETURN(state.tail, ReadTail(view.get()));
  ASSIGN_OR_RETURN(state.compacted, ReadMeta(view.get(), kMetaCompacted, 0));
  ASSIGN_OR_RETURN(state.swept, ReadMeta(view.get(), kMetaSwept, 0));
  if (state.compacted > state.tail.revision) return DamagedRow("log", EncodeLogKey(state.compacted));
  return state;
}

absl::Status WriteFormat(Engine* engine) {
  WriteBatch batch;
  batch.Put(Table::kMeta, kMetaFormat, EncodeMetaNumber(kFormat));
  return engine->Write(batch, /*sync=*/true);
}

}  // namespace kubelite::store
