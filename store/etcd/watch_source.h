#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "store/store.h"

namespace kubelite::etcd {

// A watch of the store that can also start before the store's first revision.
class WatchSource {
 public:
  // Changes at and after `first`, which may lie in the future; kAnyRevision: after *created_at. `*created_at` is the
  // store's revision when the watch began. OutOfRange when `first` was compacted. `on_ready` as in Store::NewWatch.
  static absl::StatusOr<std::unique_ptr<WatchSource>> New(store::Store* store, const store::KeyRange& range,
                                                          store::Revision first, std::function<void()> on_ready,
                                                          store::Revision* created_at);

  struct Batch {
    std::vector<store::EventPtr> events;
    store::Revision progress = 0;  // as Watch::Batch
    bool more = false;             // poll again: on_ready will not be called
  };
  // Errors as of Watch::Poll.
  absl::StatusOr<Batch> Poll(size_t max);

 private:
  std::vector<store::EventPtr> initial_;  // of revision 1, until polled
  store::Revision first_ = 0;             // earlier changes are left out
  std::unique_ptr<store::Watch> watch_;
};

}  // namespace kubelite::etcd
