#pragma once

#include <map>
#include <optional>
#include <string>

#include "apiserver/node_session/node_sessions.h"
#include "apiserver/rest/remote/call.h"
#include "apiserver/rest/remote/input_queue.h"

namespace kubelite::apiserver {

// Ports of one pod: each pair of data and error streams that the client opens is one connection to a port.
class PortForwardCall : public RemoteCall {
 public:
  // Opens a connection to a port of the pod; given Wake().
  using Open = std::function<absl::StatusOr<std::unique_ptr<NodeStream>>(int port, std::function<void()> on_ready)>;
  PortForwardCall(base::Executor* executor, http::ExchangePtr exchange, Upgrade upgrade, std::string pod, Open open);

 private:
  struct Connection {
    int port = 0;
    std::optional<uint32_t> data, error;  // the client's streams
    std::unique_ptr<NodeStream> node;
    InputQueue input;
  };
  using Connections = std::map<std::string, Connection>;  // by the client's requestid

  void Handle(Event event) override;
  void Drain() override;
  void Pump() override;
  bool WantsInput() const override;
  void Over() override { connections_.clear(); }
  void Opened(const Event& event);
  // The streams are closed, `error` is told on the one for it.
  void Close(Connections::iterator connection, const absl::Status& error);
  Connections::iterator FindByData(uint32_t stream);

  const std::string pod_;
  const Open open_;
  Connections connections_;
  std::string next_;  // the requestid whose turn it is, so that no connection starves
};

}  // namespace kubelite::apiserver
