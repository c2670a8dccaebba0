#pragma once

#include <memory>
#include <string>

#include "common/base/random.h"

namespace kubelite::client {

// Who a process is in leader elections, held as long as the object lives. A process that comes back after a crash gets
// the identity it had, and so its lease, at once instead of waiting until the lease runs out. That is safe because a
// lock file beside the kubeconfig, "<kubeconfig>.lock", admits one such process at a time; another one on the same
// machine, or one that may not write there, gets an identity of its own. Blocks on the disk.
class LeaderIdentity {
 public:
  static LeaderIdentity Claim(const std::string& kubeconfig, base::Random* random);
  LeaderIdentity(LeaderIdentity&&) noexcept;
  ~LeaderIdentity();

  const std::string& text() const { return text_; }

 private:
  struct Lock;
  LeaderIdentity(std::string text, std::unique_ptr<Lock> lock);
  std::string text_;
  std::unique_ptr<Lock> lock_;  // null: unique by chance
};

}  // namespace kubelite::client
