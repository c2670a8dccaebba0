#include "kubelet/worker/container_starter.h"

#include <dirent.h>

#include <csignal>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "kubelet/pod/environment.h"
#include "kubelet/pod/restart_backoff.h"
#include "kubelet/pod/spec.h"

namespace kubelite::kubelet {

using k8s::core::v1::ConfigMap;
using ContainerSpec = k8s::core::v1::Container;
using k8s::core::v1::Pod;
using k8s::core::v1::Secret;
using Event = client::EventRecorder::Type;

namespace {

constexpr absl::Duration kRetryAfter = absl::Seconds(10);
constexpr char kHashAnnotation[] = "io.kubernetes.container.hash";

int SignalNumber(const std::string& name) {
  if (name == "SIGINT") return SIGINT;
  if (name == "SIGQUIT") return SIGQUIT;
  if (name == "SIGHUP") return SIGHUP;
  if (name == "SIGUSR1") return SIGUSR1;
  if (name == "SIGUSR2") return SIGUSR2;
  if (name == "SIGKILL") return SIGKILL;
  if (name == "SIGWINCH") return SIGWINCH;
  return SIGTERM;
}

// One more than the highest <n>.log in `directory`, as upstream counts restarts when the runtime has forgotten the
// container: after a reboot, or after all pods were removed. 0 when there is none.
int AttemptByLogs(const std::string& directory) {
  int next = 0;
  DIR* dir = opendir(directory.c_str());
  if (dir == nullptr) return 0;
  while (const struct dirent* entry = readdir(dir)) {
    absl::string_view name = entry->d_name;
    int attempt = 0;
    name = name.substr(0, name.find('.'));
    if (absl::SimpleAtoi(name, &attempt)) next = std::max(next, attempt + 1);
  }
  closedir(dir);
  return next;
}

void SetUser(const Pod& pod, const ContainerSpec& spec, ContainerConfig* config) {
  const auto& of_pod = pod.spec().securitycontext();
  const auto& own = spec.securitycontext();
  if (of_pod.has_runasuser()) config->run_as_user = of_pod.runasuser();
  if (of_pod.has_runasgroup()) config->run_as_group = of_pod.runasgroup();
  if (own.has_runasuser()) config->run_as_user = own.runasuser();
  if (own.has_runasgroup()) config->run_as_group = own.runasgroup();
  config->supplemental_groups.assign(of_pod.supplementalgroups().begin(), of_pod.supplementalgroups().end());
}

}  // namespace

std::string ContainerStarter::PodLogDirectory(const Pod& pod) const {
  const auto& meta = pod.metadata();
  return absl::StrCat(deps_.log_dir, "/", meta.namespace_(), "_", meta.name(), "_", meta.uid());
}

absl::StatusOr<ContainerConfig> ContainerStarter::MakeConfig(const DesiredPod& desired, const StartAction& action,
                                                             const Sandbox& sandbox) {
  const Pod& pod = *desired.pod;
  bool is_init = false;
  const ContainerSpec& spec = *FindContainer(pod, action.name, &is_init);
  EnvironmentSources sources;
  sources.node_name = deps_.node_name;
  sources.host_ip = deps_.node_ip;
  sources.pod_ip = sandbox.ip;
  sources.node_allocatable = deps_.node_allocatable;
  if (desired.source == PodSource::kApi) {
    const std::string ns = pod.metadata().namespace_();
    sources.config_map = [this, ns](const std::string& name) {
      return client::Get<ConfigMap>(*deps_.client, {ns, name});
    };
    sources.secret = [this, ns](const std::string& name) { return client::Get<Secret>(*deps_.client, {ns, name}); };
  }
  ASSIGN_OR_RETURN(Environment environment, MakeEnvironment(pod, spec, sources));
  if (!environment.skipped.empty()) {
    deps_.events->EventOn(pod, FieldPath(spec.name(), is_init), Event::kWarning, "InvalidEnvironmentVariableNames",
                          absl::StrCat("Keys [", absl::StrJoin(environment.skipped, ", "),
                                       "] were skipped since they are considered invalid environment variable names."));
  }
  ContainerConfig config;
  config.name = spec.name();
  const std::string log_directory = absl::StrCat(PodLogDirectory(pod), "/", spec.name());
  config.attempt = action.attempt > 0 ? action.attempt : AttemptByLogs(log_directory);
  config.image = spec.image();
  config.command = ExpandAll(spec.command(), environment);
  config.args = ExpandAll(spec.args(), environment);
  config.env = std::move(environment.variables);
  config.working_dir = spec.workingdir();
  config.log_path = absl::StrCat(log_directory, "/", config.attempt, ".log");
  config.stop_signal = SignalNumber(spec.lifecycle().stopsignal());
  config.stdin_open = spec.stdin();
  config.stdin_once = spec.stdinonce();
  config.tty = spec.tty();
  SetUser(pod, spec, &config);
  config.annotations[kHashAnnotation] = ContainerHash(spec);
  SetRestartDelay(action.restart_delay, &config.annotations);
  return config;
}

std::optional<StartProblem> ContainerStarter::Start(const DesiredPod& desired, const StartAction& action,
                                                    const Sandbox& sandbox) {
  const Pod& pod = *desired.pod;
  bool is_init = false;
  const ContainerSpec& spec = *FindContainer(pod, action.name, &is_init);
  const std::string path = FieldPath(spec.name(), is_init);
  const auto fail = [&](const char* reason, const absl::Status& status) {
    deps_.events->EventOn(pod, path, Event::kWarning, "Failed", absl::StrCat("Error: ", status.message()));
    return StartProblem{reason, std::string(status.message()), deps_.clock->Now() + kRetryAfter};
  };
  if (std::optional<StartProblem> problem = images_.Ensure(pod, spec, is_init)) return problem;
  absl::StatusOr<ContainerConfig> config = MakeConfig(desired, action, sandbox);
  if (!config.ok()) return fail("CreateContainerConfigError", config.status());
  const absl::StatusOr<std::string> id = deps_.runtime->CreateContainer(sandbox.id, *config);
  if (!id.ok()) return fail("CreateContainerError", id.status());
  deps_.events->EventOn(pod, path, Event::kNormal, "Created", "Container created");
  const absl::Status started = deps_.runtime->StartContainer(*id);
  if (!started.ok()) {
    StartProblem problem = fail("RunContainerError", started);
    // From here on the container's own end drives the restart; but without an answer it may not even have begun.
    if (!absl::IsUnavailable(started)) problem.retry_at = absl::InfinitePast();
    return problem;
  }
  deps_.events->EventOn(pod, path, Event::kNormal, "Started", "Container started");
  return std::nullopt;
}

}  // namespace kubelite::kubelet
