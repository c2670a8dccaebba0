#include "tests/robustness/ledger.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/status_macros.h"
#include "tests/robustness/semantics.h"
#include "tests/robustness/truth.h"
#include "tests/robustness/writer_plan.h"

namespace kubelite::robustness {
namespace {

using Kind = Operation::Kind;

absl::Status Broken(const std::string& text) { return absl::FailedPreconditionError(text); }

// Calls `visit` with all events of each revision in (after, up_to].
template <typename Visit>
absl::Status ForEachStep(store::Store* store, Revision after, Revision up_to, Visit visit) {
  if (after >= up_to) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto watch, store->NewWatch(KeyRange::All(), after, [] {}));
  std::vector<store::EventPtr> step;
  for (Revision progress = after; progress < up_to;) {
    ASSIGN_OR_RETURN(const store::Watch::Batch batch, watch->Poll(100));
    if (batch.progress <= progress) return Broken(absl::StrCat("watch complete: no progress after ", progress));
    progress = batch.progress;
    for (const store::EventPtr& event : batch.events) {
      if (!step.empty() && step.front()->revision() != event->revision()) {
        RETURN_IF_ERROR(visit(step));
        step.clear();
      }
      step.push_back(event);
    }
  }
  return step.empty() ? absl::OkStatus() : visit(step);
}

bool AlwaysChangesSomething(const Operation& op) {
  if (op.kind == Kind::kPut) return true;
  return op.kind == Kind::kTransaction && std::any_of(op.body.begin(), op.body.end(), [](const BodyCall& call) {
           return call.kind == BodyCall::Kind::kPut;
         });
}

absl::StatusOr<Operation> OperationOfNote(const std::string& note) {
  const std::vector<std::string> parts = absl::StrSplit(note, '.');
  int64_t round = 0;
  int writer = 0;
  int64_t n = 0;
  if (parts.size() != 3 || !absl::SimpleAtoi(parts[0].substr(1), &round) ||
      !absl::SimpleAtoi(parts[1].substr(1), &writer) || !absl::SimpleAtoi(parts[2], &n)) {
    return Broken(absl::StrCat("origin: \"", note, "\" is nobody's"));
  }
  Operation op = PlannedOperation(round, writer, n);
  if (op.note != note) return Broken(absl::StrCat("origin: \"", note, "\" is nobody's"));
  return op;
}

}  // namespace

absl::Status Ledger::Adopt(store::Store* store, int64_t round, const std::vector<Acknowledgement>& acknowledged) {
  const Revision before = truth_.current();
  if (store->CurrentRevision() < before) {
    return Broken(absl::StrCat("durable: the store is at ", store->CurrentRevision(), " but was at ", before));
  }
  RETURN_IF_ERROR(ReadNewSteps(store, round));
  RETURN_IF_ERROR(CheckAcknowledged(round, acknowledged));
  RETURN_IF_ERROR(CheckLeases(store, round, acknowledged));
  return Compare(store, truth_.current());
}

absl::Status Ledger::ReadNewSteps(store::Store* store, int64_t round) {
  last_found_.clear();
  Revision after = truth_.current();
  if (after == 0 && store->CurrentRevision() > 0) {
    // A watch cannot start before the first revision: take that one from the history of its keys.
    ASSIGN_OR_RETURN(const store::ListResult first, store->List(KeyRange::All(), 0, 1));
    std::vector<store::EventPtr> step;
    Origin origin;
    for (const KeyValue& kv : first.items) {
      ASSIGN_OR_RETURN(const auto changes, store->History(kv.key, 1, 1));
      if (changes.size() != 1) return Broken(absl::StrCat("origin: History does not tell ", ToText(kv)));
      step.push_back(changes[0].event);
      origin = changes[0].origin;
    }
    RETURN_IF_ERROR(AppendStep(step, origin, &truth_));
    RETURN_IF_ERROR(CheckWhole(1, round));
    after = 1;
  }
  return ForEachStep(store, after, store->CurrentRevision(), [&](const std::vector<store::EventPtr>& step) {
    const Event& event = *step.front();
    const auto history = store->History(event.kv.key, 1, event.revision());
    RETURN_IF_ERROR(history.status());
    if (history->size() != 1) return Broken(absl::StrCat("origin: History does not tell ", ToText(event)));
    RETURN_IF_ERROR(AppendStep(step, history->front().origin, &truth_));
    return CheckWhole(event.revision(), round);
  });
}

absl::Status Ledger::CheckWhole(Revision revision, int64_t round) {
  const std::string& note = truth_.origin(revision).note;
  ASSIGN_OR_RETURN(Operation op, OperationOfNote(note));
  if (!absl::StartsWith(note, absl::StrCat("r", round, "."))) {
    return Broken(absl::StrCat("durable: revision ", revision, " by ", note, " appears only after round ", round));
  }
  if (!notes_.emplace(note, revision).second) return Broken(absl::StrCat("unique: ", note, " is there twice"));
  op.lost = true;
  op.revision = revision;
  State state;
  state.revision = revision - 1;
  state.leases[op.lease.id] = op.lease;
  if (const char* refusal = Refusal(op, truth_, state)) {
    return Broken(absl::StrCat("whole: revision ", revision, ", ", ToText(op), ": ", refusal));
  }
  const std::vector<std::string> parts = absl::StrSplit(note, '.');
  int writer = 0;
  int64_t n = 0;
  if (absl::SimpleAtoi(parts[1].substr(1), &writer) && absl::SimpleAtoi(parts[2], &n)) {
    if (last_found_.contains(writer) && last_found_[writer] >= n) {
      return Broken(absl::StrCat("order: ", note, " comes after step ", last_found_[writer], " of the same writer"));
    }
    last_found_[writer] = n;
  }
  return absl::OkStatus();
}

