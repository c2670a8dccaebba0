#include "kubectl-lite/cluster/node_wait.h"

#include <map>
#include <memory>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "common/client/grpc_client.h"
#include "common/client/kubeconfig.h"
#include "k8s/core/v1.pb.h"
#include "kubectl-lite/cluster/wakeup.h"

namespace kubelite::cli {
namespace {

using k8s::core::v1::Node;

constexpr absl::Duration kStep = absl::Milliseconds(250);

bool IsReady(const Node& node) {
  for (const auto& condition : node.status().conditions()) {
    if (condition.type() == "Ready") return condition.status() == "True";
  }
  return false;
}

absl::StatusOr<std::unique_ptr<client::Client>> Connect(const Layout& layout, absl::Duration timeout) {
  ASSIGN_OR_RETURN(client::ResolvedContext context, client::LoadKubeconfig(layout.Kubeconfig()));
  context.grpc.timeout = timeout;
  context.grpc.field_manager = "kubectl-lite";
  return client::NewGrpcClient(context.grpc);
}

absl::Status LabelRoles(client::Client& client, const ClusterRecord& record) {
  for (const std::string& node : record.nodes) {
    const char* role = node == record.nodes.front() ? "control-plane" : "worker";
    RETURN_IF_ERROR(client
                        .Patch(api::ResourceOf<Node>(), {"", node}, client::PatchType::kMerge,
                               absl::StrCat(R"({"metadata":{"labels":{"node-role.kubernetes.io/)", role, R"(":""}}})"))
                        .status());
  }
  return absl::OkStatus();
}

// The mirror pods of the control plane exist and run, so that `get pods -n kube-system` shows them.
bool ControlPlaneRuns(client::Client& client, const std::string& node) {
  for (const char* component : {"kube-apiserver", "kube-scheduler", "kube-controller-manager"}) {
    const auto pod = client::Get<k8s::core::v1::Pod>(client, {"kube-system", absl::StrCat(component, "-", node)});
    if (!pod.ok() || (*pod)->status().phase() != "Running") return false;
  }
  return true;
}

}  // namespace

absl::Status WaitForNodes(const Layout& layout, const ClusterRecord& record, absl::Duration timeout,
                          const base::Clock& clock, const std::function<std::string()>& failure) {
  const absl::Time deadline = clock.Now() + timeout;
  ASSIGN_OR_RETURN(const std::unique_ptr<client::Client> client, Connect(layout, kStep));
  std::set<std::string> missing(record.nodes.begin(), record.nodes.end());
  auto wakeup = std::make_shared<Wakeup>();
  std::unique_ptr<client::WatchStream> watch;
  while (!missing.empty()) {
    if (std::string reason = failure(); !reason.empty()) return absl::InternalError(reason);
    if (clock.Now() > deadline) {
      return absl::DeadlineExceededError(absl::StrCat("not ready after ", absl::FormatDuration(timeout), ": node ",
                                                      absl::StrJoin(missing, ", "), "; see ",
                                                      layout.Node(*missing.begin()), "/kubelet.log"));
    }
    if (watch == nullptr) {
      // Without a resourceVersion the watch begins with the present state. Unavailable: the server is not there yet.
      auto opened = client->Watch(api::ResourceOf<Node>(), {}, [wakeup] { wakeup->Notify(); });
      if (opened.ok())
        watch = *std::move(opened);
      else
        wakeup->WaitFor(absl::Milliseconds(10));
      continue;
    }
    absl::StatusOr<std::vector<client::WatchEvent>> events = watch->Poll(100);
    if (!events.ok()) {
      watch.reset();
      wakeup->WaitFor(absl::Milliseconds(10));
      continue;
    }
    for (const client::WatchEvent& event : *events) {
      if (event.object != nullptr && IsReady(*api::As<Node>(event.object)))
        missing.erase(api::KeyOf(*event.object).name);
    }
    if (events->empty()) wakeup->WaitFor(kStep);
  }
  RETURN_IF_ERROR(LabelRoles(*client, record));
  while (!ControlPlaneRuns(*client, record.nodes.front())) {
    if (std::string reason = failure(); !reason.empty()) return absl::InternalError(reason);
    if (clock.Now() > deadline) {
      return absl::DeadlineExceededError(absl::StrCat("not ready after ", absl::FormatDuration(timeout),
                                                      ": the control plane's pods in kube-system do not run; see ",
                                                      layout.Node(record.nodes.front()), "/kubelet.log"));
    }
    wakeup->WaitFor(absl::Milliseconds(10));
  }
  return absl::OkStatus();
}

bool ApiServerAnswers(const Layout& layout, absl::Duration timeout) {
  const auto client = Connect(layout, timeout);
  return client.ok() && (*client)->List(api::ResourceOf<Node>(), {.limit = 1}).ok();
}

}  // namespace kubelite::cli
