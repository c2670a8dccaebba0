#include "apiserver/transport/grpc_calls.h"

#include <grpcpp/server_context.h>

#include <utility>

#include "apiserver/transport/grpc_codec.h"
#include "apiserver/transport/grpc_identity.h"
#include "common/base/thread_pool.h"

namespace kubelite::apiserver {
OpenStreams::Id OpenStreams::Add(std::function<void()> end) {
  {
    base::MutexLock lock(&mutex_);
    if (!ended_) {
      open_.emplace(next_, std::move(end));
      return next_++;
    }
  }
  end();
  return 0;
}

void OpenStreams::Remove(Id id) {
  base::MutexLock lock(&mutex_);
  open_.erase(id);
}

void OpenStreams::EndAll() {
  base::MutexLock lock(&mutex_);
  ended_ = true;
  // With the lock, so that Remove waits: after it the stream may be destroyed.
  for (const auto& [id, end] : open_) end();
  open_.clear();
}

void CallContext::Identify(const grpc::CallbackServerContext& context, Request* request) const {
  request->user = identities->Of(PeerCertificate(context));
  request->source_address = context.peer();
  const auto agent = context.client_metadata().find("user-agent");
  if (agent != context.client_metadata().end()) {
    request->user_agent = std::string(agent->second.data(), agent->second.size());
  }
}

grpc::ServerUnaryReactor* RunUnary(CallContext* calls, grpc::CallbackServerContext* context, Request request,
                                   std::function<absl::Status(Request* request)> act) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const absl::Status entered = calls->server->Enter();
  if (!entered.ok()) {
    calls->server->Leave();
    reactor->Finish(ToGrpcStatus(entered));
    return reactor;
  }
  calls->Identify(*context, &request);
  calls->executor->Post([calls, reactor, request = std::move(request), act = std::move(act)]() mutable {
    // The answer goes out before watchers of what was written take the processor.
    base::ThreadPool::WakeBatch batch;
    const grpc::Status status = ToGrpcStatus(act(&request));
    calls->server->Leave();
    calls->HandOver();
    reactor->Finish(status);
  });
  return reactor;
}

}  // namespace kubelite::apiserver