absl::Status Ledger::CheckAcknowledged(int64_t round, const std::vector<Acknowledgement>& acknowledged) const {
  std::map<int, int64_t> last;
  for (const Acknowledgement& ack : acknowledged) {
    const Operation op = PlannedOperation(round, ack.writer, ack.n);
    last[ack.writer] = std::max(last[ack.writer], ack.n);
    const auto found = notes_.find(op.note);
    const bool must = AlwaysChangesSomething(op) || (op.kind == Kind::kDelete && ack.revision != 0);
    if (found == notes_.end() && must) {
      return Broken(absl::StrCat("durable: ", ToText(op), " was acknowledged as ", ack.revision, " and is lost"));
    }
    if (found != notes_.end() && found->second != ack.revision) {
      return Broken(
          absl::StrCat("durable: ", ToText(op), " was acknowledged as ", ack.revision, " but is at ", found->second));
    }
  }
  for (const auto& [writer, n] : last_found_) {
    const auto newest = last.find(writer);
    if (n > (newest == last.end() ? 0 : newest->second + 1)) {
      return Broken(absl::StrCat("order: step ", n, " of writer ", writer, " is there, which it cannot have begun"));
    }
  }
  return absl::OkStatus();
}

absl::Status Ledger::CheckLeases(store::Store* store, int64_t round, const std::vector<Acknowledgement>& acknowledged) {
  std::map<int, int64_t> next;
  for (int writer = 0; writer < kWriters; ++writer) next[writer] = 0;
  for (const Acknowledgement& ack : acknowledged) {
    const Operation op = PlannedOperation(round, ack.writer, ack.n);
    next[ack.writer] = std::max(next[ack.writer], ack.n + 1);
    if (op.kind == Kind::kGrantLease) leases_.insert(op.lease.id);
  }
  for (const Acknowledgement& ack : acknowledged) {
    const Operation op = PlannedOperation(round, ack.writer, ack.n);
    if (op.kind == Kind::kRevokeLease) leases_.erase(op.lease.id);
  }
  for (const auto& [writer, n] : next) {
    const Operation cut = PlannedOperation(round, writer, n);
    if (cut.kind == Kind::kRevokeLease) leases_.erase(cut.lease.id);
    if (cut.kind == Kind::kRevokeLease || cut.kind == Kind::kGrantLease) may_exist_.insert(cut.lease.id);
  }
  std::set<LeaseId> found;
  for (const store::Lease& lease : store->Leases()) found.insert(lease.id);
  for (const LeaseId id : leases_) {
    if (!found.contains(id)) return Broken(absl::StrCat("durable: lease ", id, " was granted and is lost"));
  }
  for (const LeaseId id : found) {
    if (!leases_.contains(id) && !may_exist_.contains(id)) {
      return Broken(absl::StrCat("durable: lease ", id, " exists, but was revoked or never granted"));
    }
  }
  return absl::OkStatus();
}

absl::Status Ledger::Compare(store::Store* store, Revision revision) const {
  if (store->CurrentRevision() != revision) {
    return Broken(absl::StrCat("durable: the store is at ", store->CurrentRevision(), ", not at ", revision));
  }
  const Revision compacted = store->CompactedRevision();
  Revision next = std::max<Revision>(compacted, 1) + 1;
  RETURN_IF_ERROR(ForEachStep(store, next - 1, revision, [&](const std::vector<store::EventPtr>& step) {
    const std::vector<Event>& wanted = truth_.Changes(next);
    bool same = step.size() == wanted.size() && step.front()->revision() == next;
    for (const store::EventPtr& event : step) {
      same = same && std::any_of(wanted.begin(), wanted.end(), [&](const Event& one) {
               return one.kv.key == event->kv.key && SameEvent(*event, one, compacted);
             });
    }
    if (!same) return Broken(absl::StrCat("watch resumable: revision ", next, " is another: ", ToText(*step.front())));
    ++next;
    return absl::OkStatus();
  }));
  if (next <= revision) return Broken(absl::StrCat("watch complete: the log ends before revision ", next));
  for (const Revision at : {revision, (compacted + revision) / 2, compacted}) {
    if (at == 0) continue;
    ASSIGN_OR_RETURN(const store::ListResult list, store->List(KeyRange::All(), 0, at));
    const std::vector<KeyValue> wanted = truth_.List(KeyRange::All(), at);
    if (!std::equal(list.items.begin(), list.items.end(), wanted.begin(), wanted.end(), SameKeyValue)) {
      return Broken(absl::StrCat("durable: the keys at revision ", at, " are others"));
    }
  }
  return absl::OkStatus();
}

}  // namespace kubelite::robustness
