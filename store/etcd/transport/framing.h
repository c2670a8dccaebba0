#pragma once

#include <cstddef>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message_lite.h"
#include "store/etcd/transport/message.h"

namespace kubelite::etcd {

// The gRPC wire form inside HTTP/2: each message has a prefix of five bytes (compressed flag, length big-endian); a
// status is two trailers, its text percent-encoded.

inline constexpr size_t kPrefixBytes = 5;

// Fills in the prefix at the start of message->head, which must have room for it.
void SetPrefix(Message* message);
// `proto` as a framed message.
Message Frame(const google::protobuf::MessageLite& proto);
std::string EncodeStatusText(absl::string_view text);

// Cuts a stream of bytes into messages.
class MessageReader {
 public:
  explicit MessageReader(size_t max_bytes) : max_bytes_(max_bytes) {}

  // Calls `take` with each message that is complete now. ResourceExhausted when one is over the limit, Unimplemented
  // when one is compressed; nothing may be appended after an error.
  absl::Status Append(absl::string_view bytes, absl::FunctionRef<void(std::string message)> take);
  // Bytes of a message that has not come wholly.
  size_t buffered() const { return prefix_.size() + message_.size(); }

 private:
  const size_t max_bytes_;
  std::string prefix_;
  std::string message_;
  size_t missing_ = 0;  // bytes of the present message
  bool in_message_ = false;
};

}  // namespace kubelite::etcd
