#include "apiserver/rest/event_cache.h"

#include <utility>

namespace kubelite::apiserver {
namespace {

// Larger ones would make the cache take megabytes.
constexpr size_t kFrameBytes = 64 << 10;

}  // namespace

EventCache::Frame EventCache::Get(absl::string_view type, const api::ObjectPtr& object, const Media& media,
                                  absl::FunctionRef<std::string()> encode) {
  {
    base::MutexLock lock(&mutex_);
    for (const Entry& entry : entries_) {
      if (entry.object == object && entry.type == type && entry.form == media.form &&
          entry.encoding == media.encoding) {
        return entry.frame;
      }
    }
  }
  // Two watchers may both encode it: cheaper than one that waits for the other.
  auto frame = std::make_shared<const std::string>(encode());
  if (frame->size() > kFrameBytes) return frame;
  Entry entry{.type = type, .object = object, .form = media.form, .encoding = media.encoding, .frame = frame};
  base::MutexLock lock(&mutex_);
  std::swap(entries_[next_++ % kEntries], entry);  // the old one goes without the lock
  return frame;
}

}  // namespace kubelite::apiserver
