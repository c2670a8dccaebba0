#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "store/store.h"

namespace kubelite::store {

// What a Store must do, in the simplest form: all versions of all keys in memory. One thread.
class StoreModel {
 public:
  Revision current() const { return static_cast<Revision>(log_.size()); }

  std::optional<KeyValue> Get(const std::string& key, Revision at) const {
    const auto history = keys_.find(key);
    if (history == keys_.end()) return std::nullopt;
    const auto version = history->second.upper_bound(at);
    if (version == history->second.begin()) return std::nullopt;
    return std::prev(version)->second;
  }

  std::vector<KeyValue> List(const std::string& prefix, const std::string& start, Revision at) const {
    std::vector<KeyValue> items;
    for (auto it = keys_.lower_bound(std::max(prefix, start)); it != keys_.end() && it->first.starts_with(prefix);
         ++it) {
      if (const auto kv = Get(it->first, at)) items.push_back(*kv);
    }
    return items;
  }

  // Changes after `after` under `prefix`, as texts of event and value before.
  std::vector<EventPtr> Changes(const std::string& prefix, Revision after) const {
    std::vector<EventPtr> events;
    for (Revision revision = after + 1; revision <= current(); ++revision) {
      const EventPtr& event = log_[static_cast<size_t>(revision - 1)];
      if (event->kv.key.starts_with(prefix)) events.push_back(event);
    }
    return events;
  }

  absl::StatusCode PutResult(const std::string& key, Revision expected) const {
    const auto now = Get(key, current());
    if (expected == 0) return now ? absl::StatusCode::kAlreadyExists : absl::StatusCode::kOk;
    if (!now) return absl::StatusCode::kNotFound;
    return now->mod_revision == expected ? absl::StatusCode::kOk : absl::StatusCode::kAborted;
  }
  absl::StatusCode DeleteResult(const std::string& key, Revision expected) const {
    const auto now = Get(key, current());
    if (!now) return absl::StatusCode::kNotFound;
    return now->mod_revision == expected ? absl::StatusCode::kOk : absl::StatusCode::kAborted;
  }

  void Put(const std::string& key, const std::string& value) {
    const auto before = Get(key, current());
    const Revision revision = current() + 1;
    Append(Event::Type::kPut, {key, value, before ? before->create_revision : revision, revision}, before);
    keys_[key][revision] = log_.back()->kv;
  }
  void Delete(const std::string& key) {
    const auto before = Get(key, current());
    Append(Event::Type::kDelete, {key, "", 0, current() + 1}, before);
    keys_[key][current()] = std::nullopt;
  }

 private:
  void Append(Event::Type type, KeyValue kv, const std::optional<KeyValue>& before) {
    auto event = std::make_shared<Event>();
    event->type = type;
    event->kv = std::move(kv);
    if (before) event->previous = std::make_shared<const KeyValue>(*before);
    log_.push_back(std::move(event));
  }

  std::map<std::string, std::map<Revision, std::optional<KeyValue>>> keys_;
  std::vector<EventPtr> log_;  // of revision i + 1
};

}  // namespace kubelite::store
