#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "common/base/mutex.h"

namespace kubelite::base {

// A seeded source of chance, injected like the clock. Thread-safe. The same seed gives the same sequence.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  // Seeded from the operating system; for main.cc only.
  static std::unique_ptr<Random> FromSystem();

  uint64_t Next();
  // Uniform in [0, bound); bound > 0.
  uint64_t Uniform(uint64_t bound);
  // Uniform in [0, 1).
  double Fraction();
  // Random version-4 UUID text.
  std::string Uuid();
  // `length` characters of upstream's name alphabet bcdfghjklmnpqrstvwxz2456789.
  std::string NameSuffix(int length);

 private:
  Mutex mutex_;
  uint64_t state_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kubelite::base
