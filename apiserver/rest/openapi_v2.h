#pragma once

#include <string>

#include "apiserver/rest/openapi_schema.h"

namespace kubelite::apiserver {

// The Swagger 2.0 document of the resources that `schema` (of version 2) was given, as JSON and as gnostic's protobuf
// message openapi.v2.Document.
std::string SwaggerJson(OpenApiSchema* schema);
std::string SwaggerProtobuf(OpenApiSchema* schema);

}  // namespace kubelite::apiserver
