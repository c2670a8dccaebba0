#include "apiserver/rest/remote/port_forward.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/api/errors.h"

namespace kubelite::apiserver {
namespace {

// Of one client; upstream has no bound, but each is a stream to the node.
constexpr size_t kMaxConnections = 1000;

}  // namespace

PortForwardCall::PortForwardCall(base::Executor* executor, http::ExchangePtr exchange, Upgrade upgrade, std::string pod,
                                 Open open)
    : RemoteCall(executor, std::move(exchange), std::move(upgrade)), pod_(std::move(pod)), open_(std::move(open)) {}

PortForwardCall::Connections::iterator PortForwardCall::FindByData(uint32_t stream) {
  return std::find_if(connections_.begin(), connections_.end(),
                      [stream](const auto& entry) { return entry.second.data == stream; });
}

void PortForwardCall::Handle(Event event) {
  if (event.kind == Event::Kind::kOpened) return Opened(event);
  const auto found = FindByData(event.stream);
  if (found == connections_.end()) return;  // an error stream, or over
  if (event.kind == Event::Kind::kReset) {
    // The client waits for the end of the other one.
    protocol().Send(*found->second.error, "", true);
    connections_.erase(found);
  } else {
    found->second.input.Append(std::move(event.data), event.end);
  }
}

void PortForwardCall::Opened(const Event& event) {
  const std::string id(http::FindHeader(event.headers, "requestid"));
  if (connections_.size() >= kMaxConnections && connections_.count(id) == 0) {
    return protocol().Send(event.stream, "", true);
  }
  Connection& connection = connections_[id];
  if (http::FindHeader(event.headers, "streamtype") == "error") {
    connection.error = event.stream;
  } else {
    connection.data = event.stream;
    if (!absl::SimpleAtoi(http::FindHeader(event.headers, "port"), &connection.port)) connection.port = 0;
  }
  if (!connection.data.has_value() || !connection.error.has_value()) return;
  absl::StatusOr<std::unique_ptr<NodeStream>> node = open_(connection.port, Wake());
  if (!node.ok()) return Close(connections_.find(id), node.status());
  connection.node = *std::move(node);
}

void PortForwardCall::Close(Connections::iterator connection, const absl::Status& error) {
  const Connection& closed = connection->second;
  std::string text;
  if (!absl::IsOutOfRange(error)) {
    text =
        absl::StrCat("error forwarding port ", closed.port, " to pod ", pod_, ": ", api::ToApiStatus(error).message());
  }
  if (closed.error.has_value()) protocol().Send(*closed.error, text, true);
  if (closed.data.has_value()) protocol().Send(*closed.data, "", true);
  connections_.erase(connection);
}

void PortForwardCall::Drain() {
  for (auto& [id, connection] : connections_) {
    // What the node will not take is told by the next Poll.
    if (connection.node != nullptr) connection.input.PassOn(connection.node.get()).IgnoreError();
  }
}

bool PortForwardCall::WantsInput() const {
  return std::none_of(connections_.begin(), connections_.end(),
                      [](const auto& entry) { return entry.second.input.full(); });
}

void PortForwardCall::Pump() {
  auto at = connections_.lower_bound(next_);
  for (size_t left = connections_.size(); left > 0; --left) {
    if (at == connections_.end()) at = connections_.begin();
    const auto current = at++;
    NodeStream* const node = current->second.node.get();
    if (node == nullptr) continue;
    const absl::StatusOr<std::vector<NodeStream::Chunk>> chunks = node->Poll();
    if (!chunks.ok()) {
      Close(current, chunks.status());
      continue;
    }
    for (const NodeStream::Chunk& chunk : *chunks) protocol().Send(*current->second.data, chunk.data, chunk.end);
    if (chunks->empty()) continue;
    next_ = at == connections_.end() ? "" : at->first;
    return;
  }
}

}  // namespace kubelite::apiserver
