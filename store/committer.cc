#include "store/committer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"
#include "store/history.h"
#include "store/key_codec.h"

namespace kubelite::store {
namespace {

constexpr int64_t kFormat = 1;
constexpr size_t kRecoveryChunk = 1024;

absl::Status CheckExpectation(const PendingWrite& write, const KeyValue* current) {
  const bool put = write.kind == PendingWrite::Kind::kPut;
  if (current == nullptr) {
    if (put && write.expected == 0) return absl::OkStatus();
    return absl::NotFoundError(absl::StrCat("key \"", write.key, "\" does not exist"));
  }
  if (put && write.expected == 0) {
    return absl::AlreadyExistsError(absl::StrCat("key \"", write.key, "\" exists at revision ", current->mod_revision));
  }
  if (current->mod_revision != write.expected) {
    return absl::AbortedError(absl::StrCat("key \"", write.key, "\" is at revision ", current->mod_revision,
                                           ", not at the expected ", write.expected));
  }
  return absl::OkStatus();
}

EventPtr MakeEvent(const PendingWrite& write, Revision revision, std::shared_ptr<const KeyValue> previous) {
  auto event = std::make_shared<Event>();
  event->kv.key = std::string(write.key);
  event->kv.mod_revision = revision;
  if (write.kind == PendingWrite::Kind::kPut) {
    event->kv.value = std::string(write.value);
    event->kv.create_revision = previous == nullptr ? revision : previous->create_revision;
  } else {
    event->type = Event::Type::kDelete;
  }
  event->previous = std::move(previous);
  return event;
}

void AppendRows(const Event& event, WriteBatch* batch) {
  const bool deleted = event.type == Event::Type::kDelete;
  batch->Put(Table::kData, EncodeDataKey(event.kv.key, event.revision()),
             EncodeDataRow({deleted, event.kv.create_revision, event.kv.value}));
  const Revision previous = event.previous == nullptr ? 0 : event.previous->mod_revision;
  batch->Put(Table::kLog, EncodeLogKey(event.revision()),
             EncodeLogRow({event.type, event.kv.create_revision, previous, event.kv.key}));
}

absl::Status Unconfirmed(const absl::Status& status) {
  return absl::UnavailableError(
      absl::StrCat("the disk did not confirm the write, it may or may not have taken effect: ", status.message()));
}

absl::StatusOr<int64_t> ReadMeta(Engine::View* view, const char* name, int64_t absent) {
  const absl::StatusOr<std::string> bytes = view->Get(Table::kMeta, name);
  if (absl::IsNotFound(bytes.status())) return absent;
  RETURN_IF_ERROR(bytes.status());
  int64_t number = 0;
  if (!DecodeMetaNumber(*bytes, &number)) return DamagedRow("meta", name);
  return number;
}

absl::StatusOr<Revision> ReadLastRevision(Engine::View* view) {
  const absl::StatusOr<std::string> last = view->LastKey(Table::kLog);
  if (absl::IsNotFound(last.status())) return 0;
  RETURN_IF_ERROR(last.status());
  Revision revision = 0;
  if (!DecodeLogKey(*last, &revision)) return DamagedRow("log", *last);
  return revision;
}

}  // namespace

CommitQueue::Task Committer::Commit(absl::Span<PendingWrite* const> group) {
  WatchHub::Wakeups wakeups;
  if (const absl::Status recovered = Recover(&wakeups); recovered.ok()) {
    CommitRecovered(group, &wakeups);
  } else {
    for (PendingWrite* write : group) write->result = recovered;
  }
  if (wakeups.empty()) return nullptr;
  return [wakeups = std::move(wakeups)] { WatchHub::Wake(wakeups); };
}

void Committer::CommitRecovered(absl::Span<PendingWrite* const> group, WatchHub::Wakeups* wakeups) {
  const Plan plan = MakePlan(group);
  if (plan.batch.empty()) return;
  if (const absl::Status written = engine_->Write(plan.batch, plan.sync); !written.ok()) {
    base::LogError("Store write failed", {{"err", written}});
    failed_ = true;
    for (PendingWrite* write : plan.tentative) write->result = Unconfirmed(written);
    return;
  }
  if (!plan.events.empty()) Publish(plan.events, wakeups);
}

void Committer::Publish(absl::Span<const EventPtr> events, WatchHub::Wakeups* wakeups) {
  // In this order: who learns of a change can read at its revision.
  horizon_->current = events.back()->revision();
  const WatchHub::Wakeups published = hub_->Publish(events);
  wakeups->insert(wakeups->end(), published.begin(), published.end());
}

absl::Status Committer::Recover(WatchHub::Wakeups* wakeups) {
  if (!failed_) return absl::OkStatus();
  RETURN_IF_ERROR(engine_->Recover());
  ASSIGN_OR_RETURN(const DurableState state, ReadDurableState(engine_));
  if (state.current < horizon_->current) {
    return absl::DataLossError(absl::StrCat("the store lost acknowledged writes: it is at revision ", state.current,
                                            " but was at ", horizon_->current.load(), "; restore it from a snapshot"));
  }
  horizon_->compacted = std::max<Revision>(horizon_->compacted, state.compacted);
  ASSIGN_OR_RETURN(const auto view, engine_->NewView());
  while (horizon_->current < state.current) {
    ASSIGN_OR_RETURN(const LogSlice found, ReadLog(view.get(), "", horizon_->current, state.current, kRecoveryChunk));
    Publish(found.events, wakeups);
  }
  failed_ = false;
  base::LogInfo("Store recovered", {{"revision", state.current}});
  return absl::OkStatus();
}

Committer::Plan Committer::MakePlan(absl::Span<PendingWrite* const> group) {
  Plan plan;
  for (PendingWrite* write : group) {
    if (write->kind != PendingWrite::Kind::kMaintenance) {
      PlanWrite(write, &plan);
      continue;
    }
    plan.batch.operations.insert(plan.batch.operations.end(), write->maintenance->operations.begin(),
                                 write->maintenance->operations.end());
    plan.sync |= write->sync;
    plan.tentative.push_back(write);
    write->result = 0;
  }
  return plan;
}

void Committer::PlanWrite(PendingWrite* write, Plan* plan) {
  absl::StatusOr<std::shared_ptr<const KeyValue>> previous = Latest(write->key, *plan);
  if (!previous.ok()) {
    write->result = previous.status();
    return;
  }
  if (plan->latest.contains(write->key)) plan->tentative.push_back(write);
  if (const absl::Status checked = CheckExpectation(*write, previous->get()); !checked.ok()) {
    write->result = checked;
    return;
  }
  const Revision revision = horizon_->current + static_cast<Revision>(plan->events.size()) + 1;
  EventPtr event = MakeEvent(*write, revision, *std::move(previous));
  AppendRows(*event, &plan->batch);
  plan->sync = true;
  plan->latest[event->kv.key] = event;
  plan->events.push_back(std::move(event));
  plan->tentative.push_back(write);
  write->result = revision;
}

absl::StatusOr<std::shared_ptr<const KeyValue>> Committer::Latest(absl::string_view key, const Plan& plan) {
  if (const auto it = plan.latest.find(key); it != plan.latest.end()) {
    const EventPtr& event = it->second;
    if (event->type == Event::Type::kDelete) return nullptr;
    return std::shared_ptr<const KeyValue>(event, &event->kv);
  }
  ASSIGN_OR_RETURN(const auto view, engine_->NewView());
  absl::StatusOr<KeyValue> found = KeyReader(view.get(), key, horizon_->current).Read();
  if (absl::IsNotFound(found.status())) return nullptr;
  RETURN_IF_ERROR(found.status());
  return std::make_shared<const KeyValue>(*std::move(found));
}

absl::StatusOr<DurableState> ReadDurableState(Engine* engine) {
  ASSIGN_OR_RETURN(const auto view, engine->NewView());
  ASSIGN_OR_RETURN(const int64_t format, ReadMeta(view.get(), kMetaFormat, 0));
  DurableState state;
  ASSIGN_OR_RETURN(state.current, ReadLastRevision(view.get()));
  if (format == 0) {
    const bool empty = state.current == 0 && absl::IsNotFound(view->LastKey(Table::kData).status()) &&
                       absl::IsNotFound(view->LastKey(Table::kMeta).status());
    if (empty) return absl::NotFoundError("the database is empty");
    return absl::FailedPreconditionError("the database was not made by kube-lite; choose another directory");
  }
  if (format != kFormat) {
    return absl::FailedPreconditionError(absl::StrCat("the database has format ", format,
                                                      ", this program reads format ", kFormat,
                                                      "; use the kube-lite version that wrote it, or a newer one"));
  }
  ASSIGN_OR_RETURN(state.compacted, ReadMeta(view.get(), kMetaCompacted, 0));
  ASSIGN_OR_RETURN(state.swept, ReadMeta(view.get(), kMetaSwept, 0));
  if (state.compacted > state.current) return DamagedRow("log", EncodeLogKey(state.compacted));
  return state;
}

absl::Status WriteFormat(Engine* engine) {
  WriteBatch batch;
  batch.Put(Table::kMeta, kMetaFormat, EncodeMetaNumber(kFormat));
  return engine->Write(batch, /*sync=*/true);
}

}  // namespace kubelite::store
