#pragma once

#include "kubelite/v1/api.pb.h"

namespace kubelite::apiserver {

// The level of the Kubernetes API that is served, and this program's own version and build.
kubelite::v1::VersionInfo ServerVersion();

}  // namespace kubelite::apiserver
