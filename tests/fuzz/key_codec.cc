#include "store/key_codec.h"

#include <string>

#include "common/base/check.h"
#include "tests/fuzz/entry_points.h"
#include "tests/fuzz/input.h"

namespace kubelite::fuzz {
namespace {

using store::DataRow;
using store::LogRow;
using store::Revision;

bool Same(const DataRow& a, const DataRow& b) {
  return a.deleted == b.deleted && a.create_revision == b.create_revision && a.version == b.version &&
         a.lease == b.lease && a.value == b.value;
}

bool Same(const LogRow& a, const LogRow& b) {
  if (a.type != b.type || a.previous_revision != b.previous_revision || a.key != b.key) return false;
  if (a.step.has_value() != b.step.has_value()) return false;
  return !a.step || (a.step->changes == b.step->changes && a.step->time_micros == b.step->time_micros &&
                     a.step->history_bytes == b.step->history_bytes && a.step->note == b.step->note);
}

void DecodeRowKeys(absl::string_view bytes) {
  std::string key;
  Revision revision = 0;
  if (store::DecodeDataKey(bytes, &key, &revision)) {
    CHECK(store::EncodeDataKey(key, revision) == bytes);
    absl::string_view stem;
    Revision split = 0;
    CHECK(store::SplitDataKey(bytes, &stem, &split) && split == revision);
    CHECK(store::StemRowKey(stem, revision) == bytes);
    CHECK(store::StemEnd(stem) == store::EncodeDataKeyEnd(key));
  }
  uint32_t place = 0;
  if (store::DecodeLogKey(bytes, &revision, &place)) CHECK(store::EncodeLogKey(revision, place) == bytes);
  store::LeaseId id = 0;
  if (store::DecodeLeaseKey(bytes, &id)) CHECK(store::EncodeLeaseKey(id) == bytes);
  absl::string_view held;
  if (store::DecodeHeldKey(bytes, &held)) CHECK(held.size() <= bytes.size());
}

void DecodeRows(absl::string_view bytes) {
  // Numbers have more than one encoding, so compare what they decode to.
  DataRow data;
  if (store::DecodeDataRow(bytes, &data)) {
    const std::string again = store::EncodeDataRow(data);
    DataRow decoded;
    CHECK(store::DecodeDataRow(again, &decoded) && Same(data, decoded));
  }
  LogRow log;
  if (store::DecodeLogRow(bytes, &log)) {
    const std::string again = store::EncodeLogRow(log);
    LogRow decoded;
    CHECK(store::DecodeLogRow(again, &decoded) && Same(log, decoded));
  }
  store::Lease lease;
  if (store::DecodeLeaseRow(bytes, &lease)) {
    store::Lease decoded;
    CHECK(store::DecodeLeaseRow(store::EncodeLeaseRow(lease), &decoded));
    CHECK(decoded.ttl == lease.ttl && decoded.deadline == lease.deadline);
  }
  int64_t number = 0;
  if (store::DecodeMetaNumber(bytes, &number)) {
    int64_t decoded = 0;
    CHECK(store::DecodeMetaNumber(store::EncodeMetaNumber(number), &decoded) && decoded == number);
  }
}

void EncodeRowKeys(Input input) {
  const std::string a = input.Text();
  const std::string b = input.Text();
  const Revision at = input.Positive();
  const Revision later = input.Positive();
  std::string key;
  Revision revision = 0;
  CHECK(store::DecodeDataKey(store::EncodeDataKey(a, at), &key, &revision) && key == a && revision == at);
  // By key, then from the newest to the oldest.
  const bool before = a != b ? a < b : at > later;
  CHECK(before == (store::EncodeDataKey(a, at) < store::EncodeDataKey(b, later)));
  CHECK((b >= a) == (store::EncodeDataKey(b, at) >= store::EncodeDataLowerBound(a)));
  CHECK(store::EncodeDataKey(a, at) < store::EncodeDataKeyEnd(a));
  CHECK((b > a) == (store::EncodeDataKey(b, at) >= store::EncodeDataKeyEnd(a)));
  CHECK((at < later) == (store::EncodeLogKey(at, 7) < store::EncodeLogKey(later, 3)) || at == later);
  const store::LeaseId id = input.Number();
  const std::string held = store::EncodeHeldKey(id, a);
  absl::string_view decoded;
  CHECK(store::DecodeHeldKey(held, &decoded) && decoded == a);
  CHECK(held >= store::EncodeHeldKey(id, "") && held < store::HeldKeysEnd(id));
}

void EncodeRows(Input input) {
  const std::string text = input.Text();
  const std::string note = input.Text();
  const DataRow put{false, input.NotNegative(), input.NotNegative(), input.Number(), text};
  const std::string put_bytes = store::EncodeDataRow(put);
  DataRow data;
  CHECK(store::DecodeDataRow(put_bytes, &data) && Same(data, put));
  LogRow change;
  change.type = input.Byte() % 2 == 0 ? store::Event::Type::kPut : store::Event::Type::kDelete;
  if (input.Byte() % 2 == 0) {
    const uint32_t changes = static_cast<uint32_t>(input.Byte()) + 1;
    change.step = {changes, input.Number(), input.NotNegative(), note};
  }
  change.previous_revision = input.NotNegative();
  change.key = text;
  const std::string change_bytes = store::EncodeLogRow(change);
  LogRow log;
  CHECK(store::DecodeLogRow(change_bytes, &log) && Same(log, change));
}

}  // namespace

void FuzzKeyCodec(absl::string_view bytes) {
  DecodeRowKeys(bytes);
  DecodeRows(bytes);
  EncodeRowKeys(Input(bytes));
  EncodeRows(Input(bytes));
}

}  // namespace kubelite::fuzz
