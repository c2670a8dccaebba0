#include "store/etcd/transport/framing.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"

namespace kubelite::etcd {

void SetPrefix(Message* message) {
  const auto size = static_cast<uint32_t>(message->size() - kPrefixBytes);
  std::string& head = message->head;
  head[0] = 0;
  for (size_t i = 1; i < kPrefixBytes; ++i) head[i] = static_cast<char>(size >> (8 * (kPrefixBytes - 1 - i)));
}

Message Frame(const google::protobuf::MessageLite& proto) {
  Message message;
  const size_t size = proto.ByteSizeLong();
  message.head.resize(kPrefixBytes + size);
  proto.SerializeWithCachedSizesToArray(reinterpret_cast<uint8_t*>(message.head.data() + kPrefixBytes));
  SetPrefix(&message);
  return message;
}

std::string EncodeStatusText(absl::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (c >= ' ' && c <= '~' && c != '%') {
      encoded.push_back(c);
    } else {
      absl::StrAppend(&encoded, "%", absl::Hex(static_cast<uint8_t>(c), absl::kZeroPad2));
    }
  }
  return encoded;
}

absl::Status MessageReader::Append(absl::string_view bytes, absl::FunctionRef<void(std::string message)> take) {
  while (true) {
    if (!in_message_) {
      const size_t size = std::min(kPrefixBytes - prefix_.size(), bytes.size());
      prefix_.append(bytes.data(), size);
      bytes.remove_prefix(size);
      if (prefix_.size() < kPrefixBytes) return absl::OkStatus();
      if (prefix_[0] != 0) return absl::UnimplementedError("grpc: compressed messages are not supported");
      for (size_t i = 1; i < kPrefixBytes; ++i) missing_ = missing_ << 8 | static_cast<uint8_t>(prefix_[i]);
      if (missing_ > max_bytes_) {
        return absl::ResourceExhaustedError(
            absl::StrCat("grpc: received message larger than max (", missing_, " vs. ", max_bytes_, ")"));
      }
      in_message_ = true;
      // The rest of a large message is yet to come: no memory is taken on its word.
      message_.reserve(std::min(missing_, bytes.size()));
    }
    const size_t size = std::min(missing_, bytes.size());
    message_.append(bytes.data(), size);
    bytes.remove_prefix(size);
    missing_ -= size;
    if (missing_ > 0) return absl::OkStatus();
    in_message_ = false;
    prefix_.clear();
    take(std::exchange(message_, std::string()));
    if (bytes.empty()) return absl::OkStatus();
  }
}

}  // namespace kubelite::etcd
