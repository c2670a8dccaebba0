#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace kubelite::image {

// An image of the process runtime: the fields of an OCI image config, and a root instead of layers. On disk a JSON
// object with the members reference, Entrypoint, Cmd, Env, WorkingDir, User, ExposedPorts, Labels (OCI's names) and
// root.
struct Manifest {
  std::string reference;  // as written; see ParseReference
  std::vector<std::string> entrypoint;
  std::vector<std::string> cmd;
  std::vector<std::string> env;  // NAME=value
  std::string working_dir;
  std::string user;                        // uid[:gid]
  std::vector<std::string> exposed_ports;  // "8080/tcp"
  std::vector<std::pair<std::string, std::string>> labels;
  std::string root = "host";  // the host's own files; a directory is for images with a root of their own
};

// The file's text. Members that are empty are left out.
std::string FormatManifest(const Manifest& manifest);
// InvalidArgument naming the member that is missing, unknown or of the wrong type.
absl::StatusOr<Manifest> ParseManifest(absl::string_view json);

// The file of an image in a node's image directory. InvalidArgument when `reference` is not a valid name.
absl::StatusOr<std::string> ManifestFileName(absl::string_view reference);
// Adds or replaces the image `manifest.reference` in `directory`, which is created when absent. Atomic: a kubelet that
// reads the directory at the same time sees the old or the new manifest. Blocks on the disk.
absl::Status WriteImageManifest(const std::string& directory, const Manifest& manifest);

}  // namespace kubelite::image
