#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "apiserver/registry/registry_state.h"

namespace kubelite::apiserver {

// Server-side apply: updates the named object, or creates it. Internal to this folder.
absl::StatusOr<api::ObjectPtr> RunApply(Registry& registry, Registry::State& state, const ResourceDef& def,
                                        const Request& request, std::vector<std::string>* warnings);

}  // namespace kubelite::apiserver
