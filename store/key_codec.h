#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "store/store.h"

namespace kubelite::store {

// Rows of the engine's tables. Pure functions; the formats are in README.md and guarded by key_codec_test.cc.

// ---- table `data`: one row per version of a key -------------------------------------------------------------------
// Row key: the key with 0x00 escaped as 0x00 0xff, the terminator 0x00 0x01, then ~revision big-endian. So rows sort by
// key, and within a key from the newest to the oldest version, whatever bytes the key holds.
std::string EncodeDataKey(absl::string_view key, Revision revision);
void AppendDataKey(absl::string_view key, Revision revision, std::string* out);
// Just above the oldest version of `key`.
std::string EncodeDataKeyEnd(absl::string_view key);
// At or below each row of the keys >= `key`, above each row of the keys < `key`.
std::string EncodeDataLowerBound(absl::string_view key);
bool DecodeDataKey(absl::string_view row_key, std::string* key, Revision* revision);
bool DecodeKeyOfStem(absl::string_view stem, std::string* key);
// The part of a row key that all versions of one key share, and its revision. False for a damaged row key.
bool SplitDataKey(absl::string_view row_key, absl::string_view* stem, Revision* revision);
// The same part of any bytes; empty when it is none.
absl::string_view StemOf(absl::string_view row_key);

// Row keys made from such a shared part: of one version, and just above the oldest version.
std::string StemRowKey(absl::string_view stem, Revision revision);
std::string StemEnd(absl::string_view stem);

struct DataRow {
  bool deleted = false;
  Revision create_revision = 0;
  int64_t version = 0;
  LeaseId lease = 0;
  absl::string_view value;
};
std::string EncodeDataRow(const DataRow& row);
void AppendDataRow(const DataRow& row, std::string* out);
// The result points into `bytes`.
bool DecodeDataRow(absl::string_view bytes, DataRow* row);

// ---- table `log`: one row per change, by revision and place in its step ------------------------------------------
// The first change of a step has its revision (big-endian) as row key; the others add their place, 1 and up.
std::string EncodeLogKey(Revision revision, uint32_t place = 0);
void AppendLogKey(Revision revision, uint32_t place, std::string* out);
bool DecodeLogKey(absl::string_view row_key, Revision* revision, uint32_t* place);

// What the row of a step's first change tells about the step.
struct StepRow {
  uint32_t changes = 1;
  int64_t time_micros = 0;    // of the origin, since the Unix epoch
  int64_t history_bytes = 0;  // what all steps up to this one have added to the history, whatever was compacted since
  absl::string_view note;
};
struct LogRow {
  Event::Type type = Event::Type::kPut;
  std::optional<StepRow> step;     // in the first row of a step only
  Revision previous_revision = 0;  // of the value that was replaced or deleted; 0 when there was none
  absl::string_view key;
};
std::string EncodeLogRow(const LogRow& row);
void AppendLogRow(const LogRow& row, std::string* out);
// The result points into `bytes`.
bool DecodeLogRow(absl::string_view bytes, LogRow* row);

// ---- table `lease`: one row per lease, and one per key that it holds -----------------------------------------------
std::string EncodeLeaseKey(LeaseId id);
bool DecodeLeaseKey(absl::string_view row_key, LeaseId* id);
std::string EncodeLeaseRow(const Lease& lease);  // without its id
bool DecodeLeaseRow(absl::string_view bytes, Lease* lease);
// The rows of all leases: [begin, end).
std::string LeaseRowsBegin();
std::string LeaseRowsEnd();
std::string EncodeHeldKey(LeaseId id, absl::string_view key);
// The rows of a lease's keys: [EncodeHeldKey(id, ""), HeldKeysEnd(id)). The key in such a row key.
std::string HeldKeysEnd(LeaseId id);
bool DecodeHeldKey(absl::string_view row_key, absl::string_view* key);

// ---- table `meta` -------------------------------------------------------------------------------------------------
inline constexpr char kMetaFormat[] = "format";        // version of these formats
inline constexpr char kMetaCompacted[] = "compacted";  // Store::CompactedRevision()
inline constexpr char kMetaSwept[] = "swept";          // what compaction has finished clearing away
std::string EncodeMetaNumber(int64_t number);
bool DecodeMetaNumber(absl::string_view bytes, int64_t* number);

// ---- times in rows: microseconds since the Unix epoch --------------------------------------------------------------
int64_t ToMicros(absl::Time time);
absl::Time FromMicros(int64_t micros);

}  // namespace kubelite::store
