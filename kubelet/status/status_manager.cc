#include "kubelet/status/status_manager.h"

#include "common/api/errors.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"
#include "common/control/pods.h"

namespace kubelite::kubelet {

using k8s::core::v1::Pod;
using k8s::core::v1::PodCondition;
using k8s::core::v1::PodStatus;

namespace {

constexpr int kWorkers = 4;
constexpr int kMaxConflicts = 5;

bool SameBytes(const PodStatus& a, const PodStatus& b) {
  return a.SerializePartialAsString() == b.SerializePartialAsString();
}

}  // namespace

PodStatus MergeStatus(const PodStatus& ours, const PodStatus& theirs) {
  PodStatus merged = ours;
  for (const PodCondition& condition : theirs.conditions()) {
    if (control::FindPodCondition(merged, condition.type()) == nullptr) *merged.add_conditions() = condition;
  }
  if (theirs.has_nominatednodename()) merged.set_nominatednodename(theirs.nominatednodename());
  *merged.mutable_resourceclaimstatuses() = theirs.resourceclaimstatuses();
  *merged.mutable_ephemeralcontainerstatuses() = theirs.ephemeralcontainerstatuses();
  return merged;
}

StatusManager::StatusManager(const Deps& deps) : deps_(deps) {
  control::WorkQueue::Options options;
  options.name = "pod_status";
  options.workers = kWorkers;
  options.rate_limit = {absl::Milliseconds(50), absl::Seconds(10)};
  queue_ = std::make_unique<control::WorkQueue>(options, deps_.executor,
                                                [this](const api::ObjectKey& key) { Sync(key.name); });
}

StatusManager::~StatusManager() { Stop(); }

void StatusManager::Stop() { queue_->ShutDown(); }

void StatusManager::Set(const Target& target, PodStatus status, bool finish) {
  {
    base::MutexLock lock(&mutex_);
    Entry& entry = entries_[target.uid];
    entry.key = target.key;
    entry.status = std::move(status);
    entry.finish = entry.finish || finish;
  }
  queue_->Add({"", target.uid});
}

void StatusManager::Forget(const std::string& uid) {
  base::MutexLock lock(&mutex_);
  entries_.erase(uid);
}

void StatusManager::Sync(const std::string& uid) {
  Entry entry;
  {
    base::MutexLock lock(&mutex_);
    const auto found = entries_.find(uid);
    if (found == entries_.end()) return;
    entry = found->second;
  }
  const absl::Status written = Write(uid, entry);
  if (written.ok()) return queue_->Forget({"", uid});
  if (api::IsNotFound(written)) return Forget(uid);
  base::LogWarning("Pod status not written, will retry", {{"pod", entry.key.ToString()}, {"err", written}});
  queue_->AddRateLimited({"", uid});
}

absl::StatusOr<std::shared_ptr<const Pod>> StatusManager::Base(const std::string& uid, const Entry& entry, bool fresh) {
  std::shared_ptr<const Pod> base = fresh ? nullptr : deps_.cached(entry.key);
  if (!fresh && entry.written &&
      (base == nullptr || base->metadata().uid() != uid ||
       api::ResourceVersion(*base) < api::ResourceVersion(*entry.written))) {
    base = entry.written;
  }
  if (base == nullptr || base->metadata().uid() != uid) {
    ASSIGN_OR_RETURN(base, client::Get<Pod>(*deps_.client, entry.key));
  }
  if (base->metadata().uid() != uid) return api::NotFound(api::ResourceOf<Pod>(), entry.key.name);
  return base;
}

absl::Status StatusManager::Write(const std::string& uid, const Entry& entry) {
  for (int attempt = 0;; ++attempt) {
    ASSIGN_OR_RETURN(const std::shared_ptr<const Pod> base, Base(uid, entry, /*fresh=*/attempt > 0));
    Pod updated = *base;
    *updated.mutable_status() = MergeStatus(entry.status, base->status());
    if (SameBytes(updated.status(), base->status())) break;
    const absl::StatusOr<std::shared_ptr<const Pod>> result = client::Update(*deps_.client, updated, "status");
    if (result.ok()) {
      base::MutexLock lock(&mutex_);
      const auto found = entries_.find(uid);
      if (found != entries_.end()) found->second.written = *result;
      break;
    }
    if (!api::IsConflict(result.status()) || attempt == kMaxConflicts) return result.status();
  }
  if (!entry.finish) return absl::OkStatus();
  client::DeleteOptions options;
  options.grace_period_seconds = 0;
  options.preconditions.uid = uid;
  const absl::Status deleted = client::Delete<Pod>(*deps_.client, entry.key, options);
  // A conflict means another pod of the same name.
  if (!deleted.ok() && !api::IsNotFound(deleted) && !api::IsConflict(deleted)) return deleted;
  Forget(uid);
  return absl::OkStatus();
}

}  // namespace kubelite::kubelet
