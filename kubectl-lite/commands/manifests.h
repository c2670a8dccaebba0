#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/api/scheme.h"
#include "kubectl-lite/framework/command.h"

namespace kubelite::cli {

// One object of a manifest, ready to be sent.
struct ManifestObject {
  const api::ResourceInfo* resource = nullptr;
  api::ObjectKey key;  // namespace filled in for namespaced kinds; name may be empty (generateName)
  std::string json;
  std::string source;  // file and line, for errors
};

// -f and -R.
std::vector<Flag> ManifestFlags();
// Reads what -f names: files, folders (*.yaml *.yml *.json, with -R below them too) and "-" (standard input). All
// documents are checked before anything is returned; every problem is reported with its file and line, joined by
// newlines.
absl::StatusOr<std::vector<ManifestObject>> ReadManifests(const Args& args, const Session& session, Context& context);

}  // namespace kubelite::cli
