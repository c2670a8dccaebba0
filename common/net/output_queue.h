#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <deque>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/net/bytes.h"

namespace kubelite::net {

// Bytes on their way to a socket: small pieces are gathered, large shared ones kept as they are.
class OutputQueue {
 public:
  void Append(absl::string_view bytes);
  void Append(const Bytes& bytes, absl::string_view part);  // `part` of `bytes`

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // Fills in the first pieces; returns how many.
  size_t Peek(absl::Span<iovec> pieces) const;
  void Consume(size_t size);

 private:
  struct Segment {
    std::string flat;  // gathered; empty when shared
    Bytes shared;
    absl::string_view bytes() const { return shared.owner == nullptr ? absl::string_view(flat) : shared.view; }
  };
  std::deque<Segment> segments_;
  size_t consumed_ = 0;  // of the first segment
  size_t size_ = 0;
  std::string spare_;  // memory of a segment that was sent
};

}  // namespace kubelite::net
