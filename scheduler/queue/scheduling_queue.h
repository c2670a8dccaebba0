#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>

#include "absl/time/time.h"
#include "common/api/object.h"
#include "scheduler/framework/plugin.h"

namespace kubelite::scheduler {

// Pods that wait for a node: ready ones by priority and age; failed ones after a back-off of 1 s doubling to 10 s;
// unschedulable ones until an event that one of the plugins which rejected them asked for, or five minutes. A plain
// data structure: the time is an argument. Belongs to one strand.
class SchedulingQueue {
 public:
  explicit SchedulingQueue(const PluginList& plugins);

  // A pending pod, new or changed.
  void Add(const PodPtr& pod, absl::Time now);
  void Remove(const api::ObjectKey& key);
  // The pod of the last Pop found no node. `plugins` rejected it.
  void AddUnschedulable(const PodPtr& pod, const std::set<std::string>& plugins, absl::Time now);
  // The pod of the last Pop could not be bound: try again after its back-off.
  void AddFailed(const PodPtr& pod, absl::Time now);
  void OnEvent(ClusterEvent event, absl::Time now);

  // The next ready pod, or null. It leaves the queue, which remembers its number of attempts until Done.
  PodPtr Pop(absl::Time now);
  void Done(const api::ObjectKey& key);
  // When Pop may next have something: InfinitePast for now, InfiniteFuture for never.
  absl::Time NextReady() const;
  size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    PodPtr pod;
    absl::Time since;  // first seen: the order among equals
    absl::Time last_try = absl::InfinitePast();
    absl::Time ready_at = absl::InfinitePast();
    int attempts = 0;
    bool in_flight = false;
    std::set<std::string> rejected_by;  // not empty: unschedulable
  };
  using Order = std::tuple<int64_t, absl::Time, api::ObjectKey>;  // -priority, since, key
  static absl::Duration BackOff(int attempts);
  static Order OrderOf(const api::ObjectKey& key, const Entry& entry);
  void Schedule(const api::ObjectKey& key, Entry* entry, absl::Time ready_at);
  void Unschedule(const api::ObjectKey& key, const Entry& entry);

  std::map<std::string, std::vector<ClusterEvent>> plugin_events_;
  std::map<api::ObjectKey, Entry> entries_;
  std::set<Order> ready_;
  std::set<std::pair<absl::Time, api::ObjectKey>> waiting_;  // back-off, or the five minutes
};

}  // namespace kubelite::scheduler
