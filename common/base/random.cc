#include "common/base/random.h"

#include <sys/random.h>

#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "common/base/check.h"

namespace kubelite::base {

std::unique_ptr<Random> Random::FromSystem() {
  uint64_t seed = 0;
  CHECK(getrandom(&seed, sizeof(seed), 0) == sizeof(seed));
  return std::make_unique<Random>(seed);
}

// SplitMix64 (Steele, Lea, Flood 2014).
uint64_t Random::Next() {
  MutexLock lock(&mutex_);
  uint64_t z = (state_ += 0x9E3779B97F4A7C15);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

uint64_t Random::Uniform(uint64_t bound) {
  CHECK(bound > 0);
  // Values below 2^64 mod bound would make small results more likely.
  const uint64_t reject_below = -bound % bound;
  while (true) {
    const uint64_t value = Next();
    if (value >= reject_below) return value % bound;
  }
}

double Random::Fraction() { return static_cast<double>(Next() >> 11) * 0x1p-53; }

std::string Random::Uuid() {
  const uint64_t high = (Next() & ~uint64_t{0xF000}) | 0x4000;
  const uint64_t low = (Next() & ~(uint64_t{3} << 62)) | (uint64_t{1} << 63);
  return absl::StrFormat("%08x-%04x-%04x-%04x-%012x", high >> 32, (high >> 16) & 0xFFFF, high & 0xFFFF, low >> 48,
                         low & 0xFFFFFFFFFFFF);
}

std::string Random::NameSuffix(int length) {
  static constexpr absl::string_view kAlphabet = "bcdfghjklmnpqrstvwxz2456789";
  std::string suffix;
  suffix.reserve(length);
  for (int i = 0; i < length; ++i) suffix += kAlphabet[Uniform(kAlphabet.size())];
  return suffix;
}

}  // namespace kubelite::base
