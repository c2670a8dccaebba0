#include "tests/robustness/journal.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace kubelite::robustness {

Journal::Journal(int id, uint64_t seed, TrafficState* shared)
    : shared_(shared),
      follower_({.id = id,
                 .range = KeyRange::All(),
                 .seed = seed,
                 .restless = false,
                 .on_batch = [this](const PollRecord& poll) { Resolve(poll); }},
                &shared->ticks) {}

void Journal::Attach(store::Store* store) {
  store_ = store;
  follower_.Attach(store);
}

void Journal::Resolve(const PollRecord& poll) {
  for (const store::EventPtr& event : poll.events) {
    if (unresolved_.empty() || unresolved_.back()->revision() != event->revision()) unresolved_.push_back(event);
  }
  while (!unresolved_.empty()) {
    const Event& event = *unresolved_.front();
    const auto found = store_->History(event.kv.key, 1, event.revision());
    if (absl::IsUnavailable(found.status())) return;
    if (!found.ok() || found->size() != 1 || found->front().event->revision() != event.revision()) {
      failures_.push_back(
          absl::StrCat("origin: History does not tell that of ", ToText(event), ": ", found.status().ToString()));
    } else {
      origins_[event.revision()] = found->front().origin;
    }
    shared_->known = event.revision();
    unresolved_.erase(unresolved_.begin());
  }
}

}  // namespace kubelite::robustness
