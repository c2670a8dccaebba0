#pragma once

#include "apiserver/registry/resource_def.h"
#include "common/api/errors.h"
#include "common/api/object.h"

namespace kubelite::apiserver {

// The rules every object's metadata obeys (upstream: apimachinery/pkg/api/validation/objectmeta.go), with upstream's
// texts.
void ValidateMetadata(const ResourceDef& def, const api::Object& object, api::FieldErrors* errors);
// What an update may not change. The server-owned fields have been carried over from `old` where the new object leaves
// them unset.
void ValidateMetadataUpdate(const api::Object& object, const api::Object& old, api::FieldErrors* errors);

}  // namespace kubelite::apiserver
