#include "kubelet/app.h"

#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/client/events.h"
#include "common/client/informer.h"
#include "kubelet/held_events.h"
#include "kubelet/node/node_agent.h"
#include "kubelet/static_pods/manifest_source.h"
#include "kubelet/static_pods/mirror_pods.h"
#include "kubelet/static_pods/static_pod.h"
#include "kubelet/status/status_manager.h"
#include "kubelet/worker/log_finder.h"
#include "kubelet/worker/pod_worker.h"
#include "kubelet/worker/stream_opener.h"

namespace kubelite::kubelet {

using k8s::core::v1::Pod;
using PodPtr = std::shared_ptr<const Pod>;

namespace {

// A pod that only the runtime knows has nobody left who waits for it.
constexpr absl::Duration kOrphanGrace = absl::Seconds(1);
constexpr absl::Duration kStaticOrphanGrace = absl::Seconds(30);

// Enough of a pod to end it.
PodPtr OrphanPod(const Sandbox& sandbox) {
  auto pod = std::make_shared<Pod>();
  pod->mutable_metadata()->set_name(sandbox.name);
  pod->mutable_metadata()->set_namespace_(sandbox.name_space);
  pod->mutable_metadata()->set_uid(sandbox.uid);
  return pod;
}

bool IsStatic(const Sandbox& sandbox) {
  const auto source = sandbox.annotations.find(kSourceAnnotation);
  return source != sandbox.annotations.end() && source->second == "file";
}

// Nobody reads events of a kubelet without an API server.
class NoEvents : public client::EventRecorder {
 public:
  void Event(const client::Object&, Type, const std::string&, const std::string&) override {}
  void EventOn(const client::Object&, const std::string&, Type, const std::string&, const std::string&) override {}
};

}  // namespace

struct Kubelet::State {
  State(const KubeletSettings& s, const KubeletDeps& d);
  void OnApiPod(const client::ObjectPtr& old_object, const client::ObjectPtr& new_object);
  void OnApiSynced();
  void OnStaticPods(const std::vector<PodPtr>& pods);
  void OnRegistered();
  // A pod has ended and left the table; its manifest may have come back meanwhile.
  void OnForgotten(const std::string& uid);
  // Pods of earlier kubelets that `is_ours` picks and no source has.
  std::vector<std::string> AddOrphans(bool from_file);
  void CheckMirror(const Pod& pod) {
    if (mirrors) mirrors->Check(api::KeyOf(pod));
  }
  PodPtr Cached(const api::ObjectKey& key) const {
    const client::ObjectPtr object = pods == nullptr ? nullptr : pods->Get(key);
    return object == nullptr ? nullptr : api::As<Pod>(object);
  }
  PodPtr InApi(const DesiredPod& desired) const;

