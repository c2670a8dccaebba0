#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kubelet/shim/loop.h"
#include "kubelet/shim/pod.h"

namespace kubelite::kubelet::shim {

// Serves the protocol on the pod's socket until told to shut down. One thread; several clients (a kubelet that goes and
// one that comes).
class Server final : private PodListener {
 public:
  // `listen_fd` is a listening socket; `signal_fd` reports SIGCHLD and SIGTERM. Both stay the caller's.
  Server(int listen_fd, int signal_fd, LogLimits limits);
  ~Server();

  // Returns when no process of the pod is left after a shutdown request or SIGTERM.
  void Run();
  // Answers the shutdown requests; the pod's directory is the kubelet's again.
  void ConfirmShutdown();

 private:
  class Connection;
  class Listener;
  class Signals;

  void OnExit(const ContainerState& state) override;
  void OnExecDone(int client, uint32_t request, const ExecResult& result) override;
  void OnAttachDone(int client, uint32_t request, const ContainerState& state) override;
  void OnAttachLost(int client, uint32_t request) override;
  Connection* Find(int client);
  void Accept();
  void ReadSignals();
  void Serve(Connection* connection, FrameReader* frame);
  void ServeStart(Connection* connection, FrameReader* frame);
  void ServeExec(Connection* connection, FrameReader* frame);
  void ServeExecStream(Connection* connection, FrameReader* frame);
  void ServeAttach(Connection* connection, FrameReader* frame);
  void SendStates(Connection* connection, uint32_t request);
  void Drop(Connection* connection);

  const int listen_fd_;
  const int signal_fd_;
  Loop loop_;
  Pod pod_;
  std::unique_ptr<Listener> listener_;
  std::unique_ptr<Signals> signals_;
  std::vector<std::unique_ptr<Connection>> connections_;
  int next_client_ = 1;
  bool terminating_ = false;  // containers were asked to stop; shut down when none runs
  bool shutting_down_ = false;
};

}  // namespace kubelite::kubelet::shim
