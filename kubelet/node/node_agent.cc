#include "kubelet/node/node_agent.h"

#include "common/api/errors.h"
#include "common/base/backoff.h"
#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/base/status_macros.h"

namespace kubelite::kubelet {

using k8s::coordination::v1::Lease;
using k8s::core::v1::Node;
using NodePtr = std::shared_ptr<const Node>;

namespace {

constexpr absl::Duration kLeasePeriod = absl::Seconds(10);
constexpr absl::Duration kStatusPeriod = absl::Seconds(10);
constexpr absl::Duration kStatusReport = absl::Minutes(5);
constexpr int kMaxConflicts = 5;

}  // namespace

struct NodeAgent::State {
  State(NodeSettings s, bool r, Deps d)
      : settings(std::move(s)),
        register_node(r),
        deps(std::move(d)),
        backoff(absl::Milliseconds(20), 1.5, absl::Seconds(2), 0.2),
        strand(deps.executor) {}

  absl::Time Now() const { return deps.executor->clock().Now(); }
  void Register();
  absl::StatusOr<NodePtr> EnsureNode();
  absl::Status WriteStatus();
  void StatusLoop();
  void LeaseLoop();
  absl::Status RenewLease();
  std::string uid() const {
    base::MutexLock lock(&mutex);
    return node_uid;
  }

  const NodeSettings settings;
  const bool register_node;
  const Deps deps;
  mutable base::Mutex mutex;
  std::string node_uid ABSL_GUARDED_BY(mutex);
  // The strand's:
  base::Backoff backoff;
  NodePtr node;  // as last read or written
  absl::Time reported;
  std::shared_ptr<const Lease> lease;
  base::Strand strand;  // last: when it is gone, nothing runs any more
};

absl::StatusOr<NodePtr> NodeAgent::State::EnsureNode() {
  absl::StatusOr<NodePtr> found = client::Get<Node>(*deps.client, {"", settings.name});
  if (api::IsNotFound(found.status()) && register_node) {
    absl::StatusOr<NodePtr> created = client::Create(*deps.client, MakeNode(settings, Now()));
    if (created.ok() || !api::IsAlreadyExists(created.status())) return created;
    found = client::Get<Node>(*deps.client, {"", settings.name});
  }
  if (!found.ok()) return found;
  Node updated = **found;
  if (!UpdateNodeMetadata(settings, &updated)) return found;
  return client::Update(*deps.client, updated);
}

absl::Status NodeAgent::State::WriteStatus() {
  for (int attempt = 0;; ++attempt) {
    if (attempt > 0) {
      ASSIGN_OR_RETURN(node, client::Get<Node>(*deps.client, {"", settings.name}));
    }
    Node updated = *node;
    FillNodeStatus(settings, deps.runtime->ListImages(), Now(), updated.mutable_status());
    if (SameNodeStatus(updated.status(), node->status()) && Now() < reported + kStatusReport) return absl::OkStatus();
    absl::StatusOr<NodePtr> written = client::Update(*deps.client, updated, "status");
    if (written.ok()) {
      node = *std::move(written);
      reported = Now();
      return absl::OkStatus();
    }
    if (!api::IsConflict(written.status()) || attempt == kMaxConflicts) return written.status();
  }
}

void NodeAgent::State::Register() {
  absl::StatusOr<NodePtr> ensured = EnsureNode();
  absl::Status status = ensured.status();
  if (status.ok()) {
    node = *std::move(ensured);
    status = WriteStatus();
  }
  if (!status.ok()) {
    base::LogWarning("Node not registered, will retry", {{"node", settings.name}, {"err", status}});
    strand.PostAfter(backoff.Next(*deps.random), [this] { Register(); });
    return;
  }
  {
    base::MutexLock lock(&mutex);
    node_uid = node->metadata().uid();
  }
  base::LogInfo("Node registered", {{"node", settings.name}});
  LeaseLoop();
  strand.PostAfter(kStatusPeriod, [this] { StatusLoop(); });
  if (deps.registered) deps.registered();
}

void NodeAgent::State::StatusLoop() {
  absl::Status status = WriteStatus();
  // Someone deleted the node: it is registered anew.
  if (api::IsNotFound(status)) {
    absl::StatusOr<NodePtr> ensured = EnsureNode();
    if (ensured.ok()) {
      node = *std::move(ensured);
      base::MutexLock lock(&mutex);
      node_uid = node->metadata().uid();
    }
    status = ensured.status();
  }
  if (!status.ok()) base::LogWarning("Node status not written, will retry", {{"node", settings.name}, {"err", status}});
  strand.PostAfter(kStatusPeriod, [this] { StatusLoop(); });
}

void NodeAgent::State::LeaseLoop() {
  const absl::Status status = RenewLease();
  if (!status.ok()) {
    lease = nullptr;
    base::LogWarning("Node lease not renewed, will retry", {{"node", settings.name}, {"err", status}});
  }
  strand.PostAfter(status.ok() ? kLeasePeriod : kLeasePeriod / 10, [this] { LeaseLoop(); });
}

absl::Status NodeAgent::State::RenewLease() {
  const Lease wanted = MakeLease(settings.name, uid(), Now());
  if (lease == nullptr) {
    absl::StatusOr<std::shared_ptr<const Lease>> found = client::Get<Lease>(*deps.client, api::KeyOf(wanted));
    if (api::IsNotFound(found.status())) {
      ASSIGN_OR_RETURN(lease, client::Create(*deps.client, wanted));
      return absl::OkStatus();
    }
    if (!found.ok()) return found.status();
    lease = *std::move(found);
  }
  Lease updated = *lease;
  *updated.mutable_spec() = wanted.spec();
  *updated.mutable_metadata()->mutable_ownerreferences() = wanted.metadata().ownerreferences();
  ASSIGN_OR_RETURN(lease, client::Update(*deps.client, updated));
  return absl::OkStatus();
}

NodeAgent::NodeAgent(NodeSettings settings, bool register_node, Deps deps)
    : state_(std::make_unique<State>(std::move(settings), register_node, std::move(deps))) {}

NodeAgent::~NodeAgent() = default;

void NodeAgent::Start() {
  state_->strand.Post([state = state_.get()] { state->Register(); });
}

std::string NodeAgent::node_uid() const { return state_->uid(); }

}  // namespace kubelite::kubelet
