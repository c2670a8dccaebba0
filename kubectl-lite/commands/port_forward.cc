#include <ostream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/api/errors.h"
#include "common/api/int_or_string.h"
#include "common/base/mutex.h"
#include "common/base/status_macros.h"
#include "kubectl-lite/commands/all.h"
#include "kubectl-lite/commands/forwarder.h"
#include "kubectl-lite/commands/stream_session.h"
#include "kubelite/v1/api.pb.h"

namespace kubelite::cli {
namespace {

using k8s::core::v1::Pod;
using k8s::core::v1::Service;

// One word of the command line: [[LOCAL]:]REMOTE; a remote port may be a name.
struct PortWord {
  std::string local;
  std::string remote;
};

absl::StatusOr<PortWord> ParsePortWord(const std::string& word) {
  const std::vector<std::string> parts = absl::StrSplit(word, ':');
  if (parts.size() > 2 || parts.back().empty()) return UsageError(absl::StrCat("invalid port format '", word, "'"));
  PortWord port{parts[0], parts.back()};
  int number = 0;
  if (!port.local.empty() && parts.size() == 2 &&
      (!absl::SimpleAtoi(port.local, &number) || number < 0 || number > 65535)) {
    return UsageError(absl::StrCat("error parsing local port '", port.local, "': must be a number below 65536"));
  }
  return port;
}

// The number of a container's port.
absl::StatusOr<int> PodPort(const Pod& pod, const std::string& port) {
  int number = 0;
  if (absl::SimpleAtoi(port, &number)) {
    if (number > 0 && number < 65536) return number;
    return UsageError(absl::StrCat("remote port must be > 0 and < 65536, not ", port));
  }
  for (const auto& container : pod.spec().containers()) {
    for (const auto& candidate : container.ports()) {
      if (candidate.name() == port) return candidate.containerport();
    }
  }
  return absl::NotFoundError(absl::StrCat("Pod '", pod.metadata().name(), "' does not have a named port '", port, "'"));
}

// The number of the pod's port behind a service's.
absl::StatusOr<int> TargetPort(const Service& service, const Pod& pod, const std::string& port) {
  for (const auto& candidate : service.spec().ports()) {
    if (candidate.name() != port && absl::StrCat(candidate.port()) != port) continue;
    if (service.spec().clusterip() == "None") return candidate.port();
    const std::string target = candidate.has_targetport() ? api::ToString(candidate.targetport()) : "";
    return target.empty() || target == "0" ? candidate.port() : PodPort(pod, target);
  }
  return absl::NotFoundError(
      absl::StrCat("Service ", service.metadata().name(), " does not have a service port ", port));
}

// What is forwarded to: the pod may be another one later.
class Target {
 public:
  Target(Session session, std::string word) : session_(std::move(session)), word_(std::move(word)) {}

  absl::StatusOr<PodPtr> FindRunningPod() {
    ASSIGN_OR_RETURN(PodPtr pod, FindPod(word_, session_));
    if (pod->status().phase() == "Running") return pod;
    return absl::FailedPreconditionError(
        absl::StrCat("unable to forward port because pod is not running. Current status=", pod->status().phase()));
  }
  absl::StatusOr<std::shared_ptr<const Service>> FindService() {
    ASSIGN_OR_RETURN(const Selection selection, ParsePodWord(word_));
    if (selection.resource != &api::ResourceOf<Service>()) return nullptr;
    return client::Get<Service>(*session_.client, session_.KeyFor(*selection.resource, selection.names[0]));
  }

  // On any thread. When the pod is gone another one of TYPE/NAME is found for the next connection.
  absl::StatusOr<std::unique_ptr<client::ByteStream>> Connect(int remote) {
    kubelite::v1::StreamOpen open;
    {
      base::MutexLock lock(&mutex_);
      if (pod_ == nullptr || !StillThere(*pod_)) {
        ASSIGN_OR_RETURN(pod_, FindRunningPod());
      }
      open.set_namespace_(pod_->metadata().namespace_());
      open.set_pod(pod_->metadata().name());
    }
    open.mutable_port_forward()->set_port(remote);
    return session_.client->Connect(open);
  }

 private:
  bool StillThere(const Pod& pod) {
    const auto now = client::Get<Pod>(*session_.client, {pod.metadata().namespace_(), pod.metadata().name()});
    if (!now.ok()) return !api::IsNotFound(now.status());
    return (*now)->metadata().uid() == pod.metadata().uid() && !(*now)->metadata().has_deletiontimestamp();
  }

  Session session_;
  const std::string word_;
  base::Mutex mutex_;
  PodPtr pod_ ABSL_GUARDED_BY(mutex_);
};

absl::StatusOr<std::vector<ForwardedPort>> FindPorts(const std::vector<PortWord>& words, Target& target) {
  ASSIGN_OR_RETURN(const std::shared_ptr<const Service> service, target.FindService());
  ASSIGN_OR_RETURN(const PodPtr pod, target.FindRunningPod());
  std::vector<ForwardedPort> ports;
  for (const PortWord& word : words) {
    ForwardedPort port;
    ASSIGN_OR_RETURN(port.remote,
                     service == nullptr ? PodPort(*pod, word.remote) : TargetPort(*service, *pod, word.remote));
    // A name stands for the same number on both sides.
    if (!word.local.empty() && !absl::SimpleAtoi(word.local, &port.local)) port.local = port.remote;
    ports.push_back(port);
  }
  return ports;
}

absl::Status Run(const Args& args, Context& context) {
  if (args.positional.size() < 2) return UsageError("TYPE/NAME and list of ports are required for port-forward");
  std::vector<PortWord> words;
  for (size_t i = 1; i < args.positional.size(); ++i) {
    ASSIGN_OR_RETURN(PortWord word, ParsePortWord(args.positional[i]));
    words.push_back(std::move(word));
  }
  ASSIGN_OR_RETURN(Session session, Connect(args, context));
  Target target(std::move(session), args.positional[0]);
  ASSIGN_OR_RETURN(const std::vector<ForwardedPort> ports, FindPorts(words, target));
  Forwarder forwarder({.connect = [&target](int remote) { return target.Connect(remote); },
                       .print = [&context](const std::string& line) { context.out << line << std::endl; },
                       .complain = [&context](const std::string& line) { context.err << line << std::endl; }});
  std::vector<std::string> addresses = args.GetList("address");
  if (addresses.empty()) addresses = {"localhost"};
  RETURN_IF_ERROR(forwarder.Listen(addresses, ports));
  forwarder.Run();
  return absl::OkStatus();
}

}  // namespace

Command PortForwardCommand() {
  return {.name = "port-forward",
          .aliases = {},
          .summary = "Reach ports of a pod through ports of this machine",
          .usage = "port-forward (POD | TYPE/NAME) [LOCAL:]REMOTE [...] [flags]",
          .examples =
              "# Port 8080 of one pod of a deployment, as port 8080 here\n"
              "kubectl-lite port-forward deployment/hello 8080\n"
              "# A service's port 80 as port 8888; two ports of a pod, one of them on any free port here\n"
              "kubectl-lite port-forward service/hello 8888:80\n"
              "kubectl-lite port-forward hello-5d78c9869d-2x4kq 5000 :6000\n"
              "# For other machines too\n"
              "kubectl-lite port-forward --address=0.0.0.0 deployment/hello 8080",
          .flags = {{.name = "address",
                     .kind = Flag::Kind::kList,
                     .help = "Addresses to listen on (IP addresses or localhost); default localhost"}},
          .run = Run,
          .subcommands = {}};
}

}  // namespace kubelite::cli
