#pragma once

#include <string>

#include "absl/container/flat_hash_map.h"
#include "apiserver/registry/request.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"

namespace kubelite::apiserver {

// Who a client certificate that TLS has verified belongs to (CN is the user, each O a group). Parsed once per
// certificate. A certificate that expired while its connection stayed open identifies nobody. Thread-safe.
class Identities {
 public:
  explicit Identities(const base::Clock& clock) : clock_(clock) {}
  // A user without a name when `pem` is no usable certificate.
  User Of(const std::string& pem);

 private:
  struct Known {
    User user;
    absl::Time not_after;
  };
  const base::Clock& clock_;
  base::Mutex mutex_;
  absl::flat_hash_map<std::string, Known> known_ ABSL_GUARDED_BY(mutex_);  // by PEM text
};

}  // namespace kubelite::apiserver
