#pragma once

#include "absl/status/statusor.h"
#include "apiserver/rest/remote/call.h"
#include "apiserver/rest/url.h"
#include "common/http/message.h"
#include "kubelite/v1/api.pb.h"

namespace kubelite::apiserver {

// What exec or attach asks for in its query. BadRequest names the parameter.
absl::StatusOr<kubelite::v1::StreamOpen> ReadCommand(const Url& url, absl::string_view subresource);

// The protocol that client and server both speak, as upstream chooses it. BadRequest when the request is no upgrade, or
// names no protocol that is served. `command` is an exec or attach.
absl::StatusOr<Upgrade> NegotiateCommand(const http::Request& request, const kubelite::v1::StreamOpen& command);
absl::StatusOr<Upgrade> NegotiatePortForward(const http::Request& request, const Url& url);

}  // namespace kubelite::apiserver
