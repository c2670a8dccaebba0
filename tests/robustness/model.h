#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "store/store.h"

namespace kubelite::robustness {

using store::Event;
using store::KeyRange;
using store::KeyValue;
using store::LeaseId;
using store::Origin;
using store::Revision;

// What a step does to one key.
struct KeyChange {
  std::string key;
  std::optional<std::string> value;  // absent: deleted
  LeaseId lease = 0;

  bool operator==(const KeyChange& other) const {
    return key == other.key && value == other.value && lease == other.lease;
  }
};
std::string ToText(const KeyChange& change);
std::string ToText(const KeyValue& kv);
std::string ToText(const Event& event);
bool SameKeyValue(const KeyValue& a, const KeyValue& b);

// What store/store.h promises, in the simplest form: every version of every key in memory, steps appended one by one.
// It answers for every revision, so compaction is the checker's business: it decides which answers a store may refuse.
// Which leases exist is not a function of the revision; see LeaseTable.
class Model {
 public:
  // One step under the revision current() + 1. Each key at most once; deleted keys exist.
  void Append(absl::Span<const KeyChange> changes, Origin origin);

  Revision current() const { return static_cast<Revision>(steps_.size()); }

  // All of these read at a revision <= current(); nullopt: no such key then.
  std::optional<KeyValue> Get(const std::string& key, Revision at) const;
  std::vector<KeyValue> List(const KeyRange& range, Revision at) const;
  // Keys that carry the lease, sorted.
  std::vector<std::string> LeaseKeys(LeaseId lease, Revision at) const;

  // What the step at `revision` did, by key.
  const std::vector<Event>& Changes(Revision revision) const { return At(revision).events; }
  const Origin& origin(Revision revision) const { return At(revision).origin; }
  // Changes of one key with revision <= `at`, newest first.
  std::vector<Event> History(const std::string& key, Revision at) const;
  // The newest revision <= `at` with origin.time <= `time`; 0 when there is none.
  Revision RevisionAt(absl::Time time, Revision at) const;

 private:
  struct Step {
    std::vector<Event> events;
    Origin origin;
  };
  const Step& At(Revision revision) const { return steps_.at(static_cast<size_t>(revision - 1)); }

  std::map<std::string, std::map<Revision, Event>> keys_;
  std::vector<Step> steps_;
};

// The leases that exist, with what was granted last.
using LeaseTable = std::map<LeaseId, store::Lease>;

// The codes a single write may fail with when the key is at `now` (null: absent); empty: it must succeed. More than one
// when two things are wrong at once: the contract does not say which is told first.
std::vector<absl::StatusCode> PutErrors(const KeyValue* now, Revision expected, bool lease_missing);
std::vector<absl::StatusCode> DeleteErrors(const KeyValue* now, Revision expected);

}  // namespace kubelite::robustness
