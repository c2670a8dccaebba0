#include "store/committer.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"
#include "store/durable_state.h"
#include "store/history.h"

namespace kubelite::store {
namespace {

absl::Status Unconfirmed(const absl::Status& status) {
  return absl::UnavailableError(
      absl::StrCat("the disk did not confirm the write, it may or may not have taken effect: ", status.message()));
}

}  // namespace

CommitQueue::Task Committer::Commit(absl::Span<Write* const> group) {
  WatchHub::Wakeups wakeups;
  absl::Status status = Recover(&wakeups);
  absl::Status space;
  if (status.ok()) space = engine_->CheckSpace();
  if (!absl::IsResourceExhausted(space)) status.Update(space);
  if (!status.ok()) {
    for (Write* write : group) write->result = status;
    return nullptr;
  }
  const WatchHub::Wakeups published = CommitRecovered(group, space);
  wakeups.insert(wakeups.end(), published.begin(), published.end());
  if (wakeups.empty()) return nullptr;
  return [wakeups = std::move(wakeups)] { WatchHub::Wake(wakeups); };
}

WatchHub::Wakeups Committer::CommitRecovered(absl::Span<Write* const> group, const absl::Status& puts) {
  Plan plan(engine_, leases_, &newest_, tail_, puts);
  for (Write* write : group) plan.Add(write);
  plan.Close();
  if (plan.batch().empty()) return {};
  if (const absl::Status written = engine_->Write(plan.batch(), plan.sync()); !written.ok()) {
    base::LogError("Store write failed", {{"err", written}});
    failed_ = true;
    plan.Fail(Unconfirmed(written));
    return {};
  }
  tail_ = plan.tail();
  for (const EventPtr& event : plan.events()) newest_.Insert(event);
  leases_->Apply(plan.lease_changes(), [&] { horizon_->current = tail_.revision; });
  // In this order: who learns of a change can read at its revision.
  return hub_->Publish(plan.events());
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
  ASSIGN_OR_RETURN(const std::vector<Lease> leases, LeaseTable::ReadAll(view.get()));
  // What the failed batch has left after all: one group at most.
  ASSIGN_OR_RETURN(const LogSlice found, ReadLog(view.get(), KeyRange::All(), horizon_->current, state.tail.revision,
                                                 std::numeric_limits<size_t>::max()));
  tail_ = state.tail;
  horizon_->compacted = std::max<Revision>(horizon_->compacted, state.compacted);
  leases_->Replace(leases, [&] { horizon_->current = tail_.revision; });
  *wakeups = hub_->Publish(found.events);
  failed_ = false;
  base::LogInfo("Store recovered", {{"revision", state.tail.revision}});
  return absl::OkStatus();
}

}  // namespace kubelite::store
