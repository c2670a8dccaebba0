#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "common/net/event_loop.h"
#include "store/etcd/transport/message.h"

namespace kubelite::etcd {

using net::EventLoop;

// One gRPC call as a service sees it. Thread-safe but for unsent(); without effect once the call is over. Statuses go
// out as they are: absl's codes are gRPC's.
class Call {
 public:
  virtual ~Call() = default;
  // On whose thread the call's handlers run.
  virtual EventLoop* loop() const = 0;
  // One more message of a stream.
  virtual void Send(Message message) = 0;
  // Ends the call: with OK after a last message, or with a status.
  virtual void Finish(Message message) = 0;
  virtual void Finish(const absl::Status& status) = 0;
  // Bytes given to Send that wait for the client to take others first. On the loop only.
  virtual size_t unsent() const = 0;
};
using CallPtr = std::shared_ptr<Call>;

// The server's side of a stream. All calls come on the loop, none after OnClosed.
class StreamHandler {
 public:
  virtual ~StreamHandler() = default;
  virtual void OnMessage(std::string message) = 0;
  virtual void OnHalfClose() = 0;  // no message follows
  virtual void OnDrained() {}      // unsent() has come down to 0
  virtual void OnClosed() = 0;     // the call is over, by whoever's doing
};

// How a method is served. `unary` is called on the loop: it must not block for long, and finishes the call now or
// later.
struct Method {
  std::function<void(const CallPtr& call, std::string request)> unary;
  std::function<std::shared_ptr<StreamHandler>(const CallPtr& call)> stream;  // instead of `unary`
};
// By path, as "/etcdserverpb.KV/Put".
using Methods = absl::flat_hash_map<std::string, Method>;

}  // namespace kubelite::etcd
