#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "apiserver/rest/remote/protocol.h"
#include "common/base/executor.h"
#include "common/http/message.h"

namespace kubelite::apiserver {

// What a client's connection becomes: its protocol and the headers of the answer that says so.
struct Upgrade {
  std::unique_ptr<RemoteProtocol> protocol;
  http::Headers headers;
  int version = 5;  // of channel.k8s.io, for exec and attach
};

// One upgraded connection, at the pace of both its ends: bytes for the client are made only when those before are on
// their way, and the client is read only when there is room for what it sends. All but Begin happens on a strand. Keeps
// itself alive until the client is gone or End.
class RemoteCall : public std::enable_shared_from_this<RemoteCall> {
 public:
  RemoteCall(base::Executor* executor, http::ExchangePtr exchange, Upgrade upgrade);
  virtual ~RemoteCall() = default;
  RemoteCall(const RemoteCall&) = delete;
  void Begin();

 protected:
  using Event = RemoteProtocol::Event;
  // The connection speaks the protocol now.
  virtual void Started() {}
  virtual void Handle(Event event) = 0;
  // Sends more, if there is: called when what was sent before is on its way, and after a Wake.
  virtual void Pump() = 0;
  // Passes on what the client has sent.
  virtual void Drain() {}
  // Whether there is room for more of what the client sends.
  virtual bool WantsInput() const = 0;
  // The connection is over: let go of everything.
  virtual void Over() = 0;

  // For sources of bytes to call when they are ready, from any thread.
  std::function<void()> Wake();
  void After(absl::Duration delay, std::function<void()> act);
  RemoteProtocol& protocol() { return *protocol_; }
  int version() const { return version_; }
  // All output is on its way.
  bool CanSend() const { return !sending_; }
  // Says good-bye, after all that was sent.
  void End();

 private:
  void Post(std::function<void(RemoteCall&)> act);
  void Received(const std::string& bytes);
  void Step();
  void Flush();
  void Finish();

  base::Strand strand_;
  const http::ExchangePtr exchange_;
  const std::unique_ptr<RemoteProtocol> protocol_;
  http::Headers headers_;
  const int version_;
  bool sending_ = true;  // the head
  bool reading_ = false;
  size_t unsent_ = 0;  // at most this much of the output is not on its way
  bool over_ = false;
};

}  // namespace kubelite::apiserver
