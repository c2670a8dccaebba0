#include "store/key_codec.h"

#include <limits>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace kubelite::store {
namespace {

constexpr char kEscape = '\x00';
constexpr char kEscapedZero = '\xff';
constexpr char kTerminator = '\x01';
constexpr char kAfterTerminator = '\x02';
constexpr size_t kRevisionBytes = 8;

constexpr size_t kPlaceBytes = 4;
constexpr int64_t kForever = std::numeric_limits<int64_t>::max();

// Tags of rows of `data` and `log`.
constexpr char kPutTag = 1;
constexpr char kDeleteTag = 2;
constexpr char kStepTag = 0x10;  // added in `log`: the row begins a step

// First bytes of rows of `lease`.
constexpr char kLeaseKind = 'L';
constexpr char kHeldKeyKind = 'K';

void AppendEscaped(absl::string_view key, std::string* out) {
  while (true) {
    const size_t zero = key.find(kEscape);
    const absl::string_view plain = key.substr(0, zero);
    out->append(plain.data(), plain.size());
    if (zero == absl::string_view::npos) return;
    out->push_back(kEscape);
    out->push_back(kEscapedZero);
    key.remove_prefix(zero + 1);
  }
}

void AppendBigEndian(uint64_t number, size_t bytes, std::string* out) {
  char big[sizeof(number)];
  for (size_t i = 0; i < bytes; ++i) big[i] = static_cast<char>(number >> (8 * (bytes - 1 - i)));
  out->append(big, bytes);
}

uint64_t ReadBigEndian(absl::string_view bytes) {
  uint64_t number = 0;
  for (const char c : bytes) number = number << 8 | static_cast<uint8_t>(c);
  return number;
}

void AppendVarint(uint64_t number, std::string* out) {
  for (; number >= 0x80; number >>= 7) out->push_back(static_cast<char>(number | 0x80));
  out->push_back(static_cast<char>(number));
}

bool ReadRaw(absl::string_view* bytes, uint64_t* number) {
  *number = 0;
  for (int shift = 0; shift < 70 && !bytes->empty(); shift += 7) {
    const uint8_t byte = static_cast<uint8_t>(bytes->front());
    if (shift == 63 && byte > 1) return false;
    bytes->remove_prefix(1);
    *number |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

// Takes a number that is not negative off the front of `bytes`.
template <typename T>
bool ReadVarint(absl::string_view* bytes, T* number) {
  uint64_t raw = 0;
  if (!ReadRaw(bytes, &raw) || raw > static_cast<uint64_t>(std::numeric_limits<T>::max())) return false;
  *number = static_cast<T>(raw);
  return true;
}

// Numbers that may be negative: small in either direction is short.
void AppendSigned(int64_t number, std::string* out) {
  AppendVarint(static_cast<uint64_t>(number) << 1 ^ static_cast<uint64_t>(number >> 63), out);
}

bool ReadSigned(absl::string_view* bytes, int64_t* number) {
  uint64_t raw = 0;
  if (!ReadRaw(bytes, &raw)) return false;
  *number = static_cast<int64_t>(raw >> 1 ^ (~(raw & 1) + 1));
  return true;
}

bool ReadTag(absl::string_view* bytes, char* tag) {
  if (bytes->empty()) return false;
  *tag = bytes->front();
  bytes->remove_prefix(1);
  return true;
}

}  // namespace

void AppendDataKey(absl::string_view key, Revision revision, std::string* out) {
  out->reserve(out->size() + key.size() + 2 + kRevisionBytes);
  AppendEscaped(key, out);
  out->push_back(kEscape);
  out->push_back(kTerminator);
  AppendBigEndian(~static_cast<uint64_t>(revision), kRevisionBytes, out);
}

std::string EncodeDataKey(absl::string_view key, Revision revision) {
  std::string out;
  AppendDataKey(key, revision, &out);
  return out;
}

std::string EncodeDataKeyEnd(absl::string_view key) {
  std::string out = EncodeDataLowerBound(key);
  out.push_back(kEscape);
  out.push_back(kAfterTerminator);
  return out;
}

std::string EncodeDataLowerBound(absl::string_view key) {
  std::string out;
  out.reserve(key.size() + 2);
  AppendEscaped(key, &out);
  return out;
}

bool SplitDataKey(absl::string_view row_key, absl::string_view* stem, Revision* revision) {
  if (row_key.size() < 2 + kRevisionBytes) return false;
  *stem = row_key.substr(0, row_key.size() - kRevisionBytes);
  *revision = static_cast<Revision>(~ReadBigEndian(row_key.substr(stem->size())));
  return *revision > 0 && (*stem)[stem->size() - 2] == kEscape && stem->back() == kTerminator;
}

bool DecodeDataKey(absl::string_view row_key, std::string* key, Revision* revision) {
  absl::string_view stem;
  return SplitDataKey(row_key, &stem, revision) && DecodeKeyOfStem(stem, key);
}

bool DecodeKeyOfStem(absl::string_view stem, std::string* key) {
  stem.remove_suffix(2);
  key->clear();
  key->reserve(stem.size());
  while (true) {
    const size_t escape = stem.find(kEscape);
    const absl::string_view plain = stem.substr(0, escape);
    key->append(plain.data(), plain.size());
    if (escape == absl::string_view::npos) return true;
    if (escape + 1 == stem.size() || stem[escape + 1] != kEscapedZero) return false;
    key->push_back(kEscape);
    stem.remove_prefix(escape + 2);
  }
}

absl::string_view StemOf(absl::string_view row_key) {
  if (row_key.size() < 2 + kRevisionBytes) return {};
  const absl::string_view stem = row_key.substr(0, row_key.size() - kRevisionBytes);
  return stem[stem.size() - 2] == kEscape && stem.back() == kTerminator ? stem : absl::string_view();
}

std::string StemRowKey(absl::string_view stem, Revision revision) {
  std::string out;
  out.reserve(stem.size() + kRevisionBytes);
  out.append(stem.data(), stem.size());
  AppendBigEndian(~static_cast<uint64_t>(revision), kRevisionBytes, &out);
  return out;
}

std::string StemEnd(absl::string_view stem) {
  std::string out(stem);
  out.back() = kAfterTerminator;
  return out;
}

void AppendDataRow(const DataRow& row, std::string* out) {
  out->push_back(row.deleted ? kDeleteTag : kPutTag);
  if (row.deleted) return;
  out->reserve(out->size() + row.value.size() + 24);
  AppendVarint(static_cast<uint64_t>(row.create_revision), out);
  AppendVarint(static_cast<uint64_t>(row.version), out);
  AppendSigned(row.lease, out);
  out->append(row.value.data(), row.value.size());
}

std::string EncodeDataRow(const DataRow& row) {
  std::string out;
  AppendDataRow(row, &out);
  return out;
}

bool DecodeDataRow(absl::string_view bytes, DataRow* row) {
  *row = DataRow();
  char tag = 0;
  if (!ReadTag(&bytes, &tag) || (tag != kPutTag && tag != kDeleteTag)) return false;
  row->deleted = tag == kDeleteTag;
  if (row->deleted) return bytes.empty();
  if (!ReadVarint(&bytes, &row->create_revision) || !ReadVarint(&bytes, &row->version) ||
      !ReadSigned(&bytes, &row->lease)) {
    return false;
  }
  row->value = bytes;
  return true;
}

void AppendLogKey(Revision revision, uint32_t place, std::string* out) {
  AppendBigEndian(static_cast<uint64_t>(revision), kRevisionBytes, out);
  if (place > 0) AppendBigEndian(place, kPlaceBytes, out);
}

std::string EncodeLogKey(Revision revision, uint32_t place) {
  std::string out;
  AppendLogKey(revision, place, &out);
  return out;
}

bool DecodeLogKey(absl::string_view row_key, Revision* revision, uint32_t* place) {
  const bool first = row_key.size() == kRevisionBytes;
  if (!first && row_key.size() != kRevisionBytes + kPlaceBytes) return false;
  *revision = static_cast<Revision>(ReadBigEndian(row_key.substr(0, kRevisionBytes)));
  *place = static_cast<uint32_t>(ReadBigEndian(row_key.substr(kRevisionBytes)));
  return *revision > 0 && first == (*place == 0);
}

void AppendLogRow(const LogRow& row, std::string* out) {
  const char tag = row.type == Event::Type::kDelete ? kDeleteTag : kPutTag;
  out->push_back(static_cast<char>(tag | (row.step ? kStepTag : 0)));
  if (row.step) {
    AppendVarint(row.step->changes, out);
    AppendSigned(row.step->time_micros, out);
    AppendVarint(static_cast<uint64_t>(row.step->history_bytes), out);
    AppendVarint(row.step->note.size(), out);
    out->append(row.step->note.data(), row.step->note.size());
  }
  AppendVarint(static_cast<uint64_t>(row.previous_revision), out);
  out->append(row.key.data(), row.key.size());
}

std::string EncodeLogRow(const LogRow& row) {
  std::string out;
  AppendLogRow(row, &out);
  return out;
}

bool DecodeLogRow(absl::string_view bytes, LogRow* row) {
  *row = LogRow();
  char tag = 0;
  if (!ReadTag(&bytes, &tag)) return false;
  if (tag & kStepTag) {
    StepRow& step = row->step.emplace();
    size_t note = 0;
    if (!ReadVarint(&bytes, &step.changes) || step.changes == 0 || !ReadSigned(&bytes, &step.time_micros) ||
        !ReadVarint(&bytes, &step.history_bytes) || !ReadVarint(&bytes, &note) || note > bytes.size()) {
      return false;
    }
    step.note = bytes.substr(0, note);
    bytes.remove_prefix(note);
    tag = static_cast<char>(tag & ~kStepTag);
  }
  if (tag != kPutTag && tag != kDeleteTag) return false;
  row->type = tag == kDeleteTag ? Event::Type::kDelete : Event::Type::kPut;
  if (!ReadVarint(&bytes, &row->previous_revision)) return false;
  row->key = bytes;
  return true;
}

std::string EncodeLeaseKey(LeaseId id) {
  std::string out(1, kLeaseKind);
  AppendBigEndian(static_cast<uint64_t>(id), kRevisionBytes, &out);
  return out;
}

bool DecodeLeaseKey(absl::string_view row_key, LeaseId* id) {
  if (row_key.size() != 1 + kRevisionBytes || row_key.front() != kLeaseKind) return false;
  *id = static_cast<LeaseId>(ReadBigEndian(row_key.substr(1)));
  return *id != 0;
}

std::string EncodeLeaseRow(const Lease& lease) {
  std::string out;
  AppendSigned(absl::ToInt64Microseconds(lease.ttl), &out);
  AppendSigned(ToMicros(lease.deadline), &out);
  return out;
}

bool DecodeLeaseRow(absl::string_view bytes, Lease* lease) {
  int64_t ttl = 0;
  int64_t deadline = 0;
  if (!ReadSigned(&bytes, &ttl) || !ReadSigned(&bytes, &deadline) || !bytes.empty()) return false;
  lease->ttl = ttl == kForever ? absl::InfiniteDuration() : absl::Microseconds(ttl);
  lease->deadline = FromMicros(deadline);
  return true;
}

std::string LeaseRowsBegin() { return std::string(1, kLeaseKind); }

std::string LeaseRowsEnd() { return std::string(1, kLeaseKind + 1); }

std::string EncodeHeldKey(LeaseId id, absl::string_view key) {
  std::string out(1, kHeldKeyKind);
  AppendBigEndian(static_cast<uint64_t>(id), kRevisionBytes, &out);
  out.append(key.data(), key.size());
  return out;
}

std::string HeldKeysEnd(LeaseId id) {
  const uint64_t next = static_cast<uint64_t>(id) + 1;
  if (next == 0) return std::string(1, kHeldKeyKind + 1);
  std::string out(1, kHeldKeyKind);
  AppendBigEndian(next, kRevisionBytes, &out);
  return out;
}

bool DecodeHeldKey(absl::string_view row_key, absl::string_view* key) {
  if (row_key.size() < 1 + kRevisionBytes || row_key.front() != kHeldKeyKind) return false;
  *key = row_key.substr(1 + kRevisionBytes);
  return true;
}

int64_t ToMicros(absl::Time time) { return absl::ToUnixMicros(time); }

absl::Time FromMicros(int64_t micros) {
  return micros == kForever ? absl::InfiniteFuture() : absl::FromUnixMicros(micros);
}

std::string EncodeMetaNumber(int64_t number) { return absl::StrCat(number); }

bool DecodeMetaNumber(absl::string_view bytes, int64_t* number) { return absl::SimpleAtoi(bytes, number); }

}  // namespace kubelite::store