  const KubeletSettings settings;
  const KubeletDeps deps;
  PodTable table;
  std::unique_ptr<client::EventRecorder> events;
  HeldEvents* held_events = nullptr;  // `events`, with an API server
  client::InformerFactory informers;
  client::Informer* pods = nullptr;  // of this node; null without an API server
  std::unique_ptr<StatusManager> status;
  std::unique_ptr<MirrorPods> mirrors;
  std::unique_ptr<PodWorker> worker;
  std::unique_ptr<NodeAgent> node;
  std::unique_ptr<ManifestSource> manifests;
  base::Mutex mutex;
  bool registered ABSL_GUARDED_BY(mutex) = false;
  bool synced ABSL_GUARDED_BY(mutex) = false;
  std::map<std::string, PodPtr> static_pods ABSL_GUARDED_BY(mutex);  // by uid, as last read
  bool orphans_added ABSL_GUARDED_BY(mutex) = false;                 // those of static pods
};

Kubelet::State::State(const KubeletSettings& s, const KubeletDeps& d)
    : settings(s), deps(d), informers(d.client, d.executor, d.random) {
  if (settings.use_api) {
    auto held = std::make_unique<HeldEvents>(
        client::NewEventRecorder({"kubelet", settings.node.name}, deps.client, deps.executor, deps.random));
    held_events = held.get();
    events = std::move(held);
    client::Informer::Options options;
    options.field_selector = "spec.nodeName=" + settings.node.name;
    pods = informers.For<Pod>(options);
    pods->AddHandler([this](const client::ObjectPtr& o, const client::ObjectPtr& n) { OnApiPod(o, n); });
    MirrorPods::Deps mirror_deps;
    mirror_deps.client = deps.client;
    mirror_deps.executor = deps.executor;
    mirror_deps.node = settings.node.name;
    mirror_deps.node_uid = [this] { return node->node_uid(); };
    mirror_deps.static_pod = [this](const api::ObjectKey& key) -> PodPtr {
      const std::optional<DesiredPod> found = table.FindByName(key);
      return found && found->source == PodSource::kFile ? found->pod : nullptr;
    };
    mirror_deps.in_api = [this](const api::ObjectKey& key) { return Cached(key); };
    mirrors = std::make_unique<MirrorPods>(std::move(mirror_deps));
    node = std::make_unique<NodeAgent>(
        settings.node, settings.register_node,
        NodeAgent::Deps{deps.client, deps.executor, deps.random, deps.runtime, [this] { OnRegistered(); }});
  } else {
    events = std::make_unique<NoEvents>();
  }
  status = std::make_unique<StatusManager>(
      StatusManager::Deps{deps.client, deps.executor, [this](const api::ObjectKey& key) { return Cached(key); }});
  PodWorker::Deps worker_deps;
  worker_deps.executor = deps.executor;
  worker_deps.runtime = deps.runtime;
  worker_deps.prober = deps.prober;
  worker_deps.events = events.get();
  worker_deps.table = &table;
  worker_deps.status = status.get();
  worker_deps.in_api = [this](const DesiredPod& desired) { return InApi(desired); };
  worker_deps.forgotten = [this](const std::string& uid) { OnForgotten(uid); };
  worker_deps.workers = settings.workers;
  worker_deps.starter = {deps.client,        events.get(),     deps.runtime,     &deps.executor->clock(),
                         settings.node.name, settings.node.ip, settings.log_dir, NodeCapacity(settings.node)};
  worker = std::make_unique<PodWorker>(std::move(worker_deps));
  if (!settings.pod_manifest_path.empty()) {
    manifests =
        std::make_unique<ManifestSource>(settings.pod_manifest_path, settings.node.name, deps.executor, deps.loop,
                                         [this](const std::vector<PodPtr>& found) { OnStaticPods(found); });
  }
}

PodPtr Kubelet::State::InApi(const DesiredPod& desired) const {
  const PodPtr cached = Cached(api::KeyOf(*desired.pod));
  if (cached == nullptr) return nullptr;
  if (desired.source == PodSource::kFile) return IsMirrorOf(*cached, *desired.pod) ? cached : nullptr;
  return cached->metadata().uid() == desired.pod->metadata().uid() ? cached : nullptr;
}

void Kubelet::State::OnApiPod(const client::ObjectPtr& old_object, const client::ObjectPtr& new_object) {
  const PodPtr before = old_object == nullptr ? nullptr : api::As<Pod>(old_object);
  const PodPtr now = new_object == nullptr ? nullptr : api::As<Pod>(new_object);
  const Pod& pod = now == nullptr ? *before : *now;
  const bool replaced = before != nullptr && (now == nullptr || before->metadata().uid() != now->metadata().uid());
  if (replaced) status->Forget(before->metadata().uid());
  if (IsMirrorPod(pod)) {
    CheckMirror(pod);
    const std::optional<DesiredPod> static_pod = table.FindByName(api::KeyOf(pod));
    if (static_pod) worker->Wake(static_pod->pod->metadata().uid());
    return;
  }
  if (replaced && table.Remove(before->metadata().uid())) worker->Wake(before->metadata().uid());
  if (now != nullptr && table.Set(now, PodSource::kApi)) worker->Wake(now->metadata().uid());
}

std::vector<std::string> Kubelet::State::AddOrphans(bool from_file) {
  std::vector<std::string> uids;
  for (const auto& [uid, pod] : deps.runtime->ListPods()) {
    if (pod.sandboxes.empty() || IsStatic(pod.sandboxes.back()) != from_file || table.Find(uid)) continue;
    base::LogInfo("Pod that no source has any more is removed",
                  {{"pod", pod.sandboxes.back().name_space + "/" + pod.sandboxes.back().name}, {"uid", uid}});
    table.AddOrphan(OrphanPod(pod.sandboxes.back()), from_file ? PodSource::kFile : PodSource::kApi,
                    from_file ? kStaticOrphanGrace : kOrphanGrace);
    uids.push_back(uid);
  }
  return uids;
}

void Kubelet::State::OnApiSynced() {
  for (const std::string& uid : AddOrphans(/*from_file=*/false)) worker->Wake(uid);
  // Mirror pods of static pods that are gone.
  for (const client::ObjectPtr& object : pods->List()) {
    if (IsMirrorPod(*api::As<Pod>(object))) CheckMirror(*api::As<Pod>(object));
  }
  bool both = false;
  {
    base::MutexLock lock(&mutex);
    synced = true;
    both = registered;
  }
  if (both) mirrors->Enable();
}

void Kubelet::State::OnRegistered() {
  bool both = false;
  {
    base::MutexLock lock(&mutex);
    registered = true;
    both = synced;
  }
  if (both) mirrors->Enable();
}

void Kubelet::State::OnStaticPods(const std::vector<PodPtr>& found) {
  std::map<std::string, PodPtr> before;
  bool first = false;
  {
    base::MutexLock lock(&mutex);
    before.swap(static_pods);
    for (const PodPtr& pod : found) static_pods[pod->metadata().uid()] = pod;
    first = !std::exchange(orphans_added, true);
  }
  std::vector<std::string> wake;
  for (const auto& [uid, pod] : before) {
    bool stays = false;
    for (const PodPtr& now : found) stays = stays || now->metadata().uid() == uid;
    if (stays || !table.Remove(uid)) continue;
    wake.push_back(uid);
    CheckMirror(*pod);
  }
  for (const PodPtr& pod : found) {
    if (before.count(pod->metadata().uid()) > 0) continue;
    // One that is still ending is started again when it is forgotten.
    if (table.Set(pod, PodSource::kFile)) wake.push_back(pod->metadata().uid());
    CheckMirror(*pod);
  }
  if (first) {
    for (std::string& uid : AddOrphans(/*from_file=*/true)) wake.push_back(std::move(uid));
  }
  for (const std::string& uid : wake) worker->Wake(uid);
}

void Kubelet::State::OnForgotten(const std::string& uid) {
  PodPtr again;
  {
    base::MutexLock lock(&mutex);
    if (const auto found = static_pods.find(uid); found != static_pods.end()) again = found->second;
  }
  if (again != nullptr && table.Set(again, PodSource::kFile)) worker->Wake(uid);
}

Kubelet::Kubelet(const KubeletSettings& settings, const KubeletDeps& deps)
    : state_(std::make_unique<State>(settings, deps)) {}

Kubelet::~Kubelet() { Stop(); }

void Kubelet::Start() {
  StartStaticPods();
  StartApi();
}

void Kubelet::StartStaticPods() {
  if (state_->manifests) state_->manifests->Start();
}

void Kubelet::StartApi() {
  if (!state_->settings.use_api) return;
  state_->held_events->Release();
  state_->node->Start();
  state_->pods->OnSynced([state = state_.get()] { state->OnApiSynced(); });
  state_->informers.Start();
}

void Kubelet::Stop() {
  state_->manifests.reset();
  state_->informers.Stop();
  state_->worker->Stop();
  if (state_->mirrors) state_->mirrors->Stop();
  state_->status->Stop();
  // Last: mirror pods ask for the node's uid.
  state_->node.reset();
}

absl::StatusOr<LogTarget> Kubelet::FindLog(const kubelite::v1::StreamOpen& open) const {
  return kubelite::kubelet::FindLog(open, state_->table, state_->deps.runtime);
}

absl::StatusOr<std::unique_ptr<RuntimeStream>> Kubelet::OpenStream(const kubelite::v1::StreamOpen& open,
                                                                   RuntimeStream::OnReady on_ready) const {
  return OpenRuntimeStream(open, state_->table, state_->deps.runtime, std::move(on_ready));
}

bool Kubelet::idle() const { return state_->worker->idle() && state_->status->idle(); }

}  // namespace kubelite::kubelet
