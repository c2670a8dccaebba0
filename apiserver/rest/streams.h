#pragma once

// Answers that last: watches and logs; for this folder's .cc files only.

#include <string>

#include "apiserver/rest/event_cache.h"
#include "apiserver/rest/media.h"
#include "apiserver/rest/url.h"
#include "apiserver/server.h"
#include "common/base/executor.h"
#include "common/http/message.h"

namespace kubelite::apiserver {

// What streams work with; outlives them.
struct StreamContext {
  Server* server = nullptr;
  base::Executor* executor = nullptr;
  EventCache* events = nullptr;
};

// Opens it on the executor, and sends it at the client's pace until the client goes or it ends. An error before its
// start is answered as a Status.
void StreamWatch(const StreamContext& context, Request request, const Media& media, const std::string& include_object,
                 http::ExchangePtr exchange);
void StreamLog(const StreamContext& context, Request request, const Url& url, http::ExchangePtr exchange);

// The answer that tells an error.
http::Response ErrorResponse(const absl::Status& error, Media::Encoding encoding);

}  // namespace kubelite::apiserver
