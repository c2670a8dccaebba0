#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/api/scheme.h"
#include "common/api/yaml.h"
#include "kubectl-lite/commands/command.h"

namespace kubelite::cli {

// What a command's words name: `pods`, `pods a b`, `pod/a deploy/b`, `deploy,rs`, `all`.
struct Selection {
  const api::ResourceInfo* resource = nullptr;
  std::vector<std::string> names;  // empty: all
};
// Usage errors and `the server doesn't have a resource type "x"`.
absl::StatusOr<std::vector<Selection>> ParseSelections(const std::vector<std::string>& words);
// "deployment.apps/hello": how kubectl names an object in its answers.
std::string ObjectName(const api::ResourceInfo& resource, const std::string& name);

// One object of a manifest, ready to be sent.
struct ManifestObject {
  const api::ResourceInfo* resource = nullptr;
  api::ObjectKey key;  // namespace filled in for namespaced kinds; name may be empty (generateName)
  std::string json;
  std::string source;  // file and line, for errors
};
// Reads files, folders (*.yaml *.yml *.json, with `recursive` below them too) and "-" (standard input). All documents are checked
// before anything is returned; every problem is reported, joined by newlines.
absl::StatusOr<std::vector<ManifestObject>> ReadManifests(const std::vector<std::string>& paths, bool recursive,
                                                          const Session& session, const Args& args, Context& context);

// Prints an API or client error as kubectl does: `Error from server (NotFound): ...` or `error: ...`.
std::string ErrorText(const absl::Status& status, const std::string& server);

}  // namespace kubelite::cli
