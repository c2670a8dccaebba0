#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/mutex.h"

namespace kubelite::kubelet {

// A pod address and the descriptor that holds it. Movable; closing the descriptor in the last process that has it frees
// the address.
class AddressClaim {
 public:
  AddressClaim() = default;
  AddressClaim(std::string address, int fd) : address_(std::move(address)), fd_(fd) {}
  AddressClaim(AddressClaim&& other) noexcept
      : address_(std::move(other.address_)), fd_(std::exchange(other.fd_, -1)) {}
  AddressClaim& operator=(AddressClaim&& other) noexcept {
    std::swap(address_, other.address_);
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~AddressClaim();
  const std::string& address() const { return address_; }
  int fd() const { return fd_; }

 private:
  std::string address_;
  int fd_ = -1;
};

// Loopback addresses for pods where there is no privilege to make network namespaces: one of 127.64.0.0/10 each, so
// that every pod can use the same ports. An address is claimed by binding an abstract unix socket of its name. Those
// names are shared by everything in one network namespace, exactly as loopback addresses are, so kubelets of all
// clusters on a machine never give one address out twice; and the pod's shim inherits the claim, so it lasts as long as
// the pod and needs no file. Thread-safe.
class AddressPool {
 public:
  // Kubelets start looking at a place that depends on `seed` (the root directory), which keeps their addresses apart.
  explicit AddressPool(absl::string_view seed);

  // ResourceExhausted when every address is taken.
  absl::StatusOr<AddressClaim> Claim();

 private:
  base::Mutex mutex_;
  uint32_t next_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kubelite::kubelet
