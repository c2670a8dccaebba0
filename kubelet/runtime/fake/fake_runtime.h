#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/executor.h"
#include "common/base/mutex.h"
#include "kubelet/runtime/runtime.h"

namespace kubelite::kubelet {

// What containers of an image do.
struct FakeBehaviour {
  std::optional<absl::Duration> run_for;  // unset: until stopped
  int exit_code = 0;                      // after run_for
  std::string start_error;                // not empty: StartContainer fails with it
  bool ignores_stop_signal = false;       // ends only by SIGKILL
  int stop_exit_code = 143;
  bool echoes_input = false;  // to those who attach, when the container has input
};

// A runtime of nothing but memory and virtual time, for tests and simulated nodes. Passes the runtime contract suite.
// It is the machine: a kubelet may be destroyed and another made on it. Thread-safe; never blocks.
class FakeRuntime : public Runtime {
 public:
  // `network` tells the pod addresses of several runtimes apart: 10.<64+>.x.y. The executor outlives the runtime.
  explicit FakeRuntime(base::Executor* executor, int network = 0);
  ~FakeRuntime() override;

  void AddImage(const std::string& reference, const FakeBehaviour& behaviour = {});
  void RemoveImage(const std::string& reference);
  // A process dies by itself.
  void Exit(const std::string& container_id, int exit_code);
  // As after the kill of a shim: the sandbox and all its containers are lost.
  void LoseSandbox(const std::string& pod_uid);
  // Answers ExecSync; by default exit code 0 and no output.
  void SetExec(
      std::function<absl::StatusOr<ExecResult>(const std::string& container, const std::vector<std::string>&)> exec);
  // The pod's containers listen on this port, and send back what they get.
  void ListenOn(const std::string& pod_uid, int port);
  // A container writes something, for those who are attached.
  void Print(const std::string& container_id, int channel, const std::string& text);
  // Commands, attachments and connections that nobody has closed.
  int open_streams() const;
  // As while a shim does not answer: what PodStatus says is marked stale.
  void SetStale(const std::string& pod_uid, bool stale);
  // Returning an error makes the named call ("RunPodSandbox", ...) fail before it does anything.
  void SetFault(std::function<absl::Status(const std::string& call)> fault);
  // The configuration a container was made with.
  std::optional<ContainerConfig> Config(const std::string& container_id) const;

  RuntimeVersion Version() const override { return {"fake", "0.1.0"}; }
  void SetListener(std::function<void(const std::string& pod_uid)> listener) override;
  absl::StatusOr<std::string> RunPodSandbox(const SandboxConfig& config) override;
  absl::Status StopPodSandbox(const std::string& sandbox_id) override;
  absl::Status RemovePodSandbox(const std::string& sandbox_id) override;
  absl::StatusOr<std::string> CreateContainer(const std::string& sandbox_id, const ContainerConfig& config) override;
  absl::Status StartContainer(const std::string& container_id) override;
  absl::Status StopContainer(const std::string& container_id, absl::Duration grace) override;
  absl::Status RemoveContainer(const std::string& container_id) override;
  absl::StatusOr<ExecResult> ExecSync(const std::string& container_id, const std::vector<std::string>& command,
                                      absl::Duration timeout) override;
  // Knows the commands of RunFakeCommand.
  absl::StatusOr<std::unique_ptr<RuntimeStream>> Exec(const std::string& container_id,
                                                      const std::vector<std::string>& command,
                                                      const StreamWishes& wishes,
                                                      RuntimeStream::OnReady on_ready) override;
  absl::StatusOr<std::unique_ptr<RuntimeStream>> Attach(const std::string& container_id, const StreamWishes& wishes,
                                                        RuntimeStream::OnReady on_ready) override;
  absl::StatusOr<std::unique_ptr<RuntimeStream>> PortForward(const std::string& sandbox_id, int port,
                                                             RuntimeStream::OnReady on_ready) override;
  RuntimePod PodStatus(const std::string& pod_uid) override;
  std::map<std::string, RuntimePod> ListPods() override;
  absl::StatusOr<Image> PullImage(const std::string& reference) override;
  absl::StatusOr<Image> ImageStatus(const std::string& reference) override;
  std::vector<Image> ListImages() override;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace kubelite::kubelet
