#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "store/store.h"
#include "tests/robustness/linearizability.h"
#include "tests/robustness/operation.h"

namespace kubelite::robustness {

// The order of all calls and returns of a run. Thread-safe.
class TickSource {
 public:
  Tick Next() { return next_.fetch_add(1); }

 private:
  std::atomic<Tick> next_ = 1;
};

// Calls a store and records each call with its outcome. One thread at a time.
class Client {
 public:
  Client(int id, TickSource* ticks) : id_(id), ticks_(ticks) {}

  // The store to call from now on. Lost operations that are found in its log had their effect before.
  void Attach(store::Store* store);
  // The origin time of all that follows.
  void set_time(absl::Time time) { time_ = time; }

  // The reference is valid until the next call.
  const Operation& Put(const std::string& key, const std::string& value, Revision expected, LeaseId lease);
  const Operation& Delete(const std::string& key, Revision expected);
  // `writes` are made by PlanPut and PlanDelete.
  void Apply(std::vector<Operation> writes);
  // Runs the calls in order, whatever they return, and gives up at the end when `abandon`.
  const Operation& Transact(std::vector<BodyCall> body, bool abandon);
  const Operation& Get(const std::string& key, Revision at);
  const Operation& List(const KeyRange& range, size_t limit, Revision at);
  const Operation& Count(const KeyRange& range, Revision at);
  const Operation& History(const std::string& key, size_t limit, Revision at);
  const Operation& RevisionAt(absl::Time time);
  const Operation& GrantLease(const store::Lease& lease);
  const Operation& RenewLease(LeaseId id, absl::Time deadline);
  const Operation& RevokeLease(LeaseId id);
  const Operation& GetLease(LeaseId id);
  const Operation& LeaseKeys(LeaseId id);
  const Operation& Leases();
  const Operation& ExpireLeases(absl::Time now);
  const Operation& Compact(Revision revision);
  const Operation& CurrentRevision();
  const Operation& CompactedRevision();
  // Records the attempt; null when it failed.
  std::unique_ptr<store::Watch> NewWatch(const KeyRange& range, Revision after, std::function<void()> on_ready);

  Operation PlanPut(const std::string& key, const std::string& value, Revision expected, LeaseId lease);
  Operation PlanDelete(const std::string& key, Revision expected);
  // Unique in the run: names the next operation.
  std::string NextNote() const;

  Session& session() { return session_; }

 private:
  Operation Begin(Operation::Kind kind);
  // Calls `call`, which fills in the outcome, between two ticks.
  template <typename Call>
  const Operation& Run(Operation op, Call call);
  Origin OriginOf(const Operation& op) const { return {time_, op.note}; }
  store::Write WriteOf(const Operation& op) const;

  const int id_;
  TickSource* const ticks_;
  store::Store* store_ = nullptr;
  absl::Time time_ = absl::UnixEpoch();
  int64_t next_ = 1;
  Session session_;
};

}  // namespace kubelite::robustness
