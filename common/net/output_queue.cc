#include "common/net/output_queue.h"

#include <algorithm>
#include <utility>

namespace kubelite::net {
namespace {

// Copying less than this costs less than a piece of its own in a system call.
constexpr size_t kShareBytes = 2048;
constexpr size_t kFlatBytes = 32 << 10;

}  // namespace

void OutputQueue::Append(absl::string_view bytes) {
  if (bytes.empty()) return;
  const bool fits = !segments_.empty() && segments_.back().shared.owner == nullptr &&
                    segments_.back().flat.size() + bytes.size() <= kFlatBytes;
  if (!fits) {
    segments_.emplace_back();
    segments_.back().flat = std::exchange(spare_, std::string());
  }
  segments_.back().flat.append(bytes.data(), bytes.size());
  size_ += bytes.size();
}

void OutputQueue::Append(const Bytes& bytes, absl::string_view part) {
  if (part.size() < kShareBytes) {
    Append(part);
    return;
  }
  segments_.emplace_back();
  segments_.back().shared = {bytes.owner, part};
  size_ += part.size();
}

size_t OutputQueue::Peek(absl::Span<iovec> pieces) const {
  size_t count = 0;
  for (auto it = segments_.begin(); it != segments_.end() && count < pieces.size(); ++it) {
    absl::string_view bytes = it->bytes();
    if (it == segments_.begin()) bytes.remove_prefix(consumed_);
    pieces[count++] = {const_cast<char*>(bytes.data()), bytes.size()};
  }
  return count;
}

void OutputQueue::Consume(size_t size) {
  size_ -= size;
  while (size > 0) {
    Segment& first = segments_.front();
    const size_t left = first.bytes().size() - consumed_;
    if (size < left) {
      consumed_ += size;
      return;
    }
    size -= left;
    consumed_ = 0;
    if (first.shared.owner == nullptr && spare_.capacity() < first.flat.capacity()) {
      spare_ = std::move(first.flat);
      spare_.clear();
    }
    segments_.pop_front();
  }
}

}  // namespace kubelite::net
