#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/executor.h"
#include "common/base/random.h"
#include "common/client/client.h"
#include "kubelet/node/node_object.h"
#include "kubelet/probe/prober.h"
#include "kubelet/runtime/runtime.h"
#include "kubelet/session/node_session.h"
#include "kubelet/transport/event_loop.h"

namespace kubelite::kubelet {

struct KubeletSettings {
  NodeSettings node;
  std::string log_dir;            // of containers
  std::string pod_manifest_path;  // empty: no static pods
  bool register_node = true;
  bool use_api = true;  // false: static pods only
  int workers = 8;
};

// All outlive the kubelet.
struct KubeletDeps {
  client::Client* client = nullptr;
  base::Executor* executor = nullptr;
  base::Random* random = nullptr;
  Runtime* runtime = nullptr;
  Prober* prober = nullptr;
  EventLoop* loop = nullptr;  // may be null: then static pod files are looked at every second
};

// One node's kubelet, without its process: the same in production, tests and simulation. Static pods run before and
// without an API server. Destroying it leaves every pod running; another one on the same runtime goes on where it
// ended.
class Kubelet {
 public:
  Kubelet(const KubeletSettings& settings, const KubeletDeps& deps);
  ~Kubelet();  // Stop()
  Kubelet(const Kubelet&) = delete;

  // Both of the following.
  void Start();
  // Reads the manifests on the caller's thread; the pods start on the executor.
  void StartStaticPods();
  // Registers the node and follows its pods. Better not before the server can be reached; but it retries for ever.
  void StartApi();
  // Waits for running tasks.
  void Stop();
  // For the node session.
  absl::StatusOr<LogTarget> FindLog(const kubelite::v1::StreamOpen& open) const;
  absl::StatusOr<std::unique_ptr<RuntimeStream>> OpenStream(const kubelite::v1::StreamOpen& open,
                                                            RuntimeStream::OnReady on_ready) const;
  // No pod is being worked on and no status waits to be written (probes and timers aside).
  bool idle() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kubelite::kubelet
