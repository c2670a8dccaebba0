#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace kubelite::etcd {

// The bytes of a snapshot, as `etcdctl snapshot save` writes them into a file: a tar archive (ustar; its length a
// multiple of 512) of a checkpoint (store/checkpoint.h) with the members manifest.json and db/<file>, then the SHA-256
// of the archive (32 bytes), where etcdctl expects the sum of etcd's own format.
class SnapshotArchive {
 public:
  // Lists the checkpoint `dir`; reads it later, in Next.
  static absl::StatusOr<std::unique_ptr<SnapshotArchive>> Open(const std::string& dir);
  virtual ~SnapshotArchive() = default;
  virtual int64_t remaining() const = 0;  // bytes that Next will still return
  // At most `max` bytes; empty at the end.
  virtual absl::StatusOr<std::string> Next(size_t max) = 0;
};

// Writes the checkpoint in `file` into the absent directory `dir`. DataLoss when the file is cut or changed,
// InvalidArgument when it is no such archive; each names the file. Nothing is left behind then.
absl::Status ExtractSnapshot(const std::string& file, const std::string& dir);

}  // namespace kubelite::etcd
