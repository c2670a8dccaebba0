#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "apiserver/server.h"
#include "common/client/client.h"

namespace kubelite::apiserver {

// A streaming subresource as the blocking byte stream that clients read.
absl::StatusOr<std::unique_ptr<client::ByteStream>> OpenInProcessStream(Server* server, Request* request,
                                                                        const kubelite::v1::StreamOpen& open);

}  // namespace kubelite::apiserver
