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

struct LoggedChange {
  Event::Type type = Event::Type::kPut;
  Revision revision = 0;
  Revision previous_revision = 0;
  std::string key;
};

void FillIn(const DataRow& row, Revision revision, KeyValue* kv) {
  kv->value.assign(row.value.data(), row.value.size());
  kv->create_revision = row.create_revision;
  kv->mod_revision = revision;
  kv->version = row.version;
  kv->lease = row.lease;
}

KeyValue MakeKeyValue(absl::string_view key, const DataRow& row, Revision revision) {
  KeyValue kv;
  kv.key.assign(key.data(), key.size());
  FillIn(row, revision, &kv);
  return kv;
}

// The version of `key` written at `revision`; NotFound when that row is not there.
absl::StatusOr<KeyValue> ReadVersion(Engine::View* view, absl::string_view key, Revision revision) {
  const std::string row_key = EncodeDataKey(key, revision);
  ASSIGN_OR_RETURN(const std::string bytes, view->Get(Table::kData, row_key));
  DataRow row;
  if (!DecodeDataRow(bytes, &row) || row.deleted) return DamagedRow("data", row_key);
  return MakeKeyValue(key, row, revision);
}

absl::StatusOr<EventPtr> MakeEvent(Engine::View* view, const LoggedChange& change) {
  auto event = std::make_shared<Event>();
  event->type = change.type;
  if (change.type == Event::Type::kPut) {
    absl::StatusOr<KeyValue> kv = ReadVersion(view, change.key, change.revision);
    if (absl::IsNotFound(kv.status())) return DamagedRow("data", EncodeDataKey(change.key, change.revision));
    RETURN_IF_ERROR(kv.status());
    event->kv = *std::move(kv);
  } else {
    event->kv.key = change.key;
    event->kv.mod_revision = change.revision;
  }
  if (change.previous_revision > 0) {
    absl::StatusOr<KeyValue> previous = ReadVersion(view, change.key, change.previous_revision);
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

LiveKeys::LiveKeys(Engine::View* view, const KeyRange& range, Revision at)
    : at_(at),
      rows_(view->NewIterator(Table::kData, EncodeDataLowerBound(range.begin),
                              range.end.empty() ? "" : EncodeDataLowerBound(range.end))) {}

bool LiveKeys::Next() {
  if (!damage_.ok()) return false;
  bool more = stem_.empty() || SkipVersions();
  while (more && rows_->Valid()) {
    absl::string_view stem;
    if (!SplitDataKey(rows_->key(), &stem, &revision_) || !DecodeDataRow(rows_->value(), &row_)) {
      damage_ = DamagedRow("data", rows_->key());
      return false;
    }
    if (revision_ > at_) {
      SkipNewer(stem);
      continue;
    }
    stem_.assign(stem.data(), stem.size());
    if (!row_.deleted) return true;
    more = SkipVersions();
  }
  return false;
}

absl::StatusOr<KeyValue> LiveKeys::Current() const {
  KeyValue kv;
  if (!DecodeKeyOfStem(stem_, &kv.key)) return DamagedRow("data", rows_->key());
  FillIn(row_, revision_, &kv);
  return kv;
}

absl::StatusOr<KeyValueView> LiveKeys::CurrentView() {
  if (!DecodeKeyOfStem(stem_, &key_)) return DamagedRow("data", rows_->key());
  return KeyValueView{key_, row_.value, row_.create_revision, revision_, row_.version, row_.lease};
}

absl::Status LiveKeys::status() const { return damage_.ok() ? rows_->status() : damage_; }

// To the first row of the next key.
bool LiveKeys::SkipVersions() {
  for (int step = 0; step < kStepsBeforeSeek; ++step) {
    rows_->Next();
    if (!rows_->Valid()) return false;
    if (!absl::StartsWith(rows_->key(), stem_)) return true;
  }
  rows_->Seek(StemEnd(stem_));
  return rows_->Valid();
}

// To the first version of the key that is not above `at`, or a row behind it.
void LiveKeys::SkipNewer(absl::string_view stem) {
  const std::string target = StemRowKey(stem, at_);
  for (int step = 0; step < kStepsBeforeSeek; ++step) {
    if (!rows_->Valid() || rows_->key() >= absl::string_view(target)) return;
    rows_->Next();
  }
  rows_->Seek(target);
}

// ---- one key --------------------------------------------------------------------------------------------------------

void KeyReader::Seek(absl::string_view key, Revision at) {
  row_key_.clear();
  AppendDataKey(key, at, &row_key_);
  rows_->Seek(row_key_);
}

absl::StatusOr<KeyValue> KeyReader::Read(absl::string_view key, Revision at) {
  Seek(key, at);
  RETURN_IF_ERROR(rows_->status());
  Revision revision = 0;
  DataRow row;
  if (rows_->Valid()) {
    absl::string_view stem;
    if (!SplitDataKey(rows_->key(), &stem, &revision) || !DecodeDataRow(rows_->value(), &row)) {
      return DamagedRow("data", rows_->key());
    }
  }
  if (!rows_->Valid() || row.deleted) return absl::NotFoundError(absl::StrCat("key \"", key, "\" does not exist"));
  return MakeKeyValue(key, row, revision);
}

absl::StatusOr<std::vector<EventPtr>> KeyReader::ReadHistory(absl::string_view key, Revision compacted, Revision at,
                                                             size_t limit) {
  std::vector<EventPtr> events;
  std::shared_ptr<Event> newer;  // waits for the value before it
  for (Seek(key, at); rows_->Valid(); rows_->Next()) {
    absl::string_view stem;
    Revision revision = 0;
    DataRow row;
    if (!SplitDataKey(rows_->key(), &stem, &revision) || !DecodeDataRow(rows_->value(), &row)) {
      return DamagedRow("data", rows_->key());
    }
    auto event = std::make_shared<Event>();
    event->type = row.deleted ? Event::Type::kDelete : Event::Type::kPut;
    event->kv = MakeKeyValue(key, row, revision);
    if (newer != nullptr && !row.deleted) newer->previous = std::make_shared<const KeyValue>(event->kv);
    // A deletion that is not above the compacted revision may or may not have been cleared away yet.
    if (row.deleted && revision <= compacted) break;
    if (limit > 0 && events.size() == limit) break;
    events.push_back(event);
    if (revision <= compacted) break;
    newer = std::move(event);
  }
  RETURN_IF_ERROR(rows_->status());
  return events;
}

// ---- the log --------------------------------------------------------------------------------------------------------

namespace {

// Walks the rows of the log and checks that none is missing.
class LogCursor {
 public:
  LogCursor(Engine::View* view, Revision after, Revision up_to)
      : rows_(view->NewIterator(Table::kLog, EncodeLogKey(after + 1), EncodeLogKey(up_to + 1))), whole_(after) {}

  bool Valid() const { return rows_->Valid(); }
  // Reads the present row and moves on.
  absl::Status Take(LoggedChange* change, const KeyRange& range, bool* matches) {
    uint32_t place = 0;
    LogRow row;
    if (!DecodeLogKey(rows_->key(), &change->revision, &place) || !DecodeLogRow(rows_->value(), &row) ||
        change->revision != whole_ + 1 || place != seen_ || row.step.has_value() != (place == 0)) {
      return Missing();
    }
    if (row.step) left_ = row.step->changes;
    ++seen_;
    if (--left_ == 0) {
      ++whole_;
      seen_ = 0;
    }
    *matches = range.Contains(row.key);
    if (*matches) {
      change->type = row.type;
      change->previous_revision = row.previous_revision;
      change->key.assign(row.key.data(), row.key.size());
    }
    rows_->Next();
    return absl::OkStatus();
  }
  bool between_steps() const { return left_ == 0; }
  Revision whole() const { return whole_; }  // all changes up to here were taken
  absl::Status status() const { return rows_->status(); }
  absl::Status Missing() const { return DamagedRow("log", EncodeLogKey(whole_ + 1, seen_)); }

 private:
  const std::unique_ptr<Engine::Iterator> rows_;
  Revision whole_;
  uint32_t seen_ = 0;  // rows of the step after `whole_`
  uint32_t left_ = 0;
};

}  // namespace

absl::StatusOr<LogSlice> ReadLog(Engine::View* view, const KeyRange& range, Revision after, Revision up_to,
                                 size_t max) {
  std::vector<LoggedChange> changes;
  LogCursor log(view, after, up_to);
  while (log.Valid() && (changes.size() < max || !log.between_steps())) {
    LoggedChange change;
    bool matches = false;
    RETURN_IF_ERROR(log.Take(&change, range, &matches));
    if (matches) changes.push_back(std::move(change));
  }
  RETURN_IF_ERROR(log.status());
  // Revisions have no holes: a hole is a lost row.
  if (!log.between_steps() || (changes.size() < max && log.whole() < up_to)) return log.Missing();
  LogSlice slice;
  slice.scanned_to = log.whole();
  slice.events.reserve(changes.size());
  for (const LoggedChange& change : changes) {
    ASSIGN_OR_RETURN(EventPtr event, MakeEvent(view, change));
    slice.events.push_back(std::move(event));
  }
  return slice;
}

namespace {

// The log row that begins a step, and the bytes that it points into.
struct StepRecord {
  std::string bytes;
  LogRow row;
};

absl::Status ReadStep(Engine::View* view, Revision revision, StepRecord* record) {
  const std::string row_key = EncodeLogKey(revision);
  ASSIGN_OR_RETURN(record->bytes, view->Get(Table::kLog, row_key));
  if (!DecodeLogRow(record->bytes, &record->row) || !record->row.step) return DamagedRow("log", row_key);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Origin> ReadOrigin(Engine::View* view, Revision revision) {
  StepRecord record;
  RETURN_IF_ERROR(ReadStep(view, revision, &record));
  return Origin{FromMicros(record.row.step->time_micros), std::string(record.row.step->note)};
}

absl::StatusOr<int64_t> ReadHistoryBytes(Engine::View* view, Revision revision) {
  if (revision == 0) return 0;
  StepRecord record;
  RETURN_IF_ERROR(ReadStep(view, revision, &record));
  return record.row.step->history_bytes;
}

absl::StatusOr<std::vector<std::string>> ReadHeldKeys(Engine::View* view, LeaseId id) {
  std::vector<std::string> keys;
  const auto rows = view->NewIterator(Table::kLease, EncodeHeldKey(id, ""), HeldKeysEnd(id));
  for (; rows->Valid(); rows->Next()) {
    absl::string_view key;
    if (!DecodeHeldKey(rows->key(), &key)) return DamagedRow("lease", rows->key());
    keys.emplace_back(key);
  }
  RETURN_IF_ERROR(rows->status());
  return keys;
}

}  // namespace kubelite::store
