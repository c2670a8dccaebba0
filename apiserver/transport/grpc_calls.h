#pragma once

// The streaming calls and what all calls share; for the transport's .cc files only.

#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <functional>
#include <map>

#include "apiserver/identity/identities.h"
#include "apiserver/node_session/node_sessions.h"
#include "apiserver/server.h"
#include "common/base/executor.h"
#include "common/base/mutex.h"
#include "kubelite/v1/api.pb.h"

namespace kubelite::apiserver {

// Streams that live until someone ends them, so that a shutdown can. Thread-safe.
class OpenStreams {
 public:
  using Id = uint64_t;
  // `end` is called at most once, from EndAll; it must not block. It is called at once when EndAll was before.
  Id Add(std::function<void()> end);
  void Remove(Id id);  // waits for a running `end`
  void EndAll();

 private:
  base::Mutex mutex_;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  Id next_ ABSL_GUARDED_BY(mutex_) = 1;
  std::map<Id, std::function<void()>> open_ ABSL_GUARDED_BY(mutex_);
};

// What calls need; outlives them.
class CallContext {
 public:
  Server* server = nullptr;
  base::Executor* executor = nullptr;
  Identities* identities = nullptr;
  OpenStreams* streams = nullptr;

  // gRPC runs the reactions of a call after what they react to, on threads of its own; the packaged library is not
  // instrumented, so ThreadSanitizer cannot see that. These two show it: HandOver before gRPC is given something to do
  // or finish, TakeOver first in a reaction, and when the server has shut down.
  void HandOver() { handed_over_.fetch_add(1, std::memory_order_release); }
  void TakeOver() const { static_cast<void>(handed_over_.load(std::memory_order_acquire)); }
  // Adds who asks and from where.
  void Identify(const grpc::CallbackServerContext& context, Request* request) const;

 private:
  std::atomic<uint32_t> handed_over_{0};
};

// Runs a unary call on the executor: gRPC's own threads never touch the registry. `act` fills the response.
grpc::ServerUnaryReactor* RunUnary(CallContext* calls, grpc::CallbackServerContext* context, Request request,
                                   std::function<absl::Status(Request* request)> act);

grpc::ServerWriteReactor<kubelite::v1::ListChunk>* StartList(CallContext* calls, grpc::CallbackServerContext* context,
                                                             const kubelite::v1::ListRequest* wire);
grpc::ServerWriteReactor<kubelite::v1::WatchEvent>* StartWatch(CallContext* calls, grpc::CallbackServerContext* context,
                                                               const kubelite::v1::WatchRequest* wire);
grpc::ServerBidiReactor<kubelite::v1::ConnectFrame, kubelite::v1::ConnectFrame>* StartConnect(
    CallContext* calls, grpc::CallbackServerContext* context);
grpc::ServerBidiReactor<kubelite::v1::NodeMessage, kubelite::v1::ServerMessage>* StartNodeSession(
    CallContext* calls, grpc::CallbackServerContext* context);

}  // namespace kubelite::apiserver
