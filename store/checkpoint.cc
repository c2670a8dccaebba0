#include "store/checkpoint.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/errno_status.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "store/checkpoint_manifest.h"
#include "store/checkpoint_writer.h"
#include "store/durable_state.h"
#include "store/files.h"
#include "store/rocksdb_engine.h"
#include "store/store_directory.h"

namespace kubelite::store {
namespace {

// RocksDB never changes them.
bool IsImmutable(const std::string& name) { return absl::EndsWith(name, ".sst"); }

absl::StatusOr<std::vector<std::string>> FileNames(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    names.push_back(entry.path().filename());
  }
  if (error) return base::ErrnoStatus(error.value(), absl::StrCat("reading ", directory));
  std::sort(names.begin(), names.end());
  return names;
}

absl::Status Damaged(const std::string& path, absl::string_view how) {
  return absl::DataLossError(absl::StrCat("the checkpoint is damaged: ", path, " ", how, "; use another checkpoint"));
}

// That the files are those of the manifest, by name and size.
absl::Status CheckFiles(const std::string& dir, const CheckpointManifest& manifest) {
  std::set<std::string> known;
  for (const CheckpointFile& file : manifest.files) {
    const std::string path = absl::StrCat(DatabasePath(dir), "/", file.name);
    const absl::StatusOr<int64_t> bytes = FileBytes(path);
    if (absl::IsNotFound(bytes.status())) return Damaged(path, "is missing");
    RETURN_IF_ERROR(bytes.status());
    if (*bytes < file.bytes) return Damaged(path, "is too short");
    if (*bytes > file.bytes) return Damaged(path, "is too long");
    known.insert(file.name);
  }
  ASSIGN_OR_RETURN(const std::vector<std::string> names, FileNames(DatabasePath(dir)));
  for (const std::string& name : names) {
    if (!known.contains(name)) return Damaged(absl::StrCat(DatabasePath(dir), "/", name), "is not in the manifest");
  }
  return absl::OkStatus();
}

absl::StatusOr<CheckpointManifest> ReadAndCheckFiles(const std::string& dir) {
  ASSIGN_OR_RETURN(CheckpointManifest manifest, ReadCheckpointManifest(dir));
  RETURN_IF_ERROR(CheckFiles(dir, manifest));
  return manifest;
}

absl::Status CheckHash(const std::string& path, const CheckpointFile& file, const std::string& hash) {
  return hash == file.checksum ? absl::OkStatus() : Damaged(path, "has changed: its checksum does not match");
}

// Copies the verified files, and checks once more what it has read.
absl::Status CopyFiles(const std::string& dir, const CheckpointManifest& manifest, const std::string& target) {
  for (const CheckpointFile& file : manifest.files) {
    const std::string path = absl::StrCat(DatabasePath(dir), "/", file.name);
    ASSIGN_OR_RETURN(const std::string hash, CopyFile(path, absl::StrCat(target, "/", file.name)));
    RETURN_IF_ERROR(CheckHash(path, file, hash));
  }
  return SyncDirectory(target);
}

absl::Status ForkFiles(const std::string& dir, const CheckpointManifest& manifest, const std::string& target) {
  for (const CheckpointFile& file : manifest.files) {
    const std::string from = absl::StrCat(DatabasePath(dir), "/", file.name);
    const std::string to = absl::StrCat(target, "/", file.name);
    RETURN_IF_ERROR(IsImmutable(file.name) ? LinkOrCopyFile(from, to) : CopyFile(from, to).status());
  }
  return SyncDirectory(target);
}

// A directory of files that are being brought in; nothing of an earlier attempt is left.
absl::Status MakeEmpty(const std::string& path) {
  RETURN_IF_ERROR(base::RemoveAll(path));
  return base::MakeDirectories(path, 0700);
}

}  // namespace

absl::StatusOr<CheckpointManifest> ReadCheckpointManifest(const std::string& dir) {
  const std::string path = ManifestPath(dir);
  const absl::StatusOr<std::string> json = base::ReadFile(path);
  if (absl::IsNotFound(json.status())) {
    return absl::FailedPreconditionError(
        absl::StrCat(dir, " is no checkpoint: ", path, " does not exist; name another directory"));
  }
  RETURN_IF_ERROR(json.status());
  return ParseCheckpointManifest(*json, path);
}

absl::StatusOr<CheckpointManifest> VerifyCheckpoint(const std::string& dir) {
  ASSIGN_OR_RETURN(CheckpointManifest manifest, ReadAndCheckFiles(dir));
  for (const CheckpointFile& file : manifest.files) {
    const std::string path = absl::StrCat(DatabasePath(dir), "/", file.name);
    ASSIGN_OR_RETURN(const std::string hash, HashFile(path));
    RETURN_IF_ERROR(CheckHash(path, file, hash));
  }
  return manifest;
}

absl::Status RestoreCheckpoint(const std::string& dir, const std::string& store_directory) {
  ASSIGN_OR_RETURN(const CheckpointManifest manifest, VerifyCheckpoint(dir));
  RETURN_IF_ERROR(PrepareDirectory(store_directory));
  ASSIGN_OR_RETURN(const base::FileLock lock, LockDirectory(store_directory));
  RETURN_IF_ERROR(FinishRestore(store_directory));
  const std::string copying = absl::StrCat(DatabasePath(store_directory), ".restoring");
  RETURN_IF_ERROR(MakeEmpty(copying));
  if (absl::Status copied = CopyFiles(dir, manifest, copying); !copied.ok()) {
    copied.Update(base::RemoveAll(copying));
    return copied;
  }
  return SwapIn(copying, store_directory);
}

absl::Status ForkCheckpoint(const std::string& dir, const std::string& store_directory) {
  ASSIGN_OR_RETURN(const CheckpointManifest manifest, ReadAndCheckFiles(dir));
  RETURN_IF_ERROR(base::MakeDirectories(store_directory, 0700));
  ASSIGN_OR_RETURN(const std::vector<std::string> present, FileNames(store_directory));
  for (const std::string& name : present) {
    // What an earlier attempt has left, if anything.
    if (name == "lock" || name == "db.forking") continue;
    return absl::FailedPreconditionError(
        absl::StrCat(store_directory, " is not empty: it holds ", name, "; choose another directory"));
  }
  ASSIGN_OR_RETURN(const base::FileLock lock, LockDirectory(store_directory));
  const std::string forking = absl::StrCat(DatabasePath(store_directory), ".forking");
  RETURN_IF_ERROR(MakeEmpty(forking));
  absl::Status status = ForkFiles(dir, manifest, forking);
  if (status.ok()) status = Rename(forking, DatabasePath(store_directory));
  if (!status.ok()) {
    status.Update(base::RemoveAll(forking));
    return status;
  }
  return SyncDirectory(store_directory);
}

}  // namespace kubelite::store
