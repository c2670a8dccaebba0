#pragma once

#include <atomic>

#include "apiserver/identity/bearer_tokens.h"
#include "apiserver/identity/identities.h"
#include "apiserver/rest/discovery.h"
#include "apiserver/rest/encode.h"
#include "apiserver/rest/event_cache.h"
#include "apiserver/rest/media.h"
#include "apiserver/rest/openapi.h"
#include "apiserver/rest/url.h"
#include "apiserver/server.h"
#include "common/base/executor.h"
#include "common/base/random.h"
#include "common/http/message.h"

namespace kubelite::apiserver {

// The Kubernetes REST protocol over any HTTP server: turns requests into the server's, and its answers into documents.
// Knows no kinds. Thread-safe.
class RestService {
 public:
  // All outlive it; `tokens` may be null. No exchange may be held any more when it goes.
  RestService(Server* server, base::Executor* executor, base::Random* random, const BearerTokens* tokens = nullptr);

  // For an HTTP server's loops: never blocks; requests run on the executor.
  void Handle(http::Request request, http::ExchangePtr exchange);
  // From now on /readyz fails, so that nobody new is sent here.
  void BeginStop() { stopping_ = true; }

 private:
  struct Call;
  void Serve(Call& call);
  // What verifiers of service account tokens need.
  std::optional<Document> FindTokenDocument(const Url& url) const;
  void Identify(Call& call);
  // Answers a non-resource URL, if the filters let it pass.
  void ServeAt(Call& call, const std::function<http::Response()>& answer);
  bool ServeOpenApi(Call& call);  // false when the path is none of its documents
  void ServeDocument(Call& call, Document document);
  void ServePath(Call& call);  // what is neither a document nor a resource
  void ServeResource(Call& call);
  std::unique_ptr<ObjectEncoder> EncoderFor(const Call& call) const;
  http::Response AnswerList(Call& call);
  http::Response AnswerDeleteCollection(Call& call);
  http::Response AnswerOne(Call& call);

  Server* const server_;
  base::Executor* const executor_;
  base::Random* const random_;
  const BearerTokens* const tokens_;
  const Discovery discovery_;
  const OpenApi open_api_;
  Identities identities_;
  EventCache events_;
  std::atomic<bool> stopping_{false};
};

}  // namespace kubelite::apiserver
