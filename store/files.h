#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace kubelite::store {

// Files of a database, whole. Errors carry the path.

// The checksum that checkpoints use, over bytes that come in pieces.
class Hasher {
 public:
  Hasher();
  ~Hasher();
  void Update(absl::string_view bytes);
  std::string Finish() const;  // "xxh3:<16 hex digits>"

 private:
  struct State;
  const std::unique_ptr<State> state_;
};
std::string HashBytes(absl::string_view bytes);

absl::StatusOr<std::string> HashFile(const std::string& path);
// Copies the bytes and syncs them. Returns their checksum.
absl::StatusOr<std::string> CopyFile(const std::string& from, const std::string& to);
// A second name for the same file, or a copy where there can be none.
absl::Status LinkOrCopyFile(const std::string& from, const std::string& to);
// NotFound when absent.
absl::StatusOr<int64_t> FileBytes(const std::string& path);
bool Exists(const std::string& path);  // of any kind, also a dangling link
// Renames are durable after the directory that holds the name is synced.
absl::Status Rename(const std::string& from, const std::string& to);
absl::Status SyncDirectory(const std::string& path);

}  // namespace kubelite::store
