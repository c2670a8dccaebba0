#include "tests/robustness/model.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/check.h"

namespace kubelite::robustness {
namespace {

std::string Quoted(const std::string& text) {
  constexpr size_t kShown = 40;
  if (text.size() <= kShown) return absl::StrCat("\"", absl::CHexEscape(text), "\"");
  return absl::StrCat("\"", absl::CHexEscape(text.substr(0, kShown)), "\"...", text.size());
}

}  // namespace

std::string ToText(const KeyChange& change) {
  if (!change.value) return absl::StrCat("-", Quoted(change.key));
  return absl::StrCat(Quoted(change.key), "=", Quoted(*change.value),
                      change.lease == 0 ? "" : absl::StrCat(" lease ", change.lease));
}

std::string ToText(const KeyValue& kv) {
  return absl::StrCat(ToText(KeyChange{kv.key, kv.value, kv.lease}), "@", kv.mod_revision, " created@",
                      kv.create_revision, " v", kv.version);
}

std::string ToText(const Event& event) {
  const bool deleted = event.type == Event::Type::kDelete;
  return absl::StrCat(deleted ? absl::StrCat("-", Quoted(event.kv.key), "@", event.revision()) : ToText(event.kv),
                      " after ", event.previous == nullptr ? "nothing" : ToText(*event.previous));
}

bool SameKeyValue(const KeyValue& a, const KeyValue& b) {
  return a.key == b.key && a.value == b.value && a.create_revision == b.create_revision &&
         a.mod_revision == b.mod_revision && a.version == b.version && a.lease == b.lease;
}

void Model::Append(absl::Span<const KeyChange> changes, Origin origin) {
  const Revision revision = current() + 1;
  Step step{{}, std::move(origin)};
  for (const KeyChange& change : changes) {
    const std::optional<KeyValue> before = revision == 1 ? std::nullopt : Get(change.key, revision - 1);
    Event event;
    event.kv.key = change.key;
    event.kv.mod_revision = revision;
    if (before) event.previous = std::make_shared<const KeyValue>(*before);
    if (change.value) {
      event.kv.value = *change.value;
      event.kv.create_revision = before ? before->create_revision : revision;
      event.kv.version = before ? before->version + 1 : 1;
      event.kv.lease = change.lease;
    } else {
      CHECK(before.has_value());
      event.type = Event::Type::kDelete;
    }
    CHECK(keys_[change.key].emplace(revision, event).second);
    step.events.push_back(std::move(event));
  }
  std::sort(step.events.begin(), step.events.end(), [](const Event& a, const Event& b) { return a.kv.key < b.kv.key; });
  steps_.push_back(std::move(step));
}

std::optional<KeyValue> Model::Get(const std::string& key, Revision at) const {
  const auto versions = keys_.find(key);
  if (versions == keys_.end()) return std::nullopt;
  const auto later = versions->second.upper_bound(at);
  if (later == versions->second.begin()) return std::nullopt;
  const Event& newest = std::prev(later)->second;
  if (newest.type == Event::Type::kDelete) return std::nullopt;
  return newest.kv;
}

std::vector<KeyValue> Model::List(const KeyRange& range, Revision at) const {
  std::vector<KeyValue> items;
  for (auto it = keys_.lower_bound(range.begin); it != keys_.end() && (range.end.empty() || it->first < range.end);
       ++it) {
    if (auto kv = Get(it->first, at)) items.push_back(*std::move(kv));
  }
  return items;
}

std::vector<std::string> Model::LeaseKeys(LeaseId lease, Revision at) const {
  std::vector<std::string> keys;
  for (const auto& [key, versions] : keys_) {
    const auto kv = Get(key, at);
    if (kv && kv->lease == lease) keys.push_back(key);
  }
  return keys;
}

std::vector<Event> Model::History(const std::string& key, Revision at) const {
  std::vector<Event> changes;
  const auto versions = keys_.find(key);
  if (versions == keys_.end()) return changes;
  for (const auto& [revision, event] : versions->second) {
    if (revision <= at) changes.push_back(event);
  }
  std::reverse(changes.begin(), changes.end());
  return changes;
}

Revision Model::RevisionAt(absl::Time time, Revision at) const {
  Revision revision = at;
  while (revision > 0 && origin(revision).time > time) --revision;
  return revision;
}

std::vector<absl::StatusCode> PutErrors(const KeyValue* now, Revision expected, bool lease_missing) {
  std::vector<absl::StatusCode> errors;
  if (lease_missing) errors.push_back(absl::StatusCode::kNotFound);
  if (expected == store::kAnyRevision) return errors;
  if (expected == 0) {
    if (now != nullptr) errors.push_back(absl::StatusCode::kAlreadyExists);
  } else if (now == nullptr) {
    errors.push_back(absl::StatusCode::kNotFound);
  } else if (now->mod_revision != expected) {
    errors.push_back(absl::StatusCode::kAborted);
  }
  return errors;
}

std::vector<absl::StatusCode> DeleteErrors(const KeyValue* now, Revision expected) {
  if (now == nullptr) return {absl::StatusCode::kNotFound};
  if (expected == store::kAnyRevision || expected == now->mod_revision) return {};
  return {absl::StatusCode::kAborted};
}

}  // namespace kubelite::robustness
