// kube-lite-kubelet: flags, object graph, shutdown. See README.md.

#include <iostream>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/file.h"
#include "common/base/log.h"
#include "common/base/random.h"
#include "common/base/signals.h"
#include "common/base/status_macros.h"
#include "common/base/thread_pool.h"
#include "common/client/grpc_client.h"
#include "common/client/kubeconfig.h"
#include "kubelet/app.h"
#include "kubelet/options.h"
#include "kubelet/probe/socket_prober.h"
#include "kubelet/runtime/process_runtime.h"
#include "kubelet/server_wait.h"
#include "kubelet/session/node_session.h"
#include "kubelet/teardown.h"

namespace kubelite::kubelet {
namespace {

// Tasks block on the API server and on shims: enough threads that static pods start while the API server is away.
constexpr int kThreads = 16;
// Calls are made again anyway, and stopping waits for those under way.
constexpr absl::Duration kCallTimeout = absl::Seconds(5);
constexpr absl::Duration kTeardownGrace = absl::Seconds(5);

void AddFlags(CLI::App* cli, Options* options) {
  cli->add_option("--kubeconfig", options->kubeconfig, "How to reach the API server; without it only static pods run");
  cli->add_option("--hostname-override", options->hostname_override, "Name of the node instead of the host's");
  cli->add_option("--root-dir", options->root_dir, "Directory of this kubelet's state: pods and their logs")
      ->capture_default_str();
  cli->add_option("--pod-manifest-path", options->pod_manifest_path, "Directory of static pod manifests");
  cli->add_option("--image-dir", options->image_dir, "Directory of image manifests [<root-dir>/images]");
  cli->add_option("--node-ip", options->node_ip, "Address of the node")->capture_default_str();
  cli->add_option("--node-labels", options->node_labels, "Labels of the node when it registers: a=b,c=d");
  cli->add_option("--max-pods", options->max_pods, "How many pods may run here")->capture_default_str();
  cli->add_option("--register-node", options->register_node, "Make the Node object when it is absent")
      ->capture_default_str();
  cli->add_option("--container-log-max-size", options->container_log_max_size,
                  "Size at which a container's log is rotated")
      ->capture_default_str();
  cli->add_option("--container-log-max-files", options->container_log_max_files, "Log files kept per container")
      ->capture_default_str();
  cli->add_option("--shim-path", options->shim_path, "The kube-lite-shim program [beside this program]");
  cli->add_flag("--remove-pods", options->remove_pods, "Stop every pod of --root-dir, remove it, and exit");
  cli->add_option("-v,--log-level", options->log_level, "debug, info, warning or error")->capture_default_str();
}

int Fail(const absl::Status& status, int code) {
  std::cerr << "kube-lite-kubelet: " << status.message() << "\n";
  return code;
}

std::string OwnDirectory() {
  char path[4096];
  const ssize_t n = readlink("/proc/self/exe", path, sizeof(path));
  const std::string self(path, n > 0 ? n : 0);
  return self.substr(0, self.rfind('/'));
}

std::map<std::string, std::string> ParseLabels(const std::string& text) {
  std::map<std::string, std::string> labels;
  for (absl::string_view pair : absl::StrSplit(text, ',', absl::SkipEmpty())) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(pair, absl::MaxSplits('=', 1));
    labels[parts.first] = parts.second;
  }
  return labels;
}

// What runs pods on this machine.
struct Machinery {
  explicit Machinery(const Options& options)
      : images(options.image_dir.empty() ? options.root_dir + "/images" : options.image_dir),
        addresses(options.root_dir) {}

  absl::Status Start(const Options& options) {
    RETURN_IF_ERROR(base::MakeDirectories(options.root_dir, 0750));
    absl::StatusOr<base::FileLock> taken = base::FileLock::Acquire(options.root_dir + "/kubelet.lock");
    if (!taken.ok()) {
      return base::Annotate(taken.status(),
                            absl::StrCat("--root-dir ", options.root_dir, " is in use by another kubelet"));
    }
    lock.emplace(*std::move(taken));
    ProcessRuntimeOptions runtime_options;
    runtime_options.root_dir = options.root_dir;
    runtime_options.node_ip = options.node_ip;
    runtime_options.shim.shim_path = options.shim_path.empty() ? OwnDirectory() + "/kube-lite-shim" : options.shim_path;
    if (access(runtime_options.shim.shim_path.c_str(), X_OK) != 0) {
      return absl::NotFoundError(
          absl::StrCat("--shim-path: ", runtime_options.shim.shim_path, " is not an executable file"));
    }
    runtime_options.shim.log_max_size = options.ContainerLogMaxSize();
    runtime_options.shim.log_max_files = options.container_log_max_files;
    ASSIGN_OR_RETURN(runtime,
                     ProcessRuntime::Create(runtime_options, &images, &addresses, &loop, &base::SystemClock()));
    return absl::OkStatus();
  }

