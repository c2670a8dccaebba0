#pragma once

#include <map>
#include <optional>
#include <string>

#include "apiserver/node_session/node_sessions.h"
#include "apiserver/rest/remote/call.h"
#include "apiserver/rest/remote/input_queue.h"
#include "kubelite/v1/api.pb.h"

namespace kubelite::apiserver {

// An exec or attach: the client's stdin, stdout, stderr, error and resize streams, and one stream to the node.
class CommandCall : public RemoteCall {
 public:
  // Opens the node's stream; given Wake(). The error is answered before the connection is upgraded.
  using Open = std::function<absl::StatusOr<std::unique_ptr<NodeStream>>(std::function<void()> on_ready)>;
  CommandCall(base::Executor* executor, http::ExchangePtr exchange, Upgrade upgrade,
              const kubelite::v1::StreamOpen& command);
  // Before Begin.
  absl::Status Connect(const Open& open);

 private:
  void Started() override;
  void Handle(Event event) override;
  void Drain() override;
  void Pump() override;
  bool WantsInput() const override { return !stdin_.full(); }
  void Over() override { node_.reset(); }
  bool Complete() const;
  void EndWith(const absl::Status& status);
  void SendTo(const std::string& type, absl::string_view data, bool end);

  std::vector<std::string> wanted_;          // the types of the client's streams
  std::map<std::string, uint32_t> streams_;  // by type
  std::unique_ptr<NodeStream> node_;
  InputQueue stdin_;
  std::string size_;  // of the client's terminal, to be passed on
};

}  // namespace kubelite::apiserver
