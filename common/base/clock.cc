#include "common/base/clock.h"

#include "absl/time/clock.h"

namespace kubelite::base {
namespace {

class RealClock : public Clock {
 public:
  absl::Time Now() const override { return absl::Now(); }
};

}  // namespace

const Clock& SystemClock() {
  static const RealClock* const kClock = new RealClock;
  return *kClock;
}

}  // namespace kubelite::base
