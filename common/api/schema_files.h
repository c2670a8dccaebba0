#pragma once

#include <vector>

#include "google/protobuf/descriptor.h"

namespace kubelite::api {

// Every file of the Kubernetes schema, in a fixed order. Naming each one keeps the linker from dropping it.
std::vector<const google::protobuf::FileDescriptor*> SchemaFiles();

}  // namespace kubelite::api
