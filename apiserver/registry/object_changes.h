#pragma once

#include <string>
#include <vector>

#include "common/api/object.h"

namespace kubelite::apiserver {

// Generic edits and comparisons of objects by reflection.

// Same content, whatever order maps are in. metadata.resourceVersion does not count.
bool SameContent(const api::Object& a, const api::Object& b);
// Same value at a path such as "spec" or "metadata.annotations"; a path that the kind does not have is the same.
bool SameAt(const api::Object& a, const api::Object& b, const std::string& path);
bool SameAtAll(const api::Object& a, const api::Object& b, const std::vector<std::string>& paths);

bool HasStatus(const api::Object& object);
void ClearStatus(api::Object* object);
// Makes the status of `object` that of `from`.
void KeepStatus(api::Object* object, const api::Object& from);
// Makes everything but status and metadata of `object` that of `from`.
void KeepAllButStatus(api::Object* object, const api::Object& from);

}  // namespace kubelite::apiserver
