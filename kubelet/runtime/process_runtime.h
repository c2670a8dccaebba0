#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "kubelet/images/image_store.h"
#include "kubelet/network/address_pool.h"
#include "kubelet/runtime/checkpoint.h"
#include "kubelet/runtime/runtime.h"
#include "kubelet/runtime/shim_client.h"
#include "kubelet/runtime/shim_stream.h"
#include "kubelet/transport/event_loop.h"

namespace kubelite::kubelet {

struct ProcessRuntimeOptions {
  std::string root_dir;  // pods are kept in <root_dir>/pods
  std::string node_ip;   // address of pods on the host network
  ShimOptions shim;
};

// Containers as local processes, each pod's held by a shim that outlives the kubelet. No thread of its own: exits
// arrive on the event loop.
class ProcessRuntime : public Runtime {
 public:
  // All pointers outlive the runtime. Finds the pods of earlier kubelets in root_dir and adopts those whose shim lives.
  static absl::StatusOr<std::unique_ptr<ProcessRuntime>> Create(ProcessRuntimeOptions options, const ImageStore* images,
                                                                AddressPool* addresses, EventLoop* loop,
                                                                const base::Clock* clock);
  ~ProcessRuntime() override;  // leaves everything running

  RuntimeVersion Version() const override;
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
  struct ContainerEntry {
    Container container;
    std::optional<shim::Process> process;  // until it is started
    int stop_signal = 15;
    bool stdin_open = false;
    bool stdin_once = false;
    bool tty = false;
  };
  struct PodEntry {
    SandboxRecord sandbox;
    bool lost = false;                                 // not connected to the shim; PodStatus finds out why
    bool connecting = false;                           // somebody is finding out
    std::map<std::string, ContainerEntry> containers;  // by id
    std::unique_ptr<ShimSubscription> subscription;
  };

  ProcessRuntime(ProcessRuntimeOptions options, const ImageStore* images, AddressPool* addresses, EventLoop* loop,
                 const base::Clock* clock);
  absl::Status Recover();
  absl::Status RecoverPod(const std::string& uid);
  absl::Status RecoverContainers(const std::string& uid, PodEntry* entry) const;

  std::string PodDirectory(const std::string& uid) const;
  std::string RecordPath(const Container& container, const char* suffix) const;
  ShimClient Shim(const std::string& uid) const { return ShimClient(PodDirectory(uid), options_.shim.timeout); }
  // Connects to the shim and takes over its states. After an error the pod is lost; NotFound: there is no shim.
  absl::Status Subscribe(const std::string& uid);
  // The connected pod's states; ids of containers that run in it but are unknown go to `strangers`.
  void TakeOver(const std::string& uid, const std::vector<shim::ContainerState>& states, PodEntry* pod,
                std::vector<std::string>* strangers) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Finds out why the connection to the pod's shim ended.
  void ResolveLost(const std::string& uid);
  // There is no shim: makes sure that nothing of these pods runs, and finishes their containers with what their state
  // files say.
  void BuryAll(const std::set<std::string>& uids);
  void MarkLost(const std::string& uid);
  // Starts the shim of a new sandbox.
  absl::Status StartSandbox(const SandboxRecord& record, const AddressClaim& claim) const;
  void OnExit(const std::string& uid, const shim::ContainerState& state);
  void OnLost(const std::string& uid);
  void Notify(const std::string& uid);
  // A copy. NotFound when unknown.
  absl::StatusOr<Container> FindContainer(const std::string& container_id) const;
  // FailedPrecondition when it does not run.
  absl::Status CheckRunning(const std::string& container_id) const;
  ShimStreams Streams(const std::string& container_id) const;
  std::unique_ptr<ShimSubscription> TakeSubscription(const std::string& uid);

  const ProcessRuntimeOptions options_;
  const ImageStore* const images_;
  AddressPool* const addresses_;
  EventLoop* const loop_;
  const base::Clock* const clock_;
  mutable base::Mutex mutex_;
  std::function<void(const std::string&)> listener_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, PodEntry> pods_ ABSL_GUARDED_BY(mutex_);  // by uid
};

}  // namespace kubelite::kubelet
