#include "tests/robustness/semantics.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "common/base/check.h"

namespace kubelite::robustness {
namespace {

using Code = absl::StatusCode;
using Kind = Operation::Kind;

const char* RefuseUnless(bool condition, const char* reason) { return condition ? nullptr : reason; }

const char* CodeMismatch(const Operation& op, Code wanted) {
  if (op.status.code() == wanted) return nullptr;
  return wanted == Code::kOk ? "it should have succeeded" : "it should have failed, or with another error";
}

const KeyValue* Pointer(const std::optional<KeyValue>& kv) { return kv ? &*kv : nullptr; }

bool LeaseMissing(LeaseId lease, const State& state) { return lease != 0 && !state.leases.contains(lease); }

// ---- steps
// ------------------------------------------------------------------------------------------------------------

std::vector<KeyChange> ChangesAt(const Model& truth, Revision revision) {
  std::vector<KeyChange> changes;
  for (const Event& event : truth.Changes(revision)) {
    if (event.type == Event::Type::kDelete) {
      changes.push_back({event.kv.key, std::nullopt, 0});
    } else {
      changes.push_back({event.kv.key, event.kv.value, event.kv.lease});
    }
  }
  return changes;
}

const char* RefuseChanges(const Operation& op, const Model& truth, const State& state,
                          const std::vector<KeyChange>& changes) {
  if (changes.empty())
    return RefuseUnless(op.revision == state.revision, "it changes nothing: its revision is the latest");
  if (op.revision != state.revision + 1) return "another step has its revision";
  if (op.revision > truth.current()) return "its revision is not in the store's log";
  return RefuseUnless(ChangesAt(truth, op.revision) == changes, "the log holds other changes at its revision");
}

const char* RefuseSingle(const Operation& op, const Model& truth, const State& state, const std::vector<Code>& errors,
                         const KeyChange& change) {
  if (!op.lost && !op.status.ok()) {
    if (op.kind == Kind::kPut && op.status.code() == Code::kResourceExhausted) return nullptr;
    if (errors.empty()) return "it should have succeeded";
    return RefuseUnless(std::find(errors.begin(), errors.end(), op.status.code()) != errors.end(),
                        "it should have failed with another error");
  }
  if (!errors.empty()) return "it should have failed";
  return RefuseChanges(op, truth, state, {change});
}

// Runs a transaction's body on the model.
class BodyModel {
 public:
  BodyModel(const Model& truth, const State& state) : truth_(truth), state_(state) {}

  // Why the call cannot have had its outcome. Follows the model's outcome when `lost`.
  const char* Run(const BodyCall& call, bool lost) {
    switch (call.kind) {
      case BodyCall::Kind::kGet:
        return lost ? nullptr : Get(call);
      case BodyCall::Kind::kList:
        return lost ? nullptr : List(call);
      case BodyCall::Kind::kPut:
      case BodyCall::Kind::kDelete:
        return Write(call, lost);
    }
    return "unknown call";
  }

  std::vector<KeyChange> changes() const {
    std::vector<KeyChange> changes;
    for (const auto& [key, kv] : written_) {
      changes.push_back(kv ? KeyChange{key, kv->value, kv->lease} : KeyChange{key, std::nullopt, 0});
    }
    return changes;
  }

 private:
  std::optional<KeyValue> Now(const std::string& key) const {
    const auto own = written_.find(key);
    return own == written_.end() ? truth_.Get(key, state_.revision) : own->second;
  }

  const char* Get(const BodyCall& call) const {
    const auto now = Now(call.key);
    if (!now) return RefuseUnless(call.status.code() == Code::kNotFound, "its body should not have found a key");
    return RefuseUnless(call.status.ok() && call.items.size() == 1 && SameKeyValue(call.items[0], *now),
                        "its body should have read another value");
  }

