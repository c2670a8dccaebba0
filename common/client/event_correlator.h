#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <set>
#include <string>

#include "absl/time/time.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::client {

// Decides what becomes of an event, as upstream's correlator (client-go tools/record): combines similar events, limits
// each source and object, and turns a repeated event into an update of the first one. Owned by one strand. Bounded: it
// remembers the 4,096 events last seen.
class EventCorrelator {
 public:
  struct Outcome {
    bool drop = false;
    bool update = false;         // of the event stored under the same name; otherwise a new one
    k8s::core::v1::Event event;  // with name, count, message and times as they are to be stored
    std::string memory_key;      // for Stored()
  };
  // `event` is complete for a first occurrence at `now`.
  Outcome Correlate(const k8s::core::v1::Event& event, absl::Time now);
  // The outcome was written under this name (it changes when a name was taken or an event is gone).
  void Stored(const std::string& memory_key, const std::string& name);

 private:
  // Similar events: all that differ in their message only.
  struct Similar {
    std::set<std::string> messages;
    absl::Time last;
  };
  struct Seen {
    std::string name;
    int count = 0;
    int64_t first_seconds = 0;
  };
  struct Bucket {
    double tokens = 0;
    absl::Time last;
  };
  // A map that forgets the entry used least recently.
  template <typename V>
  class Memory {
   public:
    V* Find(const std::string& key);
    // The present entry or a new one.
    V& Touch(const std::string& key);

   private:
    struct Slot {
      V value;
      std::list<std::string>::iterator position;
    };
    std::map<std::string, Slot> slots_;
    std::list<std::string> order_;  // most recently used first
  };

  bool TakeToken(const std::string& key, absl::Time now);

  Memory<Similar> similar_;
  Memory<Seen> seen_;
  Memory<Bucket> buckets_;
};

}  // namespace kubelite::client
