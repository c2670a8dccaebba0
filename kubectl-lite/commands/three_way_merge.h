#pragma once

#include <rapidjson/document.h>

#include "google/protobuf/descriptor.h"

namespace kubelite::cli {

// Changes `current` (the object as it is) to what `modified` (the manifest) says: removes what `original` (the manifest
// before) had and `modified` has not, sets what `modified` has, keeps the rest. Lists with a merge key in the schema
// are merged element by element, "merge" lists of plain values as sets; other lists are replaced. A null in `modified`
// removes the member.
void ThreeWayMerge(const google::protobuf::Descriptor& type, const rapidjson::Value& original,
                   const rapidjson::Value& modified, rapidjson::Value* current,
                   rapidjson::Document::AllocatorType& allocator);

}  // namespace kubelite::cli