  const char* List(const BodyCall& call) const {
    std::map<std::string, KeyValue> live;
    for (KeyValue& kv : truth_.List(call.range, state_.revision)) live.emplace(kv.key, std::move(kv));
    for (const auto& [key, kv] : written_) {
      if (!call.range.Contains(key)) continue;
      live.erase(key);
      if (kv) live.emplace(key, *kv);
    }
    const bool more = call.limit > 0 && live.size() > call.limit;
    const size_t size = more ? call.limit : live.size();
    if (!call.status.ok() || call.more != more || call.items.size() != size)
      return "its body should have listed others";
    auto wanted = live.begin();
    for (const KeyValue& kv : call.items) {
      if (!SameKeyValue(kv, (wanted++)->second)) return "its body should have listed other values";
    }
    return nullptr;
  }

  const char* Write(const BodyCall& call, bool lost) {
    const bool deletes = call.kind == BodyCall::Kind::kDelete;
    const auto now = Now(call.key);
    std::vector<Code> errors;
    if (written_.contains(call.key)) errors.push_back(Code::kInvalidArgument);
    if (deletes && !now) errors.push_back(Code::kNotFound);
    if (!deletes && LeaseMissing(call.lease, state_)) errors.push_back(Code::kNotFound);
    if (!errors.empty()) {
      const bool told = std::find(errors.begin(), errors.end(), call.status.code()) != errors.end();
      return RefuseUnless(lost || told, "a write of its body should have failed");
    }
    if (!lost && !call.status.ok()) return "a write of its body should have succeeded";
    if (deletes) {
      written_[call.key] = std::nullopt;
      return nullptr;
    }
    const Revision revision = state_.revision + 1;
    written_[call.key] = KeyValue{
        call.key, call.value, now ? now->create_revision : revision, revision, now ? now->version + 1 : 1, call.lease};
    return nullptr;
  }

