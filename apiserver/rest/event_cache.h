#pragma once

#include <array>
#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "apiserver/rest/media.h"
#include "common/api/object.h"
#include "common/base/mutex.h"

namespace kubelite::apiserver {

// The last events that were encoded, so that all watchers of an object share one encoding. Thread-safe.
class EventCache {
 public:
  using Frame = std::shared_ptr<const std::string>;

  // What `encode` makes of an event, which depends on the other parameters only. `type` is a literal.
  Frame Get(absl::string_view type, const api::ObjectPtr& object, const Media& media,
            absl::FunctionRef<std::string()> encode);

 private:
  struct Entry {
    absl::string_view type;
    api::ObjectPtr object;  // kept, so that its address stays its own
    Media::Form form = Media::Form::kObject;
    Media::Encoding encoding = Media::Encoding::kJson;
    Frame frame;
  };
  static constexpr size_t kEntries = 64;

  base::Mutex mutex_;
  std::array<Entry, kEntries> entries_ ABSL_GUARDED_BY(mutex_);
  size_t next_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace kubelite::apiserver
