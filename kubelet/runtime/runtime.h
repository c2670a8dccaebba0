#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "kubelet/runtime/stream.h"

namespace kubelite::kubelet {

// The kubelet's view of a container runtime, shaped after CRI: pod sandboxes, containers in them, images, commands.

struct SandboxConfig {
  std::string uid;  // of the pod
  std::string name_space;
  std::string name;
  int attempt = 0;  // one more for each sandbox of the same pod
  std::string hostname;
  bool host_network = false;
  std::map<std::string, std::string> annotations;  // given back by Sandbox
};

struct Sandbox {
  std::string id;
  std::string uid;
  std::string name_space;
  std::string name;
  int attempt = 0;
  absl::Time created_at;
  bool ready = false;
  std::string ip;
  std::map<std::string, std::string> annotations;
};

struct ContainerConfig {
  std::string name;
  int attempt = 0;  // one more for each container of the same name in the pod
  std::string image;
  std::vector<std::string> command;                      // replaces the image's entrypoint
  std::vector<std::string> args;                         // replaces the image's command
  std::vector<std::pair<std::string, std::string>> env;  // after the image's; later ones win
  std::string working_dir;
  std::optional<int64_t> run_as_user;
  std::optional<int64_t> run_as_group;
  std::vector<int64_t> supplemental_groups;
  std::string log_path;  // its directory exists
  int stop_signal = 15;
  bool stdin_open = false;                         // input for those who attach; otherwise there is none
  bool stdin_once = false;                         // closed for good when the first one's input ends
  bool tty = false;                                // a terminal for all three streams
  std::map<std::string, std::string> annotations;  // given back by Container
};

enum class ContainerState { kCreated, kRunning, kExited };

struct Container {
  std::string id;  // unique on the node
  std::string sandbox_id;
  std::string name;
  int attempt = 0;
  ContainerState state = ContainerState::kCreated;
  absl::Time created_at;
  absl::Time started_at = absl::InfinitePast();
  absl::Time finished_at = absl::InfinitePast();
  int exit_code = 0;
  std::string reason;   // Completed, Error, StartError, ContainerStatusUnknown, ...
  std::string message;  // why it could not start
  std::string image;    // as given
  std::string image_id;
  std::string log_path;
  int pid = 0;  // 0 where that means nothing
  std::map<std::string, std::string> annotations;
};

// Which streams somebody wants.
struct StreamWishes {
  bool in = false;
  bool out = false;
  bool err = false;  // not with a terminal, which has one output
  bool tty = false;  // of a command; a container has a terminal or not
};

// All the runtime has of one pod. Sandboxes in order of attempt, containers in order of name and attempt.
struct RuntimePod {
  std::vector<Sandbox> sandboxes;
  std::vector<Container> containers;
  bool stale = false;  // whoever holds the pod does not answer now: this is how it was when it last did
};

// Into the order that RuntimePod promises.
void SortContainers(RuntimePod* pod);

struct Image {
  std::string reference;
  std::string id;
  int64_t size = 0;
};

struct ExecResult {
  int exit_code = 0;
  std::string output;  // standard output and error, cut at the limit
};

struct RuntimeVersion {
  std::string name;
  std::string version;
};

// Thread-safe. Calls about one pod are made one at a time; calls may block for as long as the runtime needs to answer
// (some milliseconds), except where said otherwise. Unavailable means that the runtime did not answer; every call may
// be made again.
class Runtime {
 public:
  virtual ~Runtime() = default;
  virtual RuntimeVersion Version() const = 0;

  // Called from any thread, with the pod's uid, after a container started or exited or a sandbox was lost; it must not
  // block. Changes may be merged, so the receiver looks at the pod.
  virtual void SetListener(std::function<void(const std::string& pod_uid)> listener) = 0;

  // The id of a new, ready sandbox. AlreadyExists when the pod has a ready one.
  virtual absl::StatusOr<std::string> RunPodSandbox(const SandboxConfig& config) = 0;
  // Kills whatever runs in it. The sandbox and its containers stay visible, not ready and exited. OK when it is stopped
  // already.
  virtual absl::Status StopPodSandbox(const std::string& sandbox_id) = 0;
  // Stops it and forgets it and its containers; when it was the pod's last, nothing of the pod is left but logs.
  virtual absl::Status RemovePodSandbox(const std::string& sandbox_id) = 0;

  // NotFound: unknown sandbox or image. AlreadyExists: name and attempt are taken; one that was never started is
  // replaced.
  virtual absl::StatusOr<std::string> CreateContainer(const std::string& sandbox_id, const ContainerConfig& config) = 0;
  // On an error the container is exited with code 128, reason StartError and the error's message; but after
  // Unavailable only PodStatus tells whether it was started.
  virtual absl::Status StartContainer(const std::string& container_id) = 0;
  // Sends the stop signal now and SIGKILL after `grace`; returns at once and goes on although the kubelet may die. A
  // later call may shorten the grace. OK when it is not running.
  virtual absl::Status StopContainer(const std::string& container_id, absl::Duration grace) = 0;
  // Forgets an exited or never started container and its log. FailedPrecondition when it runs; OK when unknown.
  virtual absl::Status RemoveContainer(const std::string& container_id) = 0;
  // Runs a command beside the container's processes, with its environment, and waits for it. DeadlineExceeded after
  // `timeout`, when it is killed. FailedPrecondition when the container does not run.
  virtual absl::StatusOr<ExecResult> ExecSync(const std::string& container_id, const std::vector<std::string>& command,
                                              absl::Duration timeout) = 0;

  // The following may be called at any time. Streams outlive calls, but not the runtime.

  // Runs a command beside the container's processes, with its environment, and with streams. What the command left in
  // its process group, or in the session of its terminal, is killed when it ends. FailedPrecondition when the container
  // does not run; Internal with a reason that users know when the command cannot be started.
  virtual absl::StatusOr<std::unique_ptr<RuntimeStream>> Exec(const std::string& container_id,
                                                              const std::vector<std::string>& command,
                                                              const StreamWishes& wishes,
                                                              RuntimeStream::OnReady on_ready) = 0;
  // The streams of the container's main process from now on. It never waits for a reader: one who is too slow gets
  // ResourceExhausted as the result. FailedPrecondition when the container does not run.
  virtual absl::StatusOr<std::unique_ptr<RuntimeStream>> Attach(const std::string& container_id,
                                                                const StreamWishes& wishes,
                                                                RuntimeStream::OnReady on_ready) = 0;
  // A connection to a TCP port of the pod; one that cannot be made ends with Unavailable. FailedPrecondition when the
  // sandbox is not ready.
  virtual absl::StatusOr<std::unique_ptr<RuntimeStream>> PortForward(const std::string& sandbox_id, int port,
                                                                     RuntimeStream::OnReady on_ready) = 0;

  // Empty when the pod is unknown. May be called at any time.
  virtual RuntimePod PodStatus(const std::string& pod_uid) = 0;
  // Every pod that has anything, by uid.
  virtual std::map<std::string, RuntimePod> ListPods() = 0;

  // Makes an image present. InvalidArgument: not an image name. NotFound: there is no such image.
  virtual absl::StatusOr<Image> PullImage(const std::string& reference) = 0;
  // The present image. NotFound when it is not present; InvalidArgument as PullImage.
  virtual absl::StatusOr<Image> ImageStatus(const std::string& reference) = 0;
  virtual std::vector<Image> ListImages() = 0;
};

}  // namespace kubelite::kubelet
