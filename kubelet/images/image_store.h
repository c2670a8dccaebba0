#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/image/manifest.h"

namespace kubelite::kubelet {

struct StoredImage {
  image::Manifest manifest;
  std::string reference;  // short form, e.g. kube-lite/hello:1
  std::string id;         // sha256:<hex> of the manifest
  int64_t size = 0;       // bytes of the manifest
};

// The images of a node: a directory of manifests (common/image). Image `host` is always there. The directory is read at
// each call, so images that others add are seen at once. Thread-safe; blocks on the disk.
class ImageStore {
 public:
  explicit ImageStore(std::string directory) : directory_(std::move(directory)) {}

  // NotFound when there is no such image, InvalidArgument when the name or its manifest is malformed,
  // FailedPrecondition when this runtime cannot run it.
  absl::StatusOr<StoredImage> Find(const std::string& reference) const;
  // By name. Manifests that cannot be read are left out and logged.
  std::vector<StoredImage> List() const;
  // NotFound when absent; FailedPrecondition for `host`.
  absl::Status Remove(const std::string& reference) const;
  const std::string& directory() const { return directory_; }

 private:
  const std::string directory_;
};

}  // namespace kubelite::kubelet
