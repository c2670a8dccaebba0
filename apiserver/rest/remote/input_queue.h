#pragma once

#include <algorithm>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "apiserver/node_session/node_sessions.h"

namespace kubelite::apiserver {

// What a client has sent on a stream and the node was not ready for yet.
class InputQueue {
 public:
  // A client is not read further while so much waits for a node.
  static constexpr size_t kLimit = 256 << 10;

  void Append(std::string data, bool end) {
    pending_ += data;
    ended_ |= end;
  }
  // Passes on what the node is ready for. The error is the stream's end.
  absl::Status PassOn(NodeStream* node) {
    while (!pending_.empty()) {
      const auto size = std::min(pending_.size(), static_cast<size_t>(std::max<int64_t>(node->WriteCredit(), 0)));
      if (size == 0) return absl::OkStatus();
      const bool last = ended_ && size == pending_.size();
      if (absl::Status sent = node->Write(0, absl::string_view(pending_).substr(0, size), last); !sent.ok())
        return sent;
      told_end_ |= last;
      pending_.erase(0, size);
    }
    if (!ended_ || told_end_) return absl::OkStatus();
    told_end_ = true;
    return node->Write(0, "", true);
  }
  bool full() const { return pending_.size() >= kLimit; }

 private:
  std::string pending_;
  bool ended_ = false;
  bool told_end_ = false;
};

}  // namespace kubelite::apiserver
