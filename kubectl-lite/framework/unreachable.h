#pragma once

#include <string>

#include "common/client/grpc_client.h"

namespace kubelite::cli {

// What a person can do about an API server that does not answer. Servers close the connection on a client whose
// certificate they do not trust without a word, so that is looked for here.
std::string UnreachableHint(const client::GrpcClientOptions& options);

}  // namespace kubelite::cli
