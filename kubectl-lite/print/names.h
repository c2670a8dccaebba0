#pragma once

#include <string>

#include "common/api/scheme.h"

namespace kubelite::cli {

// "deployment.apps/hello": how kubectl names an object in its answers.
std::string ObjectName(const api::ResourceInfo& resource, const std::string& name);
// `deployment.apps "hello"`, as in `... deleted`.
std::string QuotedName(const api::ResourceInfo& resource, const std::string& name);

}  // namespace kubelite::cli
