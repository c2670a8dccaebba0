#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "store/store.h"

namespace kubelite::store {

// Rows of the engine's tables. Pure functions; the formats are in README.md and guarded by key_codec_test.cc.

// ---- table `data`: one row per version of a key -------------------------------------------------------------------
// Row key: the key with 0x00 escaped as 0x00 0xff, the terminator 0x00 0x01, then ~revision big-endian. So rows sort by
// key, and within a key from the newest to the oldest version, whatever bytes the key holds.
std::string EncodeDataKey(absl::string_view key, Revision revision);
// Just above the oldest version of `key`.
std::string EncodeDataKeyEnd(absl::string_view key);
// At or below each row of the keys >= `key`, above each row of the keys < `key`.
std::string EncodeDataLowerBound(absl::string_view key);
// Just above each row of the keys that start with `prefix`; empty means "no bound".
std::string EncodeDataPrefixEnd(absl::string_view prefix);
bool DecodeDataKey(absl::string_view row_key, std::string* key, Revision* revision);
// The part of a row key that all versions of one key share, and its revision. False for a damaged row key.
bool SplitDataKey(absl::string_view row_key, absl::string_view* stem, Revision* revision);

// Row keys made from such a shared part: of one version, and just above the oldest version.
std::string StemRowKey(absl::string_view stem, Revision revision);
std::string StemEnd(absl::string_view stem);

struct DataRow {
  bool deleted = false;
  Revision create_revision = 0;
  absl::string_view value;
};
std::string EncodeDataRow(const DataRow& row);
// The result points into `bytes`.
bool DecodeDataRow(absl::string_view bytes, DataRow* row);

// ---- table `log`: one row per revision ----------------------------------------------------------------------------
std::string EncodeLogKey(Revision revision);  // big-endian
bool DecodeLogKey(absl::string_view row_key, Revision* revision);

struct LogRow {
  Event::Type type = Event::Type::kPut;
  Revision create_revision = 0;    // 0 for a deletion
  Revision previous_revision = 0;  // of the value that was replaced or deleted; 0 when there was none
  absl::string_view key;
};
std::string EncodeLogRow(const LogRow& row);
// The result points into `bytes`.
bool DecodeLogRow(absl::string_view bytes, LogRow* row);

// ---- table `meta` -------------------------------------------------------------------------------------------------
inline constexpr char kMetaFormat[] = "format";        // version of these formats
inline constexpr char kMetaCompacted[] = "compacted";  // Store::CompactedRevision()
inline constexpr char kMetaSwept[] = "swept";          // what compaction has finished clearing away
std::string EncodeMetaNumber(int64_t number);
bool DecodeMetaNumber(absl::string_view bytes, int64_t* number);

}  // namespace kubelite::store
