#include "store/etcd/watch_source.h"

#include <algorithm>
#include <utility>

#include "common/base/status_macros.h"

namespace kubelite::etcd {

absl::StatusOr<std::unique_ptr<WatchSource>> WatchSource::New(store::Store* store, const store::KeyRange& range,
                                                              store::Revision first, std::function<void()> on_ready,
                                                              store::Revision* created_at) {
  auto source = std::make_unique<WatchSource>();
  const store::Revision current = store->CurrentRevision();
  *created_at = current;
  source->first_ = first == store::kAnyRevision ? current + 1 : first;
  store::Revision after = std::min(source->first_ - 1, current);
  if (after == 0) {
    // The store takes 0 for "from now on": that is right only while it is empty.
    ASSIGN_OR_RETURN(source->watch_, store->NewWatch(range, 0, on_ready));
    if (store->CurrentRevision() == 0) return source;
    // The first step can only have put: what it changed is what was there after it.
    ASSIGN_OR_RETURN(store::ListResult listed, store->List(range, 0, 1));
    for (store::KeyValue& kv : listed.items) {
      auto event = std::make_shared<store::Event>();
      event->kv = std::move(kv);
      source->initial_.push_back(std::move(event));
    }
    after = 1;
  }
  ASSIGN_OR_RETURN(source->watch_, store->NewWatch(range, after, std::move(on_ready)));
  return source;
}

absl::StatusOr<WatchSource::Batch> WatchSource::Poll(size_t max) {
  if (!initial_.empty()) return Batch{std::exchange(initial_, {}), 1, true};
  ASSIGN_OR_RETURN(store::Watch::Batch polled, watch_->Poll(max));
  Batch batch{std::move(polled.events), polled.progress, false};
  batch.more = batch.events.size() >= max;
  const auto early = [this](const store::EventPtr& event) { return event->revision() < first_; };
  batch.events.erase(std::remove_if(batch.events.begin(), batch.events.end(), early), batch.events.end());
  return batch;
}

}  // namespace kubelite::etcd
