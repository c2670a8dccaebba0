#pragma once

#include "apiserver/rest/url.h"
#include "apiserver/server.h"
#include "common/base/executor.h"
#include "common/http/message.h"

namespace kubelite::apiserver {

// Whether the subresource of a pod is one of those that take over the client's connection.
bool IsRemote(const Request& request);

// Serves exec, attach or portforward of a pod: upgrades the connection to WebSocket or SPDY/3.1, and connects its
// streams with the pod's node. Errors before the upgrade are answered as a Status. Does not block.
void ServeRemote(Server* server, base::Executor* executor, Request request, const Url& url, const http::Request& http,
                 http::ExchangePtr exchange);

}  // namespace kubelite::apiserver
