#include "tests/robustness/watch_validators.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/robustness/semantics.h"

namespace kubelite::robustness {
namespace {

using store::EventPtr;

absl::Status Broken(const std::string& text) { return absl::FailedPreconditionError(text); }

// Calls `visit(watch, poll)` for each successful poll, until the first failure.
template <typename Visit>
absl::Status ForEachPoll(const Subscription& subscription, Visit visit) {
  for (const WatchRecord& watch : subscription.watches) {
    for (const PollRecord& poll : watch.polls) {
      if (!poll.status.ok()) continue;
      if (absl::Status status = visit(watch, poll); !status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

// Calls `visit(watch, event)` for each event, until the first failure.
template <typename Visit>
absl::Status ForEachEvent(const Subscription& subscription, Visit visit) {
  return ForEachPoll(subscription, [&](const WatchRecord& watch, const PollRecord& poll) {
    for (const EventPtr& event : poll.events) {
      if (absl::Status status = visit(watch, poll, *event); !status.ok()) return status;
    }
    return absl::OkStatus();
  });
}

// The model's matching changes at one revision.
std::vector<const Event*> Matching(const WatchContext& context, const KeyRange& range, Revision revision) {
  std::vector<const Event*> matching;
  if (revision < 1 || revision > context.truth.current()) return matching;
  for (const Event& event : context.truth.Changes(revision)) {
    if (range.Contains(event.kv.key)) matching.push_back(&event);
  }
  return matching;
}

// The first revision in (after, up_to] with a matching change; 0 when there is none.
Revision FirstMatching(const WatchContext& context, const KeyRange& range, Revision after, Revision up_to) {
  for (Revision revision = after + 1; revision <= std::min(up_to, context.truth.current()); ++revision) {
    if (!Matching(context, range, revision).empty()) return revision;
  }
  return 0;
}

// The latest revision that the watch may have started after.
Revision StartsAfterAtMost(const WatchRecord& watch, const WatchContext& context) {
  return watch.after != 0 ? watch.after : context.timeline.AtMost(watch.returned);
}

absl::Status CheckFiltered(const Subscription& subscription, const WatchContext&) {
  return ForEachEvent(subscription, [](const WatchRecord& watch, const PollRecord&, const Event& event) {
    if (watch.range.Contains(event.kv.key)) return absl::OkStatus();
    return Broken(absl::StrCat("it delivered ", ToText(event), ", which is not in its range"));
  });
}

absl::Status CheckOrdered(const Subscription& subscription, const WatchContext&) {
  Revision last = 0;
  return ForEachEvent(subscription, [&](const WatchRecord&, const PollRecord&, const Event& event) {
    if (event.revision() < last) return Broken(absl::StrCat("it delivered ", ToText(event), " after revision ", last));
    last = event.revision();
    return absl::OkStatus();
  });
}

absl::Status CheckUnique(const Subscription& subscription, const WatchContext&) {
  std::set<std::pair<Revision, std::string>> seen;
  return ForEachEvent(subscription, [&](const WatchRecord&, const PollRecord&, const Event& event) {
    if (seen.emplace(event.revision(), event.kv.key).second) return absl::OkStatus();
    return Broken(absl::StrCat("it delivered ", ToText(event), " twice"));
  });
}

absl::Status CheckAtomic(const Subscription& subscription, const WatchContext& context) {
  std::set<Revision> done;
  return ForEachPoll(subscription, [&](const WatchRecord& watch, const PollRecord& poll) {
    std::set<Revision> here;
    for (const EventPtr& event : poll.events) here.insert(event->revision());
    const auto last = std::count_if(poll.events.begin(), poll.events.end(), [&](const EventPtr& event) {
      return event->revision() == poll.events.back()->revision();
    });
    if (poll.events.size() - static_cast<size_t>(last) >= std::max<size_t>(poll.max, 1)) {
      return Broken(absl::StrCat("a batch has ", poll.events.size(), " events, more than the ", poll.max,
                                 " asked for and the rest of a revision"));
    }
    for (const Revision revision : here) {
      if (!done.insert(revision).second) return Broken(absl::StrCat("revision ", revision, " came in two batches"));
      const auto got = std::count_if(poll.events.begin(), poll.events.end(),
                                     [&](const EventPtr& event) { return event->revision() == revision; });
      const size_t wanted = Matching(context, watch.range, revision).size();
      if (static_cast<size_t>(got) < wanted) {
        return Broken(
            absl::StrCat("a batch has ", got, " of the ", wanted, " matching changes of revision ", revision));
      }
    }
    return absl::OkStatus();
  });
}

absl::Status CheckComplete(const Subscription& subscription, const WatchContext& context) {
  if (subscription.watches.empty()) return absl::OkStatus();
  Revision last = StartsAfterAtMost(subscription.watches.front(), context);
  return ForEachEvent(subscription, [&](const WatchRecord& watch, const PollRecord&, const Event& event) {
    const Revision missing = FirstMatching(context, watch.range, last, event.revision() - 1);
    if (missing != 0) return Broken(absl::StrCat("revision ", missing, " is missing before ", ToText(event)));
    last = std::max(last, event.revision());
    return absl::OkStatus();
  });
}

absl::Status CheckContent(const Subscription& subscription, const WatchContext& context) {
  return ForEachEvent(subscription, [&](const WatchRecord& watch, const PollRecord&, const Event& event) {
    for (const Event* truth : Matching(context, watch.range, event.revision())) {
      if (truth->kv.key != event.kv.key) continue;
      if (truth->type == event.type && SameKeyValue(truth->kv, event.kv)) return absl::OkStatus();
      return Broken(absl::StrCat("it delivered ", ToText(event), ", but the step was ", ToText(*truth)));
    }
    if (!watch.range.Contains(event.kv.key)) return absl::OkStatus();  // not filtered
    return Broken(absl::StrCat("it delivered ", ToText(event), ", which never happened"));
  });
}

absl::Status CheckPrevious(const Subscription& subscription, const WatchContext& context) {
  return ForEachEvent(subscription, [&](const WatchRecord& watch, const PollRecord& poll, const Event& event) {
    for (const Event* truth : Matching(context, watch.range, event.revision())) {
      if (truth->kv.key != event.kv.key) continue;
      Event expected = event;
      expected.previous = truth->previous;
      if (!SameEvent(event, expected, context.timeline.CompactedAtMost(poll.returned))) {
        return Broken(absl::StrCat("it delivered ", ToText(event), ", but the step was ", ToText(*truth)));
      }
    }
    return absl::OkStatus();
  });
}

absl::Status CheckBookmark(const Subscription& subscription, const WatchContext& context) {
  Revision progress = 0;
  Revision delivered = 0;
  const WatchRecord* previous = nullptr;
  return ForEachPoll(subscription, [&](const WatchRecord& watch, const PollRecord& poll) {
    if (previous != &watch) {
      if (previous == nullptr) delivered = StartsAfterAtMost(watch, context);
      progress = std::max(progress, watch.after);
      previous = &watch;
    }
    if (poll.progress < progress)
      return Broken(absl::StrCat("progress went back from ", progress, " to ", poll.progress));
    if (poll.progress > context.timeline.AtMost(poll.returned)) {
      return Broken(absl::StrCat("progress is ", poll.progress, " when the store cannot have been beyond ",
                                 context.timeline.AtMost(poll.returned)));
    }
    progress = poll.progress;
    for (const EventPtr& event : poll.events) delivered = std::max(delivered, event->revision());
    if (!poll.events.empty() && progress < poll.events.back()->revision()) {
      return Broken(absl::StrCat("progress ", progress, " lies before ", ToText(*poll.events.back())));
    }
    const Revision missing = FirstMatching(context, watch.range, delivered, progress);
    if (missing != 0)
      return Broken(absl::StrCat("progress is ", progress, " but revision ", missing, " was not delivered"));
    delivered = std::max(delivered, progress);
    return absl::OkStatus();
  });
}

absl::Status CheckFresh(const Subscription& subscription, const WatchContext& context) {
  return ForEachPoll(subscription, [&](const WatchRecord&, const PollRecord& poll) {
    const Revision acknowledged = context.timeline.AtLeast(poll.call);
    if (poll.events.size() >= poll.max || poll.progress >= acknowledged) return absl::OkStatus();
    return Broken(absl::StrCat("a batch that is not full ends at ", poll.progress, " when ", acknowledged,
                               " had been acknowledged"));
  });
}

absl::Status CheckResumable(const Subscription& subscription, const WatchContext& context) {
  Revision progress = 0;
  for (const WatchRecord& watch : subscription.watches) {
    progress = std::max(progress, watch.after);
    const auto refused = [&](const absl::Status& status, Tick when) {
      if (status.ok() || absl::IsUnavailable(status)) return absl::OkStatus();
      if (absl::IsOutOfRange(status) && progress + 1 < context.timeline.CompactedAtMost(when)) return absl::OkStatus();
      return Broken(absl::StrCat("after revision ", progress, ", with at most ", context.timeline.CompactedAtMost(when),
                                 " compacted, it ended: ", status.ToString()));
    };
    if (absl::Status status = refused(watch.opened, watch.returned); !status.ok()) return status;
    for (const PollRecord& poll : watch.polls) {
      if (absl::Status status = refused(poll.status, poll.returned); !status.ok()) return status;
      for (const EventPtr& event : poll.events) {
        if (event->revision() > watch.after) continue;
        return Broken(absl::StrCat("it goes on after ", watch.after, " with ", ToText(*event)));
      }
      progress = std::max(progress, poll.progress);
    }
  }
  return absl::OkStatus();
}

absl::Status CheckWoken(const Subscription& subscription, const WatchContext&) {
  for (const WatchRecord& watch : subscription.watches) {
    const PollRecord* before = nullptr;
    for (const PollRecord& poll : watch.polls) {
      const bool drained = before != nullptr && before->status.ok() && before->events.size() < before->max;
      if (poll.unasked && drained && poll.status.ok() && !poll.events.empty()) {
        const bool woken = std::any_of(watch.wakeups.begin(), watch.wakeups.end(),
                                       [&](Tick wakeup) { return wakeup > before->call && wakeup < poll.call; });
        if (!woken)
          return Broken(absl::StrCat("on_ready was not called for ", ToText(*poll.events.front()),
                                     " after the poll of [", before->call, ",", before->returned, "]; it was called ",
                                     watch.wakeups.size(), " times, last at ",
                                     watch.wakeups.empty() ? 0 : watch.wakeups.back()));
      }
      before = &poll;
    }
  }
  return absl::OkStatus();
}

std::string Describe(const Subscription& subscription) {
  const WatchRecord& first = subscription.watches.front();
  const KeyChange begin{first.range.begin, std::nullopt, 0};
  const KeyChange end{first.range.end, std::nullopt, 0};
  return absl::StrCat(subscription.name, " of [", ToText(begin).substr(1), ", ", ToText(end).substr(1), ") after ",
                      first.after);
}

}  // namespace

const std::vector<WatchValidator>& WatchValidators() {
  static const auto& validators = *new std::vector<WatchValidator>{
      {"filtered", CheckFiltered},   {"ordered", CheckOrdered},   {"unique", CheckUnique},
      {"atomic", CheckAtomic},       {"complete", CheckComplete}, {"content", CheckContent},
      {"previous", CheckPrevious},   {"bookmark", CheckBookmark}, {"fresh", CheckFresh},
      {"resumable", CheckResumable}, {"woken", CheckWoken},
  };
  return validators;
}

std::vector<absl::Status> ValidateWatch(const Subscription& subscription, const WatchContext& context) {
  std::vector<absl::Status> failures;
  if (subscription.watches.empty()) return failures;
  for (const WatchValidator& validator : WatchValidators()) {
    const absl::Status status = validator.check(subscription, context);
    if (status.ok()) continue;
    failures.push_back(absl::FailedPreconditionError(
        absl::StrCat("watch ", validator.name, ": ", Describe(subscription), ": ", status.message())));
  }
  return failures;
}

}  // namespace kubelite::robustness
