#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/http/spdy.h"
#include "common/http/websocket.h"
#include "tests/fuzz/entry_points.h"

namespace kubelite::fuzz {
namespace {

constexpr size_t kMaxMessage = 256;

// Calls `receive` with `bytes` in pieces, until it refuses some.
template <typename ReceiveFn>
std::vector<std::string> Feed(absl::string_view bytes, size_t piece, ReceiveFn receive) {
  std::vector<std::string> seen;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    if (!receive(bytes.substr(0, piece), &seen)) break;
  }
  return seen;
}

std::vector<std::string> ReadWebSocket(absl::string_view bytes, size_t piece) {
  http::WebSocket socket(kMaxMessage);
  return Feed(bytes, piece, [&socket](absl::string_view part, std::vector<std::string>* seen) {
    const auto messages = socket.Receive(part);
    if (!messages.ok()) return false;
    for (const http::WebSocket::Message& message : *messages) {
      CHECK(message.data.size() <= kMaxMessage);
      seen->push_back(absl::StrCat(message.binary ? "b" : "t", message.data));
    }
    return true;
  });
}

std::vector<std::string> ReadSpdy(absl::string_view bytes, size_t piece) {
  http::SpdySession session;
  return Feed(bytes, piece, [&session](absl::string_view part, std::vector<std::string>* seen) {
    const auto events = session.Receive(part);
    if (!events.ok()) return false;
    for (const auto& event : *events) {
      seen->push_back(absl::StrCat(static_cast<int>(event.kind), " ", event.stream, " ", event.data, event.end));
      for (const auto& [name, value] : event.headers) absl::StrAppend(&seen->back(), "\n", name, ":", value);
    }
    return true;
  });
}

// Before the bytes that are refused, all readers see the same; a call that is refused keeps what came with it.
void CheckPrefix(const std::vector<std::string>& part, const std::vector<std::string>& more) {
  CHECK(part.size() <= more.size());
  CHECK(std::equal(part.begin(), part.end(), more.begin()));
}

}  // namespace

void FuzzWebSocket(absl::string_view bytes) {
  CheckPrefix(ReadWebSocket(bytes, std::max<size_t>(bytes.size(), 1)), ReadWebSocket(bytes, 1));
}

void FuzzSpdy(absl::string_view bytes) {
  CheckPrefix(ReadSpdy(bytes, std::max<size_t>(bytes.size(), 1)), ReadSpdy(bytes, 1));
}

}  // namespace kubelite::fuzz
