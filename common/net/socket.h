#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/options.h"
#include "common/net/output_queue.h"

namespace kubelite::net {

// Owns a file descriptor.
class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  ~Fd();
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

// One accepted connection, non-blocking.
class Socket {
 public:
  enum class Outcome { kDone, kBlocked, kClosed };
  virtual ~Socket() = default;
  virtual int fd() const = 0;
  // kDone: *size bytes came. kBlocked: nothing for now.
  virtual Outcome Read(char* buffer, size_t capacity, size_t* size) = 0;
  // Sends from the front of `queue`. kDone: all of it.
  virtual Outcome Write(OutputQueue* queue) = 0;
  // Whether a blocked Read waits for the socket to take output (TLS).
  virtual bool read_wants_output() const { return false; }
  // The client certificate that TLS has verified, PEM; empty when there is none.
  virtual std::string peer_certificate() const { return ""; }
  // What both sides have agreed on by ALPN, once something was read; empty when they have not.
  virtual std::string protocol() const { return ""; }
  // Whether Read may have more although the descriptor shows nothing (TLS).
  virtual bool has_pending() const { return false; }
};

std::unique_ptr<Socket> NewPlainSocket(Fd fd);

// Errors name the address. Port 0 chooses one, stored in *port.
absl::StatusOr<Fd> Listen(const base::HostPort& address, int* port);
// An accepted connection; kBlocked as Unavailable, others as the system's code.
absl::StatusOr<Fd> Accept(int listener);

}  // namespace kubelite::net