  std::optional<base::FileLock> lock;
  ImageStore images;
  AddressPool addresses;
  EventLoop loop;
  std::unique_ptr<ProcessRuntime> runtime;
};

KubeletSettings MakeSettings(const Options& options, const Runtime& runtime) {
  KubeletSettings settings;
  settings.node.machine = ReadMachine();
  settings.node.name = options.hostname_override.empty() ? settings.node.machine.hostname : options.hostname_override;
  settings.node.ip = options.node_ip;
  settings.node.max_pods = options.max_pods;
  settings.node.labels = ParseLabels(options.node_labels);
  settings.node.runtime = runtime.Version();
  settings.log_dir = options.root_dir + "/logs/pods";
  settings.pod_manifest_path = options.pod_manifest_path;
  settings.register_node = options.register_node;
  settings.use_api = !options.kubeconfig.empty();
  return settings;
}

absl::Status RunKubelet(const Options& options, Machinery* machinery) {
  const std::unique_ptr<base::Random> random = base::Random::FromSystem();
  if (!options.pod_manifest_path.empty()) RETURN_IF_ERROR(base::MakeDirectories(options.pod_manifest_path));
  client::GrpcClientOptions grpc;
  std::unique_ptr<client::Client> client;
  if (!options.kubeconfig.empty()) {
    ASSIGN_OR_RETURN(client::ResolvedContext context, client::LoadKubeconfig(options.kubeconfig));
    grpc = std::move(context.grpc);
    grpc.field_manager = "kubelet";
    grpc.timeout = kCallTimeout;
    client = client::NewGrpcClient(grpc);
  }
  base::ThreadPool executor(kThreads);
  SocketProber prober(&machinery->loop, &executor);
  const KubeletSettings settings = MakeSettings(options, *machinery->runtime);
  Kubelet kubelet(settings,
                  {client.get(), &executor, random.get(), machinery->runtime.get(), &prober, &machinery->loop});
  kubelet.StartStaticPods();
  std::unique_ptr<NodeSession> session;
  std::unique_ptr<ServerWait> wait;
  if (client != nullptr) {
    session = std::make_unique<NodeSession>(
        client::NewChannel(grpc), settings.node.name,
        StreamSources{[&kubelet](const kubelite::v1::StreamOpen& open) { return kubelet.FindLog(open); },
                      [&kubelet](const kubelite::v1::StreamOpen& open, RuntimeStream::OnReady on_ready) {
                        return kubelet.OpenStream(open, std::move(on_ready));
                      }},
        &executor, random.get());
    wait = std::make_unique<ServerWait>(grpc.address, &prober, &executor, [&kubelet, &session] {
      kubelet.StartApi();
      session->Start();
    });
  }
  base::LogInfo("Kubelet runs", {{"node", settings.node.name},
                                 {"root_dir", options.root_dir},
                                 {"pod_manifest_path", options.pod_manifest_path},
                                 {"api_server", grpc.address},
                                 {"node_ip", options.node_ip},
                                 {"max_pods", options.max_pods}});
  base::WaitForTerminationSignal();
  base::LogInfo("Kubelet stops; pods keep running");
  wait.reset();
  session.reset();
  kubelet.Stop();
  return absl::OkStatus();
}

// Returns the exit code.
int Run(const Options& options) {
  if (absl::Status status = base::SetLogLevel(options.log_level); !status.ok()) {
    return Fail(absl::InvalidArgumentError(absl::StrCat("--log-level: ", status.message())), 2);
  }
  if (absl::Status status = options.Validate(); !status.ok()) return Fail(status, 2);
  base::BlockTerminationSignals();
  Machinery machinery(options);
  absl::Status status = machinery.Start(options);
  if (status.ok()) {
    status =
        options.remove_pods ? RemoveAllPods(machinery.runtime.get(), kTeardownGrace) : RunKubelet(options, &machinery);
  }
  return status.ok() ? 0 : Fail(status, 1);
}

}  // namespace
}  // namespace kubelite::kubelet

int main(int argc, char** argv) {
  kubelite::base::InitLog("kubelet", kubelite::base::LogLevel::kInfo);
  kubelite::kubelet::Options options;
  CLI::App cli("Runs the pods of one node.", "kube-lite-kubelet");
  kubelite::kubelet::AddFlags(&cli, &options);
  CLI11_PARSE(cli, argc, argv);
  return kubelite::kubelet::Run(options);
}
