#pragma once

#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace kubelite::bench {

// What one run of a workload has shown.
struct LoadResult {
  double operations = 0;  // all, with the warm-up
  double per_second = 0;  // operations; of watches: events delivered to all watchers together
  absl::Duration p50;     // of one operation; of watches: from sending the put until a watcher has the event
  absl::Duration p99;
};

// `clients` callers, each with one call under way, share `connections`.
struct Clients {
  int clients = 1;
  int connections = 1;
};

LoadResult RunPuts(const std::string& address, Clients clients, size_t value_bytes, absl::Duration length);
LoadResult RunGets(const std::string& address, Clients clients, absl::Duration length);
// Writes the keys first where they are absent.
LoadResult RunLists(const std::string& address, Clients clients, int keys, absl::Duration length);
// Watchers of one prefix, on ten streams each with its connection. per_second: while 64 writers put as fast as they
// can, until each watcher has all `events`. The delays are of single puts, one after another.
LoadResult RunWatches(const std::string& address, int watchers, int events);
// Puts `keys` new keys with values of 256 bytes.
void Fill(const std::string& address, int keys);

}  // namespace kubelite::bench
