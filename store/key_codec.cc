#include "store/key_codec.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace kubelite::store {
namespace {

constexpr char kEscape = '\x00';
constexpr char kEscapedZero = '\xff';
constexpr char kTerminator = '\x01';
constexpr char kAfterTerminator = '\x02';
constexpr size_t kRevisionBytes = 8;

constexpr char kPutTag = 1;
constexpr char kDeleteTag = 2;

void AppendEscaped(absl::string_view key, std::string* out) {
  for (const char c : key) {
    out->push_back(c);
    if (c == kEscape) out->push_back(kEscapedZero);
  }
}

void AppendBigEndian(uint64_t number, std::string* out) {
  for (int shift = 56; shift >= 0; shift -= 8) out->push_back(static_cast<char>(number >> shift));
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

// Takes a revision off the front of `bytes`.
bool ReadVarint(absl::string_view* bytes, Revision* revision) {
  uint64_t number = 0;
  for (int shift = 0; shift < 63 && !bytes->empty(); shift += 7) {
    const uint8_t byte = static_cast<uint8_t>(bytes->front());
    bytes->remove_prefix(1);
    number |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) {
      *revision = static_cast<Revision>(number);
      return true;
    }
  }
  return false;
}

bool ReadTag(absl::string_view* bytes, bool* deleted) {
  if (bytes->empty() || (bytes->front() != kPutTag && bytes->front() != kDeleteTag)) return false;
  *deleted = bytes->front() == kDeleteTag;
  bytes->remove_prefix(1);
  return true;
}

}  // namespace

std::string EncodeDataKey(absl::string_view key, Revision revision) {
  std::string out;
  out.reserve(key.size() + 2 + kRevisionBytes);
  AppendEscaped(key, &out);
  out.push_back(kEscape);
  out.push_back(kTerminator);
  AppendBigEndian(~static_cast<uint64_t>(revision), &out);
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

std::string EncodeDataPrefixEnd(absl::string_view prefix) {
  std::string out = EncodeDataLowerBound(prefix);
  while (!out.empty() && out.back() == '\xff') out.pop_back();
  if (!out.empty()) out.back() = static_cast<char>(static_cast<uint8_t>(out.back()) + 1);
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
  if (!SplitDataKey(row_key, &stem, revision)) return false;
  stem.remove_suffix(2);
  key->clear();
  key->reserve(stem.size());
  for (size_t i = 0; i < stem.size(); ++i) {
    key->push_back(stem[i]);
    if (stem[i] != kEscape) continue;
    if (++i == stem.size() || stem[i] != kEscapedZero) return false;
  }
  return true;
}

std::string StemRowKey(absl::string_view stem, Revision revision) {
  std::string out;
  out.reserve(stem.size() + kRevisionBytes);
  out.append(stem.data(), stem.size());
  AppendBigEndian(~static_cast<uint64_t>(revision), &out);
  return out;
}

std::string StemEnd(absl::string_view stem) {
  std::string out(stem);
  out.back() = kAfterTerminator;
  return out;
}

std::string EncodeDataRow(const DataRow& row) {
  std::string out;
  out.reserve(row.value.size() + 10);
  out.push_back(row.deleted ? kDeleteTag : kPutTag);
  if (row.deleted) return out;
  AppendVarint(static_cast<uint64_t>(row.create_revision), &out);
  out.append(row.value.data(), row.value.size());
  return out;
}

bool DecodeDataRow(absl::string_view bytes, DataRow* row) {
  *row = DataRow();
  if (!ReadTag(&bytes, &row->deleted)) return false;
  if (row->deleted) return bytes.empty();
  if (!ReadVarint(&bytes, &row->create_revision)) return false;
  row->value = bytes;
  return true;
}

std::string EncodeLogKey(Revision revision) {
  std::string out;
  out.reserve(kRevisionBytes);
  AppendBigEndian(static_cast<uint64_t>(revision), &out);
  return out;
}

bool DecodeLogKey(absl::string_view row_key, Revision* revision) {
  if (row_key.size() != kRevisionBytes) return false;
  *revision = static_cast<Revision>(ReadBigEndian(row_key));
  return *revision > 0;
}

std::string EncodeLogRow(const LogRow& row) {
  std::string out;
  out.reserve(row.key.size() + 16);
  out.push_back(row.type == Event::Type::kDelete ? kDeleteTag : kPutTag);
  AppendVarint(static_cast<uint64_t>(row.create_revision), &out);
  AppendVarint(static_cast<uint64_t>(row.previous_revision), &out);
  out.append(row.key.data(), row.key.size());
  return out;
}

bool DecodeLogRow(absl::string_view bytes, LogRow* row) {
  bool deleted = false;
  if (!ReadTag(&bytes, &deleted)) return false;
  row->type = deleted ? Event::Type::kDelete : Event::Type::kPut;
  if (!ReadVarint(&bytes, &row->create_revision) || !ReadVarint(&bytes, &row->previous_revision)) return false;
  row->key = bytes;
  return true;
}

std::string EncodeMetaNumber(int64_t number) { return absl::StrCat(number); }

bool DecodeMetaNumber(absl::string_view bytes, int64_t* number) { return absl::SimpleAtoi(bytes, number); }

}  // namespace kubelite::store
