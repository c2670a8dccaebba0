#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/engine.h"
#include "store/history.h"
#include "store/lease_table.h"
#include "store/newest_cache.h"
#include "store/store.h"

namespace kubelite::store {

// The end of the log.
struct LogTail {
  Revision revision = 0;
  int64_t time_micros = 0;    // of the newest step's origin
  int64_t history_bytes = 0;  // see StepRow
};

class Step;

// What a group of writes does, before it is durable: decides the writes in order, each one on top of those before it,
// and collects their rows and events. Belongs to one thread.
class Plan {
 public:
  // On top of what `engine` and `leases` have, whose log ends at `tail`. `puts`: OK, or why none is accepted.
  Plan(Engine* engine, const LeaseTable* leases, NewestCache* newest, const LogTail& tail, absl::Status puts)
      : engine_(engine), leases_(leases), newest_(newest), puts_(std::move(puts)), tail_(tail) {}
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;

  // Fills in the write's result, as it is if the plan becomes durable.
  void Add(Write* write);
  // Ends reading: an engine's view is not held during its Write.
  void Close() {
    reader_.reset();
    view_.reset();
  }
  // The plan may not have become durable: makes `status` the result of all writes that depend on it.
  void Fail(const absl::Status& status);

  const WriteBatch& batch() const { return batch_; }
  bool sync() const { return sync_; }
  const std::vector<EventPtr>& events() const { return events_; }
  const std::vector<LeaseChange>& lease_changes() const { return lease_changes_; }
  const LogTail& tail() const { return tail_; }  // after the plan

 private:
  friend class Step;

  // Whether what the write finds may not have become durable yet.
  bool DependsOnPlan(const Write& write) const;
  absl::StatusOr<Revision> Decide(const Write& write);
  absl::StatusOr<Revision> DecideOne(const Write& write);
  absl::StatusOr<Revision> DecideTransaction(const Write& write);
  // Takes the changes of one step, all of the next revision.
  void Append(absl::Span<const EventPtr> changes, const Origin& origin);
  void AppendRows(const Event& event, const StepRow& step, uint32_t place);
  void AppendHeldKeys(const Event& event);
  void AppendLease(const LeaseChange& change);

  absl::StatusOr<Engine::View*> View();
  // The value at the end of the plan, null when the key does not exist.
  absl::StatusOr<std::shared_ptr<const KeyValue>> Latest(absl::string_view key);
  std::optional<Lease> FindLease(LeaseId id) const;

  Engine* const engine_;
  const LeaseTable* const leases_;
  NewestCache* const newest_;
  const absl::Status puts_;
  LogTail tail_;
  // Made when first needed.
  std::unique_ptr<Engine::View> view_;
  std::optional<KeyReader> reader_;
  std::string row_key_;  // scratch, as the next one
  std::string row_;
  WriteBatch batch_;
  bool sync_ = false;
  std::vector<EventPtr> events_;
  std::vector<LeaseChange> lease_changes_;
  absl::flat_hash_map<absl::string_view, EventPtr> latest_;  // by key: its last change in `events_`
  absl::flat_hash_map<LeaseId, std::optional<Lease>> latest_leases_;
  std::vector<Write*> tentative_;  // whose result holds only if the plan becomes durable
};

// One transaction that is being decided. Callers' transactions and the store's own steps.
class Step final : public Transaction {
 public:
  explicit Step(Plan* plan) : plan_(plan), revision_(plan->tail_.revision + 1) {}

  Revision revision() const override { return revision_; }
  absl::StatusOr<KeyValue> Get(absl::string_view key) override;
  absl::StatusOr<ListResult> List(const KeyRange& range, size_t limit) override;
  absl::Status Put(absl::string_view key, absl::string_view value, LeaseId lease) override;
  absl::Status Delete(absl::string_view key) override;

  // For the store's own steps.
  absl::Status Grant(const Lease& lease);
  absl::Status Renew(LeaseId id, absl::Time deadline);
  absl::Status Revoke(LeaseId id);
  std::optional<Lease> FindLease(LeaseId id) const { return plan_->FindLease(id); }
  absl::StatusOr<std::set<std::string>> LeaseKeys(LeaseId id);
  // Rows without a revision; they must stay until the step is decided.
  void Maintain(const WriteBatch* rows, bool sync);

 private:
  friend class Plan;

  absl::Status Change(EventPtr event);
  // The step's own change of a key; null when it has none.
  const Event* Own(absl::string_view key) const;

  Plan* const plan_;
  const Revision revision_;
  std::vector<EventPtr> changes_;
  absl::flat_hash_map<absl::string_view, const Event*> by_key_;  // of `changes_`
  bool refused_ = false;                                         // a put, for lack of space
  std::optional<LeaseChange> lease_change_;
  const WriteBatch* rows_ = nullptr;
  bool sync_ = false;
};

}  // namespace kubelite::store
