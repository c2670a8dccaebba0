#include "store/history.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "store/key_codec.h"

namespace kubelite::store {
namespace {

// A seek costs about as much as this many steps.
constexpr int kStepsBeforeSeek = 8;

struct Change {
  Revision revision = 0;
  LogRow row;  // row.key is empty: see key
  std::string key;
};

// The version of `key` written at `revision`; NotFound when that row is not there.
absl::StatusOr<KeyValue> ReadVersion(Engine::View* view, absl::string_view key, Revision revision) {
  const std::string row_key = EncodeDataKey(key, revision);
  ASSIGN_OR_RETURN(const std::string bytes, view->Get(Table::kData, row_key));
  DataRow row;
  if (!DecodeDataRow(bytes, &row) || row.deleted) return DamagedRow("data", row_key);
  return KeyValue{std::string(key), std::string(row.value), row.create_revision, revision};
}

absl::StatusOr<EventPtr> MakeEvent(Engine::View* view, const Change& change) {
  auto event = std::make_shared<Event>();
  event->type = change.row.type;
  if (change.row.type == Event::Type::kPut) {
    absl::StatusOr<KeyValue> kv = ReadVersion(view, change.key, change.revision);
    if (absl::IsNotFound(kv.status())) return DamagedRow("data", EncodeDataKey(change.key, change.revision));
    RETURN_IF_ERROR(kv.status());
    event->kv = *std::move(kv);
  } else {
    event->kv.key = change.key;
    event->kv.mod_revision = change.revision;
  }
  if (change.row.previous_revision > 0) {
    absl::StatusOr<KeyValue> previous = ReadVersion(view, change.key, change.row.previous_revision);
    if (previous.ok()) {
      event->previous = std::make_shared<const KeyValue>(*std::move(previous));
    } else if (!absl::IsNotFound(previous.status())) {
      return previous.status();
    }
  }
  return EventPtr(std::move(event));
}

}  // namespace

absl::Status DamagedRow(absl::string_view table, absl::string_view row_key) {
  return absl::DataLossError(absl::StrCat("store: a row of table ", table, " is damaged or missing, key \"",
                                          absl::CHexEscape(row_key), "\"; restore the store from a snapshot"));
}

LiveKeys::LiveKeys(Engine::View* view, absl::string_view prefix, absl::string_view start, Revision at)
    : at_(at),
      rows_(view->NewIterator(Table::kData, EncodeDataLowerBound(std::max(prefix, start)),
                              EncodeDataPrefixEnd(prefix))) {}

bool LiveKeys::Next() {
  if (!damage_.ok()) return false;
  if (!stem_.empty()) SkipTo(StemEnd(stem_));
  while (rows_->Valid()) {
    absl::string_view stem;
    Revision revision = 0;
    DataRow row;
    if (!SplitDataKey(rows_->key(), &stem, &revision) || !DecodeDataRow(rows_->value(), &row)) {
      damage_ = DamagedRow("data", rows_->key());
      return false;
    }
    if (revision > at_) {
      SkipTo(StemRowKey(stem, at_));
      continue;
    }
    stem_.assign(stem.data(), stem.size());
    if (!row.deleted) return true;
    SkipTo(StemEnd(stem_));
  }
  return false;
}

absl::StatusOr<KeyValue> LiveKeys::Current() const {
  KeyValue kv;
  DataRow row;
  if (!DecodeDataKey(rows_->key(), &kv.key, &kv.mod_revision) || !DecodeDataRow(rows_->value(), &row)) {
    return DamagedRow("data", rows_->key());
  }
  kv.create_revision = row.create_revision;
  kv.value.assign(row.value.data(), row.value.size());
  return kv;
}

absl::Status LiveKeys::status() const { return damage_.ok() ? rows_->status() : damage_; }

void LiveKeys::SkipTo(const std::string& row_key) {
  for (int step = 0; step < kStepsBeforeSeek; ++step) {
    if (!rows_->Valid() || rows_->key() >= absl::string_view(row_key)) return;
    rows_->Next();
  }
  rows_->Seek(row_key);
}

KeyReader::KeyReader(Engine::View* view, absl::string_view key, Revision at)
    : key_(key), rows_(view->NewIterator(Table::kData, EncodeDataKey(key, at), EncodeDataKeyEnd(key))) {}

absl::StatusOr<KeyValue> KeyReader::Read() const {
  RETURN_IF_ERROR(rows_->status());
  KeyValue kv;
  DataRow row;
  if (rows_->Valid()) {
    absl::string_view stem;
    if (!SplitDataKey(rows_->key(), &stem, &kv.mod_revision) || !DecodeDataRow(rows_->value(), &row)) {
      return DamagedRow("data", rows_->key());
    }
  }
  if (!rows_->Valid() || row.deleted) return absl::NotFoundError(absl::StrCat("key \"", key_, "\" does not exist"));
  kv.key.assign(key_.data(), key_.size());
  kv.create_revision = row.create_revision;
  kv.value.assign(row.value.data(), row.value.size());
  return kv;
}

absl::StatusOr<LogSlice> ReadLog(Engine::View* view, absl::string_view prefix, Revision after, Revision up_to,
                                 size_t max) {
  LogSlice slice;
  slice.scanned_to = after;
  std::vector<Change> changes;
  const auto rows = view->NewIterator(Table::kLog, EncodeLogKey(after + 1), EncodeLogKey(up_to + 1));
  for (; rows->Valid() && changes.size() < max; rows->Next()) {
    Change change;
    // Revisions have no holes: a hole is a lost row.
    if (!DecodeLogKey(rows->key(), &change.revision) || change.revision != slice.scanned_to + 1 ||
        !DecodeLogRow(rows->value(), &change.row)) {
      return DamagedRow("log", EncodeLogKey(slice.scanned_to + 1));
    }
    slice.scanned_to = change.revision;
    if (!absl::StartsWith(change.row.key, prefix)) continue;
    change.key.assign(change.row.key.data(), change.row.key.size());
    change.row.key = absl::string_view();
    changes.push_back(std::move(change));
  }
  RETURN_IF_ERROR(rows->status());
  if (changes.size() < max && slice.scanned_to < up_to) return DamagedRow("log", EncodeLogKey(slice.scanned_to + 1));
  slice.events.reserve(changes.size());
  for (const Change& change : changes) {
    ASSIGN_OR_RETURN(EventPtr event, MakeEvent(view, change));
    slice.events.push_back(std::move(event));
  }
  return slice;
}

}  // namespace kubelite::store
