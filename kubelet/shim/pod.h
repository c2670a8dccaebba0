#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kubelet/shim/attachers.h"
#include "kubelet/shim/log_file.h"
#include "kubelet/shim/loop.h"
#include "kubelet/shim/protocol.h"
#include "kubelet/shim/spawn.h"

namespace kubelite::kubelet::shim {

// Hears what happens to processes.
class PodListener {
 public:
  virtual void OnExit(const ContainerState& state) = 0;
  virtual void OnExecDone(int client, uint32_t request, const ExecResult& result) = 0;
  virtual void OnAttachDone(int client, uint32_t request, const ContainerState& state) = 0;
  // The client reads too slowly; its output has ended.
  virtual void OnAttachLost(int client, uint32_t request) = 0;

 protected:
  ~PodListener() = default;
};

// The processes of one pod: containers with their logs and records, and commands run beside them. One thread.
class Pod {
 public:
  Pod(Loop* loop, LogLimits limits, PodListener* listener);
  ~Pod();
  Pod(const Pod&) = delete;
  Pod& operator=(const Pod&) = delete;

  bool Start(const StartInteractive& request, ContainerState* state, SpawnFailure* failure);
  // The result goes to the listener with `client` and `number`, unless the command could not be started.
  bool Exec(const ExecRequest& request, int client, uint32_t number, SpawnFailure* failure);
  // As Exec, with the command's streams given: all three, or one that is its terminal.
  bool ExecWithStreams(const ExecStream& request, std::vector<Fd> fds, int client, uint32_t number,
                       SpawnFailure* failure);
  // Copies the container's output to `fds` from now on, those that are wanted. `fd` is what goes to the client, or -1;
  // it stays the pod's.
  bool Attach(const AttachRequest& request, std::vector<Fd> fds, int client, uint32_t number, Attached* attached,
              int* fd, SpawnFailure* failure);
  // An attached client's input has ended: with stdin_once so has the container's.
  bool CloseStdin(const std::string& id);
  // Nobody waits for the results of this client's commands any more: they are killed. Its attachments end.
  void Abandon(int client);
  bool Signal(const std::string& id, int signal);
  // Again with a shorter grace brings the kill forward; a longer one changes nothing.
  bool Stop(const std::string& id, int64_t grace_ms);
  void StopAll(int64_t grace_ms);
  bool Remove(const std::string& id);
  std::vector<ContainerState> States() const;
  bool AnyRunning() const;

  // To be called after SIGCHLD.
  void Reap();
  // The earliest kill that is due, or -1.
  int64_t NextDeadline() const;
  void OnDeadline(int64_t now_ms);
  // Kills every process left, whatever group or session it went to. True when there is none any more.
  bool KillEverything();

 private:
  struct Container;
  struct Job;
  Container* Find(const std::string& id);
  Container* FindRunning(const std::string& id, SpawnFailure* failure);
  void ContainerExited(Container* container, int code, int signal);
  void JobExited(size_t index, int code, int signal);
  // Kills what is left of the sessions of commands that had a terminal: job control gives each job a group of its own.
  void KillEndedSessions();

  Loop* const loop_;
  const LogLimits limits_;
  PodListener* const listener_;
  std::vector<std::unique_ptr<Container>> containers_;
  std::vector<std::unique_ptr<Job>> jobs_;
  std::vector<pid_t> ended_sessions_;
};

}  // namespace kubelite::kubelet::shim
