#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "store/store.h"

namespace kubelite::store {

// What a Store must do, in the simplest form: all versions of all keys in memory. One thread.
class StoreModel {
 public:
  struct Change {
    std::string key;
    std::optional<std::string> value;  // none: delete
    LeaseId lease = 0;
  };

  Revision current() const { return static_cast<Revision>(steps_.size()); }

  std::optional<KeyValue> Get(const std::string& key, Revision at) const {
    const auto history = keys_.find(key);
    if (history == keys_.end()) return std::nullopt;
    const auto version = history->second.upper_bound(at);
    if (version == history->second.begin()) return std::nullopt;
    return std::prev(version)->second;
  }

  std::vector<KeyValue> List(const KeyRange& range, Revision at) const {
    std::vector<KeyValue> items;
    for (const auto& [key, versions] : keys_) {
      if (!range.Contains(key)) continue;
      if (const auto kv = Get(key, at)) items.push_back(*kv);
    }
    return items;
  }

  // Changes after `after` in `range`.
  std::vector<EventPtr> Changes(const KeyRange& range, Revision after) const {
    std::vector<EventPtr> events;
    for (Revision revision = after + 1; revision <= current(); ++revision) {
      for (const EventPtr& event : StepAt(revision).events) {
        if (range.Contains(event->kv.key)) events.push_back(event);
      }
    }
    return events;
  }

  // See Store::History.
  std::vector<EventPtr> History(const std::string& key, Revision at, Revision compacted) const {
    std::vector<EventPtr> events;
    for (Revision revision = at; revision > 0; --revision) {
      for (const EventPtr& event : StepAt(revision).events) {
        if (event->kv.key != key) continue;
        if (revision > compacted) {
          events.push_back(event);
          continue;
        }
        if (event->type == Event::Type::kPut) events.push_back(event);
        return events;
      }
    }
    return events;
  }

  const Origin& OriginAt(Revision revision) const { return StepAt(revision).origin; }

  absl::StatusCode PutResult(const std::string& key, Revision expected, LeaseId lease) const {
    const auto now = Get(key, current());
    if (expected == 0 && now) return absl::StatusCode::kAlreadyExists;
    if (expected > 0 && !now) return absl::StatusCode::kNotFound;
    if (expected > 0 && now->mod_revision != expected) return absl::StatusCode::kAborted;
    return lease == 0 || leases_.contains(lease) ? absl::StatusCode::kOk : absl::StatusCode::kNotFound;
  }
  absl::StatusCode DeleteResult(const std::string& key, Revision expected) const {
    const auto now = Get(key, current());
    if (!now) return absl::StatusCode::kNotFound;
    const bool matches = expected == kAnyRevision || now->mod_revision == expected;
    return matches ? absl::StatusCode::kOk : absl::StatusCode::kAborted;
  }

  // One step; each key at most once.
  void Commit(const std::vector<Change>& changes, const Origin& origin) {
    const Revision revision = current() + 1;
    Step step{{}, origin};
    for (const Change& change : changes) {
      const auto before = Get(change.key, current());
      auto event = std::make_shared<Event>();
      event->kv.key = change.key;
      event->kv.mod_revision = revision;
      if (before) event->previous = std::make_shared<const KeyValue>(*before);
      if (change.value) {
        event->kv.value = *change.value;
        event->kv.create_revision = before ? before->create_revision : revision;
        event->kv.version = before ? before->version + 1 : 1;
        event->kv.lease = change.lease;
      } else {
        event->type = Event::Type::kDelete;
      }
      step.events.push_back(std::move(event));
    }
    for (const EventPtr& event : step.events) {
      keys_[event->kv.key][revision] =
          event->type == Event::Type::kPut ? std::optional<KeyValue>(event->kv) : std::nullopt;
    }
    steps_.push_back(std::move(step));
  }

  // ---- leases: id and deadline
  std::map<LeaseId, absl::Time>& leases() { return leases_; }
  std::vector<std::string> LeaseKeys(LeaseId id) const {
    std::vector<std::string> keys;
    for (const KeyValue& kv : List(KeyRange::All(), current())) {
      if (kv.lease == id) keys.push_back(kv.key);
    }
    return keys;
  }
  void Revoke(LeaseId id, const Origin& origin) {
    std::vector<Change> changes;
    for (const std::string& key : LeaseKeys(id)) changes.push_back({key, std::nullopt});
    if (!changes.empty()) Commit(changes, origin);
    leases_.erase(id);
  }

 private:
  struct Step {
    std::vector<EventPtr> events;
    Origin origin;
  };
  const Step& StepAt(Revision revision) const { return steps_[static_cast<size_t>(revision - 1)]; }

  std::map<std::string, std::map<Revision, std::optional<KeyValue>>> keys_;
  std::vector<Step> steps_;  // of revision i + 1
  std::map<LeaseId, absl::Time> leases_;
};

}  // namespace kubelite::store
