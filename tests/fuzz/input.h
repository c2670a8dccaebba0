#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace kubelite::fuzz {

// Takes values off a fuzzer's bytes; zeros when they are used up.
class Input {
 public:
  explicit Input(absl::string_view bytes) : bytes_(bytes) {}

  uint8_t Byte() {
    if (bytes_.empty()) return 0;
    const uint8_t byte = static_cast<uint8_t>(bytes_.front());
    bytes_.remove_prefix(1);
    return byte;
  }
  // Of 0 to 8 bytes, so that small ones are common.
  int64_t Number() {
    uint64_t number = 0;
    for (int i = Byte() % 9; i > 0; --i) number = number << 8 | Byte();
    return static_cast<int64_t>(number);
  }
  int64_t NotNegative() { return Number() & INT64_MAX; }
  int64_t Positive() { return std::max<int64_t>(1, NotNegative()); }
  std::string Text() {
    const size_t wanted = Byte() % 32;
    const size_t size = std::min(wanted, bytes_.size());
    const std::string text(bytes_.substr(0, size));
    bytes_.remove_prefix(size);
    return text;
  }

 private:
  absl::string_view bytes_;
};

}  // namespace kubelite::fuzz