  const Model& truth_;
  const State& state_;
  std::map<std::string, std::optional<KeyValue>> written_;
};

const char* RefuseTransaction(const Operation& op, const Model& truth, const State& state) {
  if (!op.lost && op.status.code() == Code::kResourceExhausted) return nullptr;
  if (!op.lost && op.body_revision != state.revision + 1) return "its body ran at another revision";
  BodyModel body(truth, state);
  for (const BodyCall& call : op.body) {
    if (const char* refusal = body.Run(call, op.lost)) return refusal;
  }
  if (op.abandon) return op.lost ? "its body gave up" : CodeMismatch(op, kAbandoned);
  if (!op.lost && !op.status.ok()) return "it should have succeeded";
  return RefuseChanges(op, truth, state, body.changes());
}

const char* RefuseRevoke(const Operation& op, const Model& truth, const State& state) {
  const bool missing = LeaseMissing(op.lease.id, state);
  if (!op.lost && !op.status.ok()) return CodeMismatch(op, missing ? Code::kNotFound : Code::kOk);
  if (missing) return "its lease does not exist";
  std::vector<KeyChange> changes;
  for (const std::string& key : truth.LeaseKeys(op.lease.id, state.revision)) changes.push_back({key, std::nullopt, 0});
  // Lost and not found in the log: it can only have ended a lease without keys.
  if (op.lost && op.revision == 0) return RefuseUnless(changes.empty(), "its step is not in the log");
  return RefuseChanges(op, truth, state, changes);
}

// ---- reads
// ------------------------------------------------------------------------------------------------------------

// The code that a read at `at` gives before it looks at any key; stores the revision it reads in *revision.
Code ReadCode(Revision at, const State& state, Revision* revision) {
  *revision = at == 0 ? state.revision : at;
  if (at > state.revision) return Code::kFailedPrecondition;
  if (at != 0 && at < state.compacted) return Code::kOutOfRange;
  return Code::kOk;
}

const char* RefuseGet(const Operation& op, const Model& truth, Revision at) {
  const auto kv = truth.Get(op.key, at);
  if (!kv) return CodeMismatch(op, Code::kNotFound);
  if (!op.status.ok()) return "the key exists";
  return RefuseUnless(op.items.size() == 1 && SameKeyValue(op.items[0], *kv), "the key has another value");
}

const char* RefuseList(const Operation& op, const Model& truth, Revision at) {
  if (!op.status.ok()) return "it should have succeeded";
  if (op.revision != at) return "it read another revision";
  std::vector<KeyValue> items = truth.List(op.range, at);
  const bool more = op.limit > 0 && items.size() > op.limit;
  if (more) items.resize(op.limit);
  if (op.more != more || !std::equal(items.begin(), items.end(), op.items.begin(), op.items.end(), SameKeyValue)) {
    return "the range holds other keys or values";
  }
  return nullptr;
}

// What is at or below the compacted revision may be told or not, and without its origin when it lies below.
const char* RefuseHistory(const Operation& op, const Model& truth, const State& state, Revision at) {
  const std::vector<Event> all = truth.History(op.key, at);
  if (!op.status.ok() && op.status.code() != Code::kNotFound) return "it should have succeeded";
  auto next = all.begin();
  for (const store::Change& change : op.changes) {
    const Revision told = change.event->revision();
    while (next != all.end() && next->revision() != told && next->revision() <= state.compacted) ++next;
    if (next == all.end()) return "it tells a change that never was, or in another order";
    if (!SameEvent(*change.event, *next, state.compacted)) return "a change was another, or one was left out";
    const bool forgotten = told < state.compacted && change.origin.note.empty();
    if (!forgotten && change.origin.note != truth.origin(told).note) return "a change has another origin";
    ++next;
  }
  if (op.limit > 0 && op.changes.size() > op.limit) return "it tells more than the limit";
  if (op.limit > 0 && op.changes.size() == op.limit) return nullptr;
  if (next == all.end() || next->revision() < state.compacted) return nullptr;
  const bool forgotten = next->revision() == state.compacted && next->type == Event::Type::kDelete;
  return RefuseUnless(forgotten, "it leaves out a retained change");
}

const char* RefuseRead(const Operation& op, const Model& truth, const State& state) {
  Revision at = 0;
  const Code code = ReadCode(op.at, state, &at);
  if (code != Code::kOk) return CodeMismatch(op, code);
  switch (op.kind) {
    case Kind::kGet:
      return RefuseGet(op, truth, at);
    case Kind::kList:
      return RefuseList(op, truth, at);
    case Kind::kCount:
      if (!op.status.ok()) return "it should have succeeded";
      return RefuseUnless(op.count == static_cast<int64_t>(truth.List(op.range, at).size()), "the count is another");
    default:
      return RefuseHistory(op, truth, state, at);
  }
}

const char* RefuseRevisionAt(const Operation& op, const Model& truth, const State& state) {
  const Revision revision = truth.RevisionAt(op.time, state.revision);
  if (revision == 0 || revision < state.compacted) return CodeMismatch(op, Code::kOutOfRange);
  if (!op.status.ok()) return "it should have succeeded";
  return RefuseUnless(op.revision == revision, "another revision was the newest then");
}

const char* RefuseNewWatch(const Operation& op, const State& state) {
  Code code = Code::kOk;
  if (op.at > state.revision) code = Code::kFailedPrecondition;
  if (op.at != 0 && op.at + 1 < state.compacted) code = Code::kOutOfRange;
  return CodeMismatch(op, code);
}

// ---- leases
// -----------------------------------------------------------------------------------------------------------

bool SameLease(const store::Lease& a, const store::Lease& b) {
  return a.id == b.id && a.ttl == b.ttl && a.deadline == b.deadline;
}

const char* RefuseLease(const Operation& op, const Model& truth, const State& state) {
  const auto lease = state.leases.find(op.lease.id);
  const bool exists = lease != state.leases.end();
  if (op.kind == Kind::kGrantLease) {
    if (op.lost) return RefuseUnless(!exists, "the lease exists");
    return CodeMismatch(op, exists ? Code::kAlreadyExists : Code::kOk);
  }
  if (op.lost) return RefuseUnless(exists, "the lease does not exist");
  if (!exists) return CodeMismatch(op, Code::kNotFound);
  if (!op.status.ok()) return "the lease exists";
  if (op.kind == Kind::kGetLease) return RefuseUnless(SameLease(op.lease, lease->second), "the lease is another");
  if (op.kind == Kind::kRenewLease) return nullptr;
  std::vector<std::string> keys = op.keys;
  std::sort(keys.begin(), keys.end());
  return RefuseUnless(keys == truth.LeaseKeys(op.lease.id, state.revision), "the lease has other keys");
}

const char* RefuseLeases(const Operation& op, const State& state) {
  LeaseTable told;
  for (const store::Lease& lease : op.leases) told.emplace(lease.id, lease);
  const bool same = told.size() == op.leases.size() &&
                    std::equal(told.begin(), told.end(), state.leases.begin(), state.leases.end(),
                               [](const auto& a, const auto& b) { return SameLease(a.second, b.second); });
  return RefuseUnless(same, "other leases exist");
}

const char* RefuseExpiryEnd(const Operation& op, const State& state) {
  if (!op.status.ok()) return "it should have succeeded";
  absl::Time next = absl::InfiniteFuture();
  for (const auto& [id, lease] : state.leases) next = std::min(next, lease.deadline);
  if (next <= op.time) return "a lease that is due still exists";
  return RefuseUnless(op.lease.deadline == next, "another deadline is the next");
}

absl::Time LatestExpiring(const State& state) {
  absl::Time latest = absl::InfinitePast();
  for (const absl::Time now : state.expiring) latest = std::max(latest, now);
  return latest;
}

// Everything but a renewal is synced, and what came before it too. What an expiry ends, EndLeases syncs; one that finds
// nothing due writes nothing.
bool IsSynced(Kind kind) { return kind != Kind::kRenewLease && kind != Kind::kExpireLeases; }

}  // namespace

const char* Refusal(const Operation& op, const Model& truth, const State& state) {
  if (op.IsStep() && op.revision > state.revision + 1) return "its revision is not the next";
  switch (op.kind) {
    case Kind::kPut: {
      const auto now = truth.Get(op.key, state.revision);
      return RefuseSingle(op, truth, state, PutErrors(Pointer(now), op.expected, LeaseMissing(op.lease.id, state)),
                          {op.key, op.value, op.lease.id});
    }
    case Kind::kDelete: {
      const auto now = truth.Get(op.key, state.revision);
      return RefuseSingle(op, truth, state, DeleteErrors(Pointer(now), op.expected), {op.key, std::nullopt, 0});
    }
    case Kind::kTransaction:
      return RefuseTransaction(op, truth, state);
    case Kind::kRevokeLease:
      return RefuseRevoke(op, truth, state);
    case Kind::kGet:
    case Kind::kList:
    case Kind::kCount:
    case Kind::kHistory:
      return RefuseRead(op, truth, state);
    case Kind::kRevisionAt:
      return RefuseRevisionAt(op, truth, state);
    case Kind::kGrantLease:
    case Kind::kRenewLease:
    case Kind::kGetLease:
    case Kind::kLeaseKeys:
      return RefuseLease(op, truth, state);
    case Kind::kLeases:
      return RefuseLeases(op, state);
    case Kind::kExpireLeases:
      return RefuseExpiryEnd(op, state);
    case Kind::kCompact:
      if (op.lost) return RefuseUnless(op.at <= state.revision, "its revision is in the future");
      return CodeMismatch(op, op.at > state.revision ? Code::kFailedPrecondition : Code::kOk);
    case Kind::kCurrentRevision:
      return RefuseUnless(op.revision == state.revision, "the store is at another revision");
    case Kind::kCompactedRevision:
      return RefuseUnless(op.revision == state.compacted, "another revision is compacted");
    case Kind::kNewWatch:
      return RefuseNewWatch(op, state);
    case Kind::kPowerLoss:
      return nullptr;
  }
  return "unknown operation";
}

void TakeEffect(const Operation& op, const Model& truth, State* state) {
  if (HasNoEffect(op, *state)) return;
  if (IsSynced(op.kind)) state->unsynced.clear();
  switch (op.kind) {
    case Kind::kRevokeLease:
      state->leases.erase(op.lease.id);
      [[fallthrough]];
    case Kind::kPut:
    case Kind::kDelete:
    case Kind::kTransaction:
      state->revision = std::max(state->revision, op.revision);
      CHECK(state->revision <= truth.current());
      return;
    case Kind::kGrantLease:
      state->leases[op.lease.id] = op.lease;
      return;
    case Kind::kRenewLease:
      state->unsynced.emplace_back(op.lease.id, state->leases[op.lease.id].deadline);
      state->leases[op.lease.id].deadline = op.lease.deadline;
      return;
    case Kind::kExpireLeases:
      state->expiring.erase(std::find(state->expiring.begin(), state->expiring.end(), op.time));
      return;
    case Kind::kCompact:
      state->compacted = std::max(state->compacted, op.at);
      return;
    default:
      return;
  }
}

bool HasNoEffect(const Operation& op, const State& state) {
  if (!op.lost && !op.status.ok()) return true;
  switch (op.kind) {
    case Kind::kPut:
    case Kind::kDelete:
    case Kind::kTransaction:
      return op.revision <= state.revision;
    case Kind::kRevokeLease:
    case Kind::kGrantLease:
    case Kind::kRenewLease:
    case Kind::kExpireLeases:
      return false;
    case Kind::kCompact:
      return op.at <= state.compacted;
    case Kind::kPowerLoss:
      return state.unsynced.empty();
    default:
      return true;
  }
}

std::vector<State> AfterPowerLoss(const State& state) {
  std::vector<State> states = {state};
  for (auto it = state.unsynced.rbegin(); it != state.unsynced.rend(); ++it) {
    states.push_back(states.back());
    states.back().leases[it->first].deadline = it->second;
  }
  for (State& one : states) one.unsynced.clear();
  return states;
}

void EndLeases(const std::vector<LeaseId>& ids, State* state) {
  for (const LeaseId id : ids) state->leases.erase(id);
  state->unsynced.clear();
}

bool TakeExpiryStep(const Model& truth, State* state) {
  if (state->expiring.empty() || state->revision == truth.current()) return false;
  const absl::Time now = LatestExpiring(*state);
  std::map<LeaseId, size_t> ended;
  for (const Event& event : truth.Changes(state->revision + 1)) {
    if (event.type != Event::Type::kDelete || event.previous == nullptr) return false;
    ++ended[event.previous->lease];
  }
  std::vector<LeaseId> ids;
  for (const auto& [id, keys] : ended) {
    const auto lease = state->leases.find(id);
    if (lease == state->leases.end() || lease->second.deadline > now) return false;
    if (truth.LeaseKeys(id, state->revision).size() != keys) return false;
    ids.push_back(id);
  }
  EndLeases(ids, state);
  ++state->revision;
  return true;
}

std::vector<LeaseId> DueWithoutKeys(const Model& truth, const State& state) {
  std::vector<LeaseId> due;
  const absl::Time now = LatestExpiring(state);
  for (const auto& [id, lease] : state.leases) {
    if (lease.deadline <= now && truth.LeaseKeys(id, state.revision).empty()) due.push_back(id);
  }
  return due;
}

bool SameEvent(const Event& told, const Event& truth, Revision compacted) {
  if (told.type != truth.type || !SameKeyValue(told.kv, truth.kv)) return false;
  if (told.previous == nullptr) return truth.previous == nullptr || truth.revision() <= compacted;
  return truth.previous != nullptr && SameKeyValue(*told.previous, *truth.previous);
}

}  // namespace kubelite::robustness
