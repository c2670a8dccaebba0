#include "store/checkpoint_manifest.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "simdjson.h"
#include "store/files.h"

namespace kubelite::store {
namespace {

constexpr int kFormat = 1;
constexpr char kTimeFormat[] = "%Y-%m-%dT%H:%M:%E*SZ";

using simdjson::dom::element;

absl::Status Damaged(absl::string_view what) { return absl::DataLossError(what); }

// What the checksum of the manifest covers.
std::string FormatContent(const CheckpointManifest& manifest) {
  std::string out =
      absl::StrCat("{\n  \"format\": ", manifest.format, ",\n  \"revision\": ", manifest.revision,
                   ",\n  \"compacted\": ", manifest.compacted, ",\n  \"created\": \"",
                   absl::FormatTime(kTimeFormat, manifest.created, absl::UTCTimeZone()), "\",\n  \"files\": [");
  absl::string_view separator = "\n";
  for (const CheckpointFile& file : manifest.files) {
    absl::StrAppend(&out, separator, "    {\"name\": \"", file.name, "\", \"bytes\": ", file.bytes,
                    ", \"checksum\": \"", file.checksum, "\"}");
    separator = ",\n";
  }
  absl::StrAppend(&out, "\n  ],\n");
  return out;
}

// Just what an object must have: each member once, and nothing else.
absl::Status CheckMembers(const element& object, std::set<absl::string_view> names) {
  simdjson::dom::object members;
  if (object.get(members) != simdjson::SUCCESS) return Damaged("it is no object");
  for (const auto& member : members) {
    if (names.erase(absl::string_view(member.key.data(), member.key.size())) == 0) {
      return Damaged(absl::StrCat("member \"", std::string(member.key), "\" is unknown or there twice"));
    }
  }
  if (!names.empty()) return Damaged(absl::StrCat("member \"", *names.begin(), "\" is missing"));
  return absl::OkStatus();
}

absl::StatusOr<int64_t> ReadNumber(const element& object, const char* name) {
  int64_t number = 0;
  if (object[name].get(number) != simdjson::SUCCESS || number < 0) {
    return Damaged(absl::StrCat("member \"", name, "\" is no number from 0 up"));
  }
  return number;
}

absl::StatusOr<std::string> ReadText(const element& object, const char* name) {
  std::string_view text;
  if (object[name].get(text) != simdjson::SUCCESS) return Damaged(absl::StrCat("member \"", name, "\" is no string"));
  return std::string(text);
}

bool IsFileName(absl::string_view name) {
  const auto plain = [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.';
  };
  return !name.empty() && name.front() != '.' && std::all_of(name.begin(), name.end(), plain);
}

absl::StatusOr<CheckpointFile> ReadFileEntry(const element& entry) {
  RETURN_IF_ERROR(CheckMembers(entry, {"name", "bytes", "checksum"}));
  CheckpointFile file;
  ASSIGN_OR_RETURN(file.name, ReadText(entry, "name"));
  ASSIGN_OR_RETURN(file.bytes, ReadNumber(entry, "bytes"));
  ASSIGN_OR_RETURN(file.checksum, ReadText(entry, "checksum"));
  if (!IsFileName(file.name)) return Damaged("a file has no plain name");
  return file;
}

absl::StatusOr<CheckpointManifest> ReadContent(const element& root) {
  CheckpointManifest manifest;
  ASSIGN_OR_RETURN(const int64_t format, ReadNumber(root, "format"));
  if (format > kFormat) {
    return absl::FailedPreconditionError(absl::StrCat("the checkpoint has format ", format,
                                                      ", this program reads format ", kFormat,
                                                      "; use the kube-lite version that wrote it, or a newer one"));
  }
  RETURN_IF_ERROR(CheckMembers(root, {"format", "revision", "compacted", "created", "files", "checksum"}));
  manifest.format = static_cast<int>(format);
  ASSIGN_OR_RETURN(manifest.revision, ReadNumber(root, "revision"));
  ASSIGN_OR_RETURN(manifest.compacted, ReadNumber(root, "compacted"));
  ASSIGN_OR_RETURN(const std::string created, ReadText(root, "created"));
  std::string error;
  if (!absl::ParseTime(kTimeFormat, created, absl::UTCTimeZone(), &manifest.created, &error)) {
    return Damaged(absl::StrCat("member \"created\": ", error));
  }
  simdjson::dom::array files;
  if (root["files"].get(files) != simdjson::SUCCESS) return Damaged("member \"files\" is no list");
  std::set<std::string> names;
  for (const element& entry : files) {
    ASSIGN_OR_RETURN(CheckpointFile file, ReadFileEntry(entry));
    if (!names.insert(file.name).second) return Damaged(absl::StrCat("file ", file.name, " is there twice"));
    manifest.files.push_back(std::move(file));
  }
  ASSIGN_OR_RETURN(const std::string checksum, ReadText(root, "checksum"));
  if (checksum != HashBytes(FormatContent(manifest))) return Damaged("its checksum does not match what it says");
  return manifest;
}

}  // namespace

std::string FormatCheckpointManifest(const CheckpointManifest& manifest) {
  CheckpointManifest written = manifest;
  written.format = kFormat;
  const std::string content = FormatContent(written);
  return absl::StrCat(content, "  \"checksum\": \"", HashBytes(content), "\"\n}\n");
}

absl::StatusOr<CheckpointManifest> ParseCheckpointManifest(absl::string_view json, absl::string_view path) {
  simdjson::dom::parser parser;
  element root;
  absl::StatusOr<CheckpointManifest> manifest = CheckpointManifest();
  if (const auto error = parser.parse(json.data(), json.size()).get(root); error != simdjson::SUCCESS) {
    manifest = Damaged(simdjson::error_message(error));
  } else {
    manifest = ReadContent(root);
  }
  if (absl::IsDataLoss(manifest.status())) {
    return absl::DataLossError(
        absl::StrCat("the manifest ", path, " is damaged: ", manifest.status().message(), "; use another checkpoint"));
  }
  if (!manifest.ok()) return base::Annotate(manifest.status(), path);
  return manifest;
}

}  // namespace kubelite::store
