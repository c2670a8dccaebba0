#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/api/scheme.h"
#include "kubectl-lite/framework/command.h"

namespace kubelite::cli {

// What a command's words name: `pods`, `pods a b`, `pod/a deploy/b`, `deploy,rs`, `all`.
struct Selection {
  const api::ResourceInfo* resource = nullptr;
  std::vector<std::string> names;  // empty: all
};
// Usage errors and `the server doesn't have a resource type "x"`.
absl::StatusOr<std::vector<Selection>> ParseSelections(const std::vector<std::string>& words);

// A usage error for a --selector or --field-selector that cannot be read.
absl::Status CheckSelectors(const Args& args);

// One object that a command acts on.
struct Target {
  const api::ResourceInfo* resource = nullptr;
  api::ObjectKey key;
  std::string source;     // file and line, when it was named by a file
  api::ObjectPtr object;  // when it was listed
};
// The flags that FindTargets reads: -f, -R, -l, --field-selector, --all and, for kinds with namespaces, -A.
std::vector<Flag> TargetFlags();
// The objects named by words or files, or listed by -l, --field-selector or --all. Named objects are not read: they may
// be missing. Usage errors for words without names and without a selector.
absl::StatusOr<std::vector<Target>> FindTargets(const Args& args, const Session& session, Context& context);

}  // namespace kubelite::cli
