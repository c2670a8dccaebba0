#include "apiserver/snapshots/snapshot_commands.h"

#include <dirent.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "apiserver/snapshots/adopt.h"
#include "common/base/file.h"
#include "common/base/options.h"
#include "common/base/status_macros.h"
#include "store/checkpoint.h"
#include "store/store.h"

namespace kubelite::apiserver {
namespace {

std::string NameOf(const std::string& directory) { return directory.substr(directory.rfind('/') + 1); }

std::vector<std::string> Subdirectories(const std::string& path) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(path.c_str()), closedir);
  if (directory == nullptr) return names;
  while (const dirent* entry = readdir(directory.get())) {
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

void Text(const char* name, const std::string& value, rapidjson::Writer<rapidjson::StringBuffer>* writer) {
  writer->Key(name);
  writer->String(value.c_str(), static_cast<rapidjson::SizeType>(value.size()));
}

// One line.
std::string Describe(const std::string& directory, const absl::StatusOr<store::CheckpointManifest>& manifest) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  writer.StartObject();
  Text("name", NameOf(directory), &writer);
  if (manifest.ok()) {
    int64_t bytes = 0;
    for (const store::CheckpointFile& file : manifest->files) bytes += file.bytes;
    writer.Key("revision");
    writer.Int64(manifest->revision);
    writer.Key("createdMicros");
    writer.Int64(absl::ToUnixMicros(manifest->created));
    writer.Key("bytes");
    writer.Int64(bytes);
  } else {
    Text("problem", std::string(manifest.status().message()), &writer);
  }
  writer.EndObject();
  return absl::StrCat(buffer.GetString(), "\n");
}

absl::Status CheckFlags(const SnapshotOptions& options, bool writes) {
  base::ProblemList problems;
  problems.Require(!options.from.empty(), "--from", "must name the directory of a snapshot");
  problems.Require(!writes || !options.data_dir.empty(), "--data-dir", "must name the directory of the database");
  problems.Require(!writes || !options.nodes.empty(), "--nodes", "must name the nodes of the cluster");
  return problems.ToStatus();
}

absl::Status OpenAndAdopt(const SnapshotOptions& options, const base::Clock& clock) {
  ASSIGN_OR_RETURN(const std::unique_ptr<store::Store> store, store::OpenRocksDb({.directory = options.data_dir}));
  return AdoptStore(*store, options.nodes, clock.Now());
}

}  // namespace

absl::StatusOr<std::string> ListSnapshots(const SnapshotOptions& options) {
  if (options.snapshot_dir.empty()) return absl::InvalidArgumentError("--snapshot-dir must name a directory");
  std::string lines;
  for (const std::string& name : Subdirectories(options.snapshot_dir)) {
    const std::string directory = absl::StrCat(options.snapshot_dir, "/", name);
    absl::StrAppend(&lines, Describe(directory, store::ReadCheckpointManifest(directory)));
  }
  return lines;
}

absl::StatusOr<std::string> VerifySnapshot(const SnapshotOptions& options) {
  RETURN_IF_ERROR(CheckFlags(options, false));
  ASSIGN_OR_RETURN(const store::CheckpointManifest manifest, store::VerifyCheckpoint(options.from));
  return Describe(options.from, manifest);
}

absl::StatusOr<std::string> RestoreSnapshot(const SnapshotOptions& options, const base::Clock& clock) {
  RETURN_IF_ERROR(CheckFlags(options, true));
  RETURN_IF_ERROR(store::RestoreCheckpoint(options.from, options.data_dir));
  RETURN_IF_ERROR(OpenAndAdopt(options, clock));
  return Describe(options.from, store::ReadCheckpointManifest(options.from));
}

absl::StatusOr<std::string> ForkSnapshot(const SnapshotOptions& options, const base::Clock& clock) {
  RETURN_IF_ERROR(CheckFlags(options, true));
  const bool made = access(options.data_dir.c_str(), F_OK) != 0;
  absl::Status status = store::ForkCheckpoint(options.from, options.data_dir);
  if (status.ok()) status = OpenAndAdopt(options, clock);
  if (!status.ok()) {
    if (made) base::RemoveAll(options.data_dir).IgnoreError();
    return status;
  }
  return Describe(options.from, store::ReadCheckpointManifest(options.from));
}

}  // namespace kubelite::apiserver
