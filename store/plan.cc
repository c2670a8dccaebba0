#include "store/plan.h"

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "store/history.h"
#include "store/key_codec.h"

namespace kubelite::store {
namespace {

using KeyValuePtr = std::shared_ptr<const KeyValue>;

absl::Status NoKeyError(absl::string_view key) {
  return absl::NotFoundError(absl::StrCat("key \"", key, "\" does not exist"));
}

absl::Status NoLeaseError(LeaseId id) { return absl::NotFoundError(absl::StrCat("lease ", id, " does not exist")); }

absl::Status CheckKey(absl::string_view key) {
  return key.empty() ? absl::InvalidArgumentError("the key is empty") : absl::OkStatus();
}

absl::Status CheckExpectation(const Write& write, const KeyValue* current) {
  const bool put = write.kind == Write::Kind::kPut;
  if (current == nullptr) {
    if (put && (write.expected == 0 || write.expected == kAnyRevision)) return absl::OkStatus();
    return NoKeyError(write.key);
  }
  if (write.expected == kAnyRevision) return absl::OkStatus();
  if (put && write.expected == 0) {
    return absl::AlreadyExistsError(absl::StrCat("key \"", write.key, "\" exists at revision ", current->mod_revision));
  }
  if (current->mod_revision != write.expected) {
    return absl::AbortedError(absl::StrCat("key \"", write.key, "\" is at revision ", current->mod_revision,
                                           ", not at the expected ", write.expected));
  }
  return absl::OkStatus();
}

EventPtr PutEvent(absl::string_view key, absl::string_view value, LeaseId lease, Revision revision,
                  KeyValuePtr previous) {
  auto event = std::make_shared<Event>();
  event->kv.key.assign(key.data(), key.size());
  event->kv.value.assign(value.data(), value.size());
  event->kv.mod_revision = revision;
  event->kv.create_revision = previous == nullptr ? revision : previous->create_revision;
  event->kv.version = previous == nullptr ? 1 : previous->version + 1;
  event->kv.lease = lease;
  event->previous = std::move(previous);
  return event;
}

EventPtr DeleteEvent(absl::string_view key, Revision revision, KeyValuePtr previous) {
  auto event = std::make_shared<Event>();
  event->type = Event::Type::kDelete;
  event->kv.key.assign(key.data(), key.size());
  event->kv.mod_revision = revision;
  event->previous = std::move(previous);
  return event;
}

// About what the change adds to the history: its log row, and the version that it replaces.
int64_t HistoryBytes(const Event& event) {
  constexpr size_t kRowBytes = 32;
  size_t bytes = event.kv.key.size() + kRowBytes;
  if (event.previous != nullptr) bytes += event.kv.key.size() + event.previous->value.size() + kRowBytes;
  return static_cast<int64_t>(bytes);
}

}  // namespace

// ---- Plan -----------------------------------------------------------------------------------------------------------

void Plan::Add(Write* write) {
  const bool depends = DependsOnPlan(*write);
  write->result = Decide(*write);
  if (depends || write->result.ok()) tentative_.push_back(write);
}

bool Plan::DependsOnPlan(const Write& write) const {
  // Transactions may have read anything.
  if (write.kind == Write::Kind::kTransaction) return true;
  return latest_.contains(write.key) || (write.lease != 0 && latest_leases_.contains(write.lease));
}

void Plan::Fail(const absl::Status& status) {
  for (Write* write : tentative_) write->result = status;
}

absl::StatusOr<Revision> Plan::Decide(const Write& write) {
  return write.kind == Write::Kind::kTransaction ? DecideTransaction(write) : DecideOne(write);
}

absl::StatusOr<Revision> Plan::DecideOne(const Write& write) {
  RETURN_IF_ERROR(CheckKey(write.key));
  if (write.kind == Write::Kind::kPut) RETURN_IF_ERROR(puts_);
  ASSIGN_OR_RETURN(KeyValuePtr previous, Latest(write.key));
  RETURN_IF_ERROR(CheckExpectation(write, previous.get()));
  if (write.lease != 0 && !FindLease(write.lease)) return NoLeaseError(write.lease);
  const Revision revision = tail_.revision + 1;
  const EventPtr event = write.kind == Write::Kind::kPut
                             ? PutEvent(write.key, write.value, write.lease, revision, std::move(previous))
                             : DeleteEvent(write.key, revision, std::move(previous));
  Append(absl::MakeConstSpan(&event, 1), write.origin);
  return revision;
}

absl::StatusOr<Revision> Plan::DecideTransaction(const Write& write) {
  Step step(this);
  RETURN_IF_ERROR(write.body(step));
  // Without its puts it is not what the caller meant.
  if (step.refused_) return puts_;
  if (step.rows_ != nullptr) batch_.Append(*step.rows_);
  sync_ |= step.sync_;
  if (!step.changes_.empty()) Append(step.changes_, write.origin);
  // After the changes: a revoked lease's keys leave it first.
  if (step.lease_change_) AppendLease(*step.lease_change_);
  return tail_.revision;
}

void Plan::Append(absl::Span<const EventPtr> changes, const Origin& origin) {
  ++tail_.revision;
  for (const EventPtr& event : changes) tail_.history_bytes += HistoryBytes(*event);
  if (const int64_t micros = ToMicros(origin.time); micros != 0) tail_.time_micros = micros;
  StepRow step;
  step.changes = static_cast<uint32_t>(changes.size());
  step.time_micros = tail_.time_micros;
  step.history_bytes = tail_.history_bytes;
  step.note = origin.note;
  for (uint32_t place = 0; place < changes.size(); ++place) {
    AppendRows(*changes[place], step, place);
    AppendHeldKeys(*changes[place]);
    latest_[changes[place]->kv.key] = changes[place];
    events_.push_back(changes[place]);
  }
  sync_ = true;
}

void Plan::AppendRows(const Event& event, const StepRow& step, uint32_t place) {
  const KeyValue& kv = event.kv;
  row_key_.clear();
  row_.clear();
  AppendDataKey(kv.key, tail_.revision, &row_key_);
  AppendDataRow({event.type == Event::Type::kDelete, kv.create_revision, kv.version, kv.lease, kv.value}, &row_);
  batch_.Put(Table::kData, row_key_, row_);
  LogRow log;
  log.type = event.type;
  if (place == 0) log.step = step;
  log.previous_revision = event.previous == nullptr ? 0 : event.previous->mod_revision;
  log.key = kv.key;
  row_key_.clear();
  row_.clear();
  AppendLogKey(tail_.revision, place, &row_key_);
  AppendLogRow(log, &row_);
  batch_.Put(Table::kLog, row_key_, row_);
}

void Plan::AppendHeldKeys(const Event& event) {
  const LeaseId before = event.previous == nullptr ? 0 : event.previous->lease;
  if (before == event.kv.lease) return;
  if (before != 0) batch_.Delete(Table::kLease, EncodeHeldKey(before, event.kv.key));
  if (event.kv.lease != 0) batch_.Put(Table::kLease, EncodeHeldKey(event.kv.lease, event.kv.key), "");
}

void Plan::AppendLease(const LeaseChange& change) {
  if (change.lease) {
    batch_.Put(Table::kLease, EncodeLeaseKey(change.id), EncodeLeaseRow(*change.lease));
  } else {
    batch_.Delete(Table::kLease, EncodeLeaseKey(change.id));
  }
  latest_leases_[change.id] = change.lease;
  lease_changes_.push_back(change);
}

absl::StatusOr<Engine::View*> Plan::View() {
  if (view_ == nullptr) {
    ASSIGN_OR_RETURN(view_, engine_->NewView());
  }
  return view_.get();
}

absl::StatusOr<KeyValuePtr> Plan::Latest(absl::string_view key) {
  const auto it = latest_.find(key);
  if (const EventPtr known = it != latest_.end() ? it->second : newest_->Find(key); known != nullptr) {
    // A copy: an event that kept the one before it would keep them all.
    if (known->type == Event::Type::kDelete) return nullptr;
    return std::make_shared<const KeyValue>(known->kv);
  }
  if (!reader_) {
    ASSIGN_OR_RETURN(Engine::View * view, View());
    reader_.emplace(view);
  }
  absl::StatusOr<KeyValue> found = reader_->Read(key, tail_.revision);
  if (absl::IsNotFound(found.status())) return nullptr;
  RETURN_IF_ERROR(found.status());
  return std::make_shared<const KeyValue>(*std::move(found));
}

std::optional<Lease> Plan::FindLease(LeaseId id) const {
  if (const auto it = latest_leases_.find(id); it != latest_leases_.end()) return it->second;
  return leases_->Find(id);
}

// ---- Step -----------------------------------------------------------------------------------------------------------

const Event* Step::Own(absl::string_view key) const {
  const auto it = by_key_.find(key);
  return it == by_key_.end() ? nullptr : it->second;
}

absl::StatusOr<KeyValue> Step::Get(absl::string_view key) {
  if (const Event* own = Own(key); own != nullptr) {
    if (own->type == Event::Type::kDelete) return NoKeyError(key);
    return own->kv;
  }
  ASSIGN_OR_RETURN(const KeyValuePtr kv, plan_->Latest(key));
  if (kv == nullptr) return NoKeyError(key);
  return *kv;
}

absl::StatusOr<ListResult> Step::List(const KeyRange& range, size_t limit) {
  // What is not in the engine's rows yet; own changes hide the plan's.
  std::map<absl::string_view, const Event*> newer;
  for (const auto& [key, event] : plan_->latest_) {
    if (range.Contains(key)) newer[key] = event.get();
  }
  for (const auto& [key, event] : by_key_) {
    if (range.Contains(key)) newer[key] = event;
  }
  ListResult result;
  result.revision = plan_->tail_.revision;
  auto next = newer.begin();
  const auto add = [&](auto&& kv) {
    result.more = limit > 0 && result.items.size() == limit;
    if (!result.more) result.items.push_back(std::forward<decltype(kv)>(kv));
  };
  const auto add_newer = [&] {
    if (next->second->type == Event::Type::kPut) add(next->second->kv);
    ++next;
  };
  ASSIGN_OR_RETURN(Engine::View * view, plan_->View());
  LiveKeys keys(view, range, result.revision);
  while (!result.more && keys.Next()) {
    ASSIGN_OR_RETURN(KeyValue kv, keys.Current());
    while (!result.more && next != newer.end() && next->first < kv.key) add_newer();
    if (result.more) break;
    if (next != newer.end() && next->first == kv.key) {
      add_newer();
    } else {
      add(std::move(kv));
    }
  }
  RETURN_IF_ERROR(keys.status());
  while (!result.more && next != newer.end()) add_newer();
  return result;
}

absl::Status Step::Put(absl::string_view key, absl::string_view value, LeaseId lease) {
  RETURN_IF_ERROR(CheckKey(key));
  if (!plan_->puts_.ok()) {
    refused_ = true;
    return plan_->puts_;
  }
  if (lease != 0 && !FindLease(lease)) return NoLeaseError(lease);
  ASSIGN_OR_RETURN(KeyValuePtr previous, plan_->Latest(key));
  return Change(PutEvent(key, value, lease, revision_, std::move(previous)));
}

absl::Status Step::Delete(absl::string_view key) {
  RETURN_IF_ERROR(CheckKey(key));
  ASSIGN_OR_RETURN(KeyValuePtr previous, plan_->Latest(key));
  if (previous == nullptr && Own(key) == nullptr) return NoKeyError(key);
  return Change(DeleteEvent(key, revision_, std::move(previous)));
}

absl::Status Step::Change(EventPtr event) {
  const auto [it, inserted] = by_key_.try_emplace(event->kv.key, event.get());
  if (!inserted) {
    return absl::InvalidArgumentError(absl::StrCat("key \"", event->kv.key, "\" is written twice in one transaction"));
  }
  changes_.push_back(std::move(event));
  return absl::OkStatus();
}

absl::Status Step::Grant(const Lease& lease) {
  if (lease.id == 0) return absl::InvalidArgumentError("lease 0 means none; choose another id");
  RETURN_IF_ERROR(plan_->puts_);
  if (FindLease(lease.id)) return absl::AlreadyExistsError(absl::StrCat("lease ", lease.id, " exists"));
  lease_change_ = LeaseChange{lease.id, lease};
  sync_ = true;
  return absl::OkStatus();
}

absl::Status Step::Renew(LeaseId id, absl::Time deadline) {
  std::optional<Lease> lease = FindLease(id);
  if (!lease) return NoLeaseError(id);
  lease->deadline = deadline;
  lease_change_ = LeaseChange{id, lease};
  return absl::OkStatus();
}

absl::StatusOr<std::set<std::string>> Step::LeaseKeys(LeaseId id) {
  if (!FindLease(id)) return NoLeaseError(id);
  ASSIGN_OR_RETURN(Engine::View * view, plan_->View());
  ASSIGN_OR_RETURN(const std::vector<std::string> held, ReadHeldKeys(view, id));
  std::set<std::string> keys(held.begin(), held.end());
  // Earlier writes of the group may have given keys to the lease, or taken them away.
  for (const auto& [key, event] : plan_->latest_) {
    if (event->kv.lease == id) {
      keys.emplace(key);
    } else {
      keys.erase(std::string(key));
    }
  }
  return keys;
}

absl::Status Step::Revoke(LeaseId id) {
  ASSIGN_OR_RETURN(const std::set<std::string> keys, LeaseKeys(id));
  for (const std::string& key : keys) RETURN_IF_ERROR(Delete(key));
  lease_change_ = LeaseChange{id, std::nullopt};
  sync_ = true;
  return absl::OkStatus();
}

void Step::Maintain(const WriteBatch* rows, bool sync) {
  rows_ = rows;
  sync_ |= sync;
}

}  // namespace kubelite::store
