#include "kubelet/worker/pod_table.h"

#include <algorithm>

namespace kubelite::kubelet {

bool PodTable::Set(PodPtr pod, PodSource source) {
  const std::string& uid = pod->metadata().uid();
  base::MutexLock lock(&mutex_);
  const auto [at, added] = pods_.emplace(uid, DesiredPod());
  if (at->second.removed) return false;
  if (added) by_name_[api::KeyOf(*pod)].push_back(uid);
  at->second.pod = std::move(pod);
  at->second.source = source;
  return true;
}

bool PodTable::Remove(const std::string& uid) {
  base::MutexLock lock(&mutex_);
  const auto found = pods_.find(uid);
  if (found == pods_.end() || found->second.removed) return false;
  found->second.removed = true;
  return true;
}

void PodTable::AddOrphan(PodPtr pod, PodSource source, absl::Duration grace) {
  const std::string& uid = pod->metadata().uid();
  base::MutexLock lock(&mutex_);
  if (pods_.count(uid) > 0) return;
  // Before any of its name: it was there first.
  std::vector<std::string>& uids = by_name_[api::KeyOf(*pod)];
  uids.insert(uids.begin(), uid);
  pods_[uid] = {std::move(pod), source, /*removed=*/true, grace};
}

std::vector<std::string> PodTable::Forget(const std::string& uid) {
  base::MutexLock lock(&mutex_);
  const auto found = pods_.find(uid);
  if (found == pods_.end()) return {};
  const auto named = by_name_.find(api::KeyOf(*found->second.pod));
  named->second.erase(std::remove(named->second.begin(), named->second.end(), uid), named->second.end());
  std::vector<std::string> waiting = named->second;
  if (waiting.empty()) by_name_.erase(named);
  pods_.erase(found);
  return waiting;
}

std::optional<DesiredPod> PodTable::Find(const std::string& uid) const {
  base::MutexLock lock(&mutex_);
  const auto found = pods_.find(uid);
  if (found == pods_.end()) return std::nullopt;
  return found->second;
}

std::optional<DesiredPod> PodTable::FindByName(const api::ObjectKey& key) const {
  base::MutexLock lock(&mutex_);
  const auto named = by_name_.find(key);
  if (named == by_name_.end()) return std::nullopt;
  for (const std::string& uid : named->second) {
    if (const DesiredPod& pod = pods_.at(uid); !pod.removed) return pod;
  }
  return std::nullopt;
}

bool PodTable::NameIsTaken(const std::string& uid) const {
  base::MutexLock lock(&mutex_);
  const auto found = pods_.find(uid);
  return found != pods_.end() && by_name_.at(api::KeyOf(*found->second.pod)).front() != uid;
}

std::vector<DesiredPod> PodTable::List() const {
  base::MutexLock lock(&mutex_);
  std::vector<DesiredPod> pods;
  for (const auto& [uid, pod] : pods_) pods.push_back(pod);
  return pods;
}

}  // namespace kubelite::kubelet
