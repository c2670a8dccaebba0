#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/mutex.h"
#include "common/client/client.h"

namespace kubelite::cli {

// One port on this machine and the pod's port behind it.
struct ForwardedPort {
  int local = 0;  // 0: any
  int remote = 0;
};

// Listens on ports of this machine and passes each connection on to a stream of its own, with two threads each.
class Forwarder {
 public:
  struct Options {
    // A new stream to the pod's port. Called on a connection's own thread.
    std::function<absl::StatusOr<std::unique_ptr<client::ByteStream>>(int remote)> connect;
    // Lines for standard output and standard error; one at a time.
    std::function<void(const std::string& line)> print;
    std::function<void(const std::string& line)> complain;
  };
  explicit Forwarder(Options options);
  ~Forwarder();  // ends all connections
  Forwarder(const Forwarder&) = delete;

  // Opens the ports at each address (names or IP addresses); `localhost` is both loopback addresses, of which one is
  // enough. Prints what is forwarded.
  absl::Status Listen(const std::vector<std::string>& addresses, const std::vector<ForwardedPort>& ports);
  // Takes connections until Stop.
  void Run();
  void Stop();  // from any thread

 private:
  class Connection;
  struct Listener {
    int fd;
    ForwardedPort port;
  };
  absl::Status ListenAt(const std::string& ip, ForwardedPort* port);
  void Print(const std::string& line);
  void Complain(const std::string& line);

  const Options options_;
  const int stop_fd_;
  base::Mutex print_mutex_;
  std::vector<Listener> listeners_;
  std::vector<std::unique_ptr<Connection>> connections_;
};

}  // namespace kubelite::cli
