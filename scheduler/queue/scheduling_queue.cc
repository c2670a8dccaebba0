#include "scheduler/queue/scheduling_queue.h"

#include <algorithm>

#include "k8s/core/v1.pb.h"

namespace kubelite::scheduler {
namespace {

constexpr absl::Duration kInitialBackOff = absl::Seconds(1);
constexpr absl::Duration kMaxBackOff = absl::Seconds(10);
constexpr absl::Duration kUnschedulableTimeout = absl::Minutes(5);

}  // namespace

SchedulingQueue::SchedulingQueue(const PluginList& plugins) {
  for (const auto& plugin : plugins) plugin_events_[plugin->name()] = plugin->events();
}

absl::Duration SchedulingQueue::BackOff(int attempts) {
  absl::Duration duration = kInitialBackOff;
  for (int i = 1; i < attempts && duration < kMaxBackOff; ++i) duration *= 2;
  return std::min(duration, kMaxBackOff);
}

SchedulingQueue::Order SchedulingQueue::OrderOf(const api::ObjectKey& key, const Entry& entry) {
  return {-static_cast<int64_t>(entry.pod->spec().priority()), entry.since, key};
}

void SchedulingQueue::Unschedule(const api::ObjectKey& key, const Entry& entry) {
  ready_.erase(OrderOf(key, entry));
  waiting_.erase({entry.ready_at, key});
}

void SchedulingQueue::Schedule(const api::ObjectKey& key, Entry* entry, absl::Time ready_at) {
  Unschedule(key, *entry);
  entry->ready_at = ready_at;
  if (ready_at == absl::InfinitePast())
    ready_.insert(OrderOf(key, *entry));
  else
    waiting_.insert({ready_at, key});
}

void SchedulingQueue::Add(const PodPtr& pod, absl::Time now) {
  const api::ObjectKey key = api::KeyOf(*pod);
  auto [it, added] = entries_.try_emplace(key);
  Entry& entry = it->second;
  if (added) {
    entry.pod = pod;
    entry.since = now;
    Schedule(key, &entry, absl::InfinitePast());
    return;
  }
  // A pod that was deleted and made anew under the same name starts over.
  const bool same = entry.pod->metadata().uid() == pod->metadata().uid();
  Unschedule(key, entry);
  entry.pod = pod;
  if (!same) {
    entry = Entry{.pod = pod, .since = now, .rejected_by = {}};
    Schedule(key, &entry, absl::InfinitePast());
    return;
  }
  if (entry.in_flight) return;
  Schedule(key, &entry, entry.ready_at);
}

void SchedulingQueue::Remove(const api::ObjectKey& key) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return;
  Unschedule(key, found->second);
  entries_.erase(found);
}

void SchedulingQueue::Done(const api::ObjectKey& key) { Remove(key); }

void SchedulingQueue::AddUnschedulable(const PodPtr& pod, const std::set<std::string>& plugins, absl::Time now) {
  const auto found = entries_.find(api::KeyOf(*pod));
  if (found == entries_.end()) return;  // deleted meanwhile
  Entry& entry = found->second;
  entry.in_flight = false;
  entry.last_try = now;
  entry.rejected_by = plugins;
  Schedule(found->first, &entry, now + kUnschedulableTimeout);
}

void SchedulingQueue::AddFailed(const PodPtr& pod, absl::Time now) {
  const auto found = entries_.find(api::KeyOf(*pod));
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  entry.in_flight = false;
  entry.last_try = now;
  entry.rejected_by.clear();
  Schedule(found->first, &entry, now + BackOff(entry.attempts));
}

void SchedulingQueue::OnEvent(ClusterEvent event, absl::Time now) {
  for (auto& [key, entry] : entries_) {
    const bool wanted = std::any_of(entry.rejected_by.begin(), entry.rejected_by.end(), [&](const std::string& plugin) {
      const auto events = plugin_events_.find(plugin);
      return events != plugin_events_.end() &&
             std::find(events->second.begin(), events->second.end(), event) != events->second.end();
    });
    if (!wanted || entry.in_flight) continue;
    entry.rejected_by.clear();
    const absl::Time ready_at = entry.last_try + BackOff(entry.attempts);
    Schedule(key, &entry, ready_at <= now ? absl::InfinitePast() : ready_at);
  }
}

PodPtr SchedulingQueue::Pop(absl::Time now) {
  while (!waiting_.empty() && waiting_.begin()->first <= now) {
    const api::ObjectKey key = waiting_.begin()->second;
    Entry& entry = entries_.at(key);
    entry.rejected_by.clear();
    Schedule(key, &entry, absl::InfinitePast());
  }
  if (ready_.empty()) return nullptr;
  const api::ObjectKey key = std::get<2>(*ready_.begin());
  ready_.erase(ready_.begin());
  Entry& entry = entries_.at(key);
  entry.in_flight = true;
  ++entry.attempts;
  return entry.pod;
}

absl::Time SchedulingQueue::NextReady() const {
  if (!ready_.empty()) return absl::InfinitePast();
  return waiting_.empty() ? absl::InfiniteFuture() : waiting_.begin()->first;
}

}  // namespace kubelite::scheduler
