#pragma once

// The encoders by encoding; for this folder's .cc files only.

#include "apiserver/rest/encode.h"

namespace kubelite::apiserver {

std::unique_ptr<ObjectEncoder> NewJsonEncoder(const Registry* registry, const Request* request, const Media& media,
                                              std::string include_object);
std::unique_ptr<ObjectEncoder> NewProtobufEncoder(const Request* request, const Media& media);

k8s::meta::v1::ListMeta ListMetaOf(const Registry::List& list);

}  // namespace kubelite::apiserver
