#pragma once

#include <cstdint>
#include <vector>

#include "kubelet/shim/descriptors.h"

namespace kubelite::kubelet::shim {

// A client that gets a copy of what a container writes.
struct Attacher {
  int client = 0;
  uint32_t request = 0;
  bool stdin_wanted = false;
  Fd out;  // non-blocking pipes; not valid: not wanted
  Fd err;
  bool lost = false;
};

// Copies a container's output to its attached clients without ever waiting long for one of them.
class Attachers {
 public:
  void Add(Attacher attacher) { list_.push_back(std::move(attacher)); }
  // `stream` is 1 or 2. A client whose pipe is broken, or stays full for kPatienceMs, gets nothing any more. True when
  // one fell behind: it is to be told.
  bool Copy(int stream, const char* data, size_t size);
  // Calls `tell(attacher)` for each that fell behind, once.
  template <typename Tell>
  void TakeLost(Tell tell) {
    for (Attacher& attacher : list_) {
      if (std::exchange(attacher.lost, false)) tell(attacher);
    }
  }
  std::vector<Attacher> TakeAll() { return std::exchange(list_, {}); }
  // Takes out the client's attachments; true when one of them had the container's input.
  bool Remove(int client);

 private:
  // What one chunk of output may cost the container, for each client.
  static constexpr int kPatienceMs = 250;

  static bool WriteAll(int fd, const char* data, size_t size);

  std::vector<Attacher> list_;
};

}  // namespace kubelite::kubelet::shim
