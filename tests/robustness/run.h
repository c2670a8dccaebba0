#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kubelite::robustness {

// One run: clients and watchers on one store, in phases; after a phase the store may be closed or lose its power, and
// is opened again. One client makes a run that repeats exactly.
struct RunOptions {
  uint64_t seed = 1;
  std::string world;
  int clients = 0;
  int followers = 0;
  int phases = 0;
  int operations = 0;  // of each client in each phase

  // All of them chosen by the seed.
  static RunOptions FromSeed(const std::string& world, uint64_t seed);
};

struct RunReport {
  std::vector<std::string> failures;  // each starts with the name of the guarantee that is broken
  std::vector<std::string> history;   // of a failed run: every call and its outcome
  int64_t operations = 0;
  int64_t revisions = 0;
  int64_t events = 0;  // delivered to watchers
};

RunReport RunTraffic(const RunOptions& options);

}  // namespace kubelite::robustness
