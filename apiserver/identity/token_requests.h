#pragma once

#include <memory>
#include <vector>

#include "apiserver/identity/service_account_tokens.h"
#include "apiserver/registry/resource_def.h"

namespace kubelite::apiserver {

// Lets the rows for service accounts and token reviews use `tokens`, which outlives the registry's requests. It may
// still be null when it is given, since it needs the registry, and is read with each request.
void AddTokenRequests(const std::unique_ptr<ServiceAccountTokens>* tokens, std::vector<ResourceDef>* resources);

}  // namespace kubelite::apiserver
