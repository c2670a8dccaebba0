#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "store/engine.h"
#include "store/store.h"

namespace kubelite::store {

// Reads the tables as they were at a revision. The caller makes sure that the revision is not compacted: it checks
// after the cursor or iterator is made, since that pins the rows.

// The keys that exist at a revision, in key order.
class LiveKeys {
 public:
  // Keys that start with `prefix` and are >= `start`. `view` must outlive this.
  LiveKeys(Engine::View* view, absl::string_view prefix, absl::string_view start, Revision at);

  // Moves to the next (at first: the first) key. False at the end or on an error; see status().
  bool Next();
  absl::StatusOr<KeyValue> Current() const;
  // DataLoss for a damaged row, or what the engine says.
  absl::Status status() const;

 private:
  void SkipTo(const std::string& row_key);

  const Revision at_;
  std::unique_ptr<Engine::Iterator> rows_;
  std::string stem_;  // of the current key; empty before the first
  absl::Status damage_;
};

// One key at a revision, found with one seek. Split in two so that callers can check compaction in between.
class KeyReader {
 public:
  KeyReader(Engine::View* view, absl::string_view key, Revision at);
  // NotFound when the key does not exist at the revision.
  absl::StatusOr<KeyValue> Read() const;

 private:
  const absl::string_view key_;
  std::unique_ptr<Engine::Iterator> rows_;
};

struct LogSlice {
  std::vector<EventPtr> events;
  Revision scanned_to = 0;  // every change up to here is in `events`, or does not match
};
// Changes of keys under `prefix` with revision in (after, up_to], at most `max`. DataLoss when a row is missing:
// damage, or it was compacted meanwhile.
absl::StatusOr<LogSlice> ReadLog(Engine::View* view, absl::string_view prefix, Revision after, Revision up_to,
                                 size_t max);

absl::Status DamagedRow(absl::string_view table, absl::string_view row_key);

}  // namespace kubelite::store
