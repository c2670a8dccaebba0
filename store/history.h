#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "store/engine.h"
#include "store/key_codec.h"
#include "store/store.h"

namespace kubelite::store {

// Reads the tables as they were at a revision. The caller makes sure that the revision is not compacted: it checks
// after the cursor or iterator is made, since that pins the rows.

// The keys that exist at a revision, in key order.
class LiveKeys {
 public:
  // `view` must outlive this.
  LiveKeys(Engine::View* view, const KeyRange& range, Revision at);

  // Moves to the next (at first: the first) key. False at the end or on an error; see status().
  bool Next();
  absl::StatusOr<KeyValue> Current() const;
  // The same, valid until Next.
  absl::StatusOr<KeyValueView> CurrentView();
  // DataLoss for a damaged row, or what the engine says.
  absl::Status status() const;

 private:
  bool SkipVersions();
  void SkipNewer(absl::string_view stem);

  const Revision at_;
  std::unique_ptr<Engine::Iterator> rows_;
  std::string stem_;  // of the current key; empty before the first
  std::string key_;   // of CurrentView, for keys that are escaped
  // Of the current row, as long as it is current.
  Revision revision_ = 0;
  DataRow row_;
  absl::Status damage_;
};

// Reads single keys, one after the other. Pins the rows when it is made.
class KeyReader {
 public:
  explicit KeyReader(Engine::View* view) : rows_(view->NewVersionIterator()) {}
  // NotFound when the key does not exist at the revision.
  absl::StatusOr<KeyValue> Read(absl::string_view key, Revision at);
  // The changes of one key from its value at revision `compacted` on, newest first; see Store::History. The origins are
  // left out.
  absl::StatusOr<std::vector<EventPtr>> ReadHistory(absl::string_view key, Revision compacted, Revision at,
                                                    size_t limit);

 private:
  void Seek(absl::string_view key, Revision at);

  std::unique_ptr<Engine::Iterator> rows_;
  std::string row_key_;
};

struct LogSlice {
  std::vector<EventPtr> events;
  Revision scanned_to = 0;  // every change up to here is in `events`, or does not match
};
// Changes of keys in `range` with revision in (after, up_to], at most `max`, or all of one revision when those are
// more. DataLoss when a row is missing: damage, or it was compacted meanwhile.
absl::StatusOr<LogSlice> ReadLog(Engine::View* view, const KeyRange& range, Revision after, Revision up_to, size_t max);

// The origin of a step. NotFound when the log does not have it: damage, or it was compacted meanwhile.
absl::StatusOr<Origin> ReadOrigin(Engine::View* view, Revision revision);

// StepRow::history_bytes of a step, 0 for revision 0. NotFound as above.
absl::StatusOr<int64_t> ReadHistoryBytes(Engine::View* view, Revision revision);

// The keys that a lease holds, in order.
absl::StatusOr<std::vector<std::string>> ReadHeldKeys(Engine::View* view, LeaseId id);

absl::Status DamagedRow(absl::string_view table, absl::string_view row_key);

}  // namespace kubelite::store
