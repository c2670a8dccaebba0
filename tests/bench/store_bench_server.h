#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace kubelite::bench {

// A server of etcd's API as a process: Debian's etcd, or kube-lite-store. Ends with this object.
class BenchServer {
 public:
  enum class Kind { kEtcd, kKubeLite };
  // Keeps its data below `dir`.
  BenchServer(Kind kind, std::string dir) : kind_(kind), dir_(std::move(dir)) {}
  ~BenchServer() { Stop(); }
  BenchServer(const BenchServer&) = delete;
  BenchServer& operator=(const BenchServer&) = delete;

  // Starts it and waits until it has answered a read; returns how long that took.
  absl::Duration Start();
  void Stop();  // with SIGTERM; waits

  const char* name() const { return kind_ == Kind::kEtcd ? "etcd" : "kube-lite-store"; }
  const std::string& address() const { return address_; }
  int64_t PssBytes() const;
  int64_t DiskBytes() const;       // of all its files
  absl::Duration CpuTime() const;  // used so far

 private:
  std::vector<std::string> Command() const;

  const Kind kind_;
  const std::string dir_;
  std::string address_;
  pid_t pid_ = 0;
};

}  // namespace kubelite::bench
