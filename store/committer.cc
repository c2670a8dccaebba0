#include "store/committer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"
#include "store/durable_state.h"
#include "store/history.h"

namespace kubelite::store {
namespace {

constexpr size_t kRecoveryChunk = 1024;

absl::Status Unconfirmed(const absl::Status& status) {
  return absl::UnavailableError(
      absl::StrCat("the disk did not confirm the write, it may or may not have taken effect: ", status.message()));
}

}  // namespace

CommitQueue::Task Committer::Commit(absl::Span<Write* const> group) {
  WatchHub::Wakeups wakeups;
  if (const absl::Status recovered = Recover(&wakeups); recovered.ok()) {
    CommitRecovered(group, &wakeups);
  } else {
    for (Write* write : group) write->result = recovered;
  }
  if (wakeups.empty()) return nullptr;
  return [wakeups = std::move(wakeups)] { WatchHub::Wake(wakeups); };
}

void Committer::CommitRecovered(absl::Span<Write* const> group, WatchHub::Wakeups* wakeups) {
  Plan plan(engine_, leases_, &newest_, tail_);
  for (Write* write : group) plan.Add(write);
  plan.Close();
  if (plan.batch().empty()) return;
  if (const absl::Status written = engine_->Write(plan.batch(), plan.sync()); !written.ok()) {
    base::LogError("Store write failed", {{"err", written}});
    failed_ = true;
    plan.Fail(Unconfirmed(written));
    return;
  }
  tail_ = plan.tail();
  for (const EventPtr& event : plan.events()) newest_.Insert(event);
  for (const LeaseChange& change : plan.lease_changes()) {
    change.lease ? leases_->Set(*change.lease) : leases_->Remove(change.id);
  }
  if (!plan.events().empty()) Publish(plan.events(), wakeups);
}

void Committer::Publish(absl::Span<const EventPtr> events, WatchHub::Wakeups* wakeups) {
  // In this order: who learns of a change can read at its revision.
  horizon_->current = events.back()->revision();
  const WatchHub::Wakeups published = hub_->Publish(events);
  wakeups->insert(wakeups->end(), published.begin(), published.end());
}

absl::Status Committer::Recover(WatchHub::Wakeups* wakeups) {
  if (!failed_) return absl::OkStatus();
  newest_.Clear();
  RETURN_IF_ERROR(engine_->Recover());
  ASSIGN_OR_RETURN(const DurableState state, ReadDurableState(engine_));
  if (state.tail.revision < horizon_->current) {
    return absl::DataLossError(absl::StrCat("the store lost acknowledged writes: it is at revision ",
                                            state.tail.revision, " but was at ", horizon_->current.load(),
                                            "; restore it from a snapshot"));
  }
  ASSIGN_OR_RETURN(const auto view, engine_->NewView());
  RETURN_IF_ERROR(leases_->Load(view.get()));
  horizon_->compacted = std::max<Revision>(horizon_->compacted, state.compacted);
  tail_ = state.tail;
  while (horizon_->current < state.tail.revision) {
    ASSIGN_OR_RETURN(const LogSlice found,
                     ReadLog(view.get(), KeyRange::All(), horizon_->current, state.tail.revision, kRecoveryChunk));
    Publish(found.events, wakeups);
  }
  failed_ = false;
  base::LogInfo("Store recovered", {{"revision", state.tail.revision}});
  return absl::OkStatus();
}

}  // namespace kubelite::store
