#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "common/api/object.h"
#include "common/api/scheme.h"

namespace kubelite::apiserver {

// Store keys: /registry/<group>/<resource>/<namespace>/<name>, without the namespace for cluster-scoped kinds. The core
// group is written "core".

// "/registry/apps/deployments/": everything of a resource.
std::string ResourcePrefix(const api::ResourceInfo& info);
// The same, narrowed to a namespace when the kind has namespaces and `name_space` is not empty.
std::string CollectionPrefix(const api::ResourceInfo& info, absl::string_view name_space);
std::string StoreKey(const api::ResourceInfo& info, const api::ObjectKey& key);

}  // namespace kubelite::apiserver
