#include "scheduler/scheduler.h"

#include <atomic>

#include "absl/strings/str_cat.h"
#include "common/api/errors.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/control/pods.h"
#include "k8s/core/v1.pb.h"
#include "scheduler/cache/cache.h"
#include "scheduler/framework/pick_node.h"
#include "scheduler/plugins/all.h"
#include "scheduler/queue/scheduling_queue.h"

namespace kubelite::scheduler {
namespace {

using client::EventRecorder;
using k8s::core::v1::Binding;
using k8s::core::v1::Namespace;
using k8s::core::v1::Node;
using k8s::core::v1::Pod;

Binding MakeBinding(const Pod& pod, const std::string& node) {
  Binding binding;
  binding.mutable_metadata()->set_namespace_(pod.metadata().namespace_());
  binding.mutable_metadata()->set_name(pod.metadata().name());
  binding.mutable_metadata()->set_uid(pod.metadata().uid());
  binding.mutable_target()->set_kind("Node");
  binding.mutable_target()->set_name(node);
  return binding;
}

base::Counter& Attempts(const std::string& result) {
  static base::Family<base::Counter>& family =
      base::Metrics().AddCounter("scheduler_schedule_attempts_total",
                                 "Number of attempts to schedule pods, by the result.", {"result", "profile"});
  return family.With({result, "default-scheduler"});
}

}  // namespace

// Everything but `stopped` and `busy` belongs to the strand.
struct Scheduler::State : std::enable_shared_from_this<State> {
  State(const control::Deps& given, std::string name)
      : deps(given), scheduler_name(std::move(name)), plugins(AllPlugins()), queue(plugins), strand(given.executor) {}

  const control::Deps deps;
  const std::string scheduler_name;
  const PluginList plugins;
  Cache cache;
  SchedulingQueue queue;
  bool synced = false;
  base::TimerId timer = 0;
  absl::Time timer_at = absl::InfiniteFuture();
  std::atomic<bool> stopped{false};
  std::atomic<int> busy{0};  // tasks posted and bindings under way
  base::Strand strand;       // last: destroyed first

  absl::Time now() const { return deps.clock().Now(); }

  // Runs `work` on the strand and then the cycles it made possible.
  void Post(base::Task work) {
    ++busy;
    strand.Post([weak = weak_from_this(), work = std::move(work)]() mutable {
      const std::shared_ptr<State> state = weak.lock();
      if (state == nullptr) return;
      if (!state->stopped) {
        work();
        state->RunCycles();
      }
      --state->busy;
    });
  }

  // Blocking work off the strand, with the state kept alive.
  void Act(base::Task work) {
    ++busy;
    deps.executor->Post([self = shared_from_this(), work = std::move(work)]() mutable {
      if (!self->stopped) work();
      --self->busy;
    });
  }

  void OnNode(const api::ObjectPtr& old_object, const api::ObjectPtr& new_object) {
    if (new_object == nullptr) return cache.RemoveNode(api::KeyOf(*old_object).name);
    cache.SetNode(api::As<Node>(new_object));
    queue.OnEvent(old_object == nullptr ? ClusterEvent::kNodeAdded : ClusterEvent::kNodeUpdated, now());
  }

  void OnNamespace(const api::ObjectPtr& old_object, const api::ObjectPtr& new_object) {
    if (new_object == nullptr) return cache.RemoveNamespace(api::KeyOf(*old_object).name);
    cache.SetNamespace(api::As<Namespace>(new_object));
    queue.OnEvent(ClusterEvent::kNamespaceUpdated, now());
  }

  void OnPod(const api::ObjectPtr& old_object, const api::ObjectPtr& new_object) {
    const PodPtr before = old_object == nullptr ? nullptr : api::As<Pod>(old_object);
    const PodPtr after = new_object == nullptr ? nullptr : api::As<Pod>(new_object);
    const Pod& pod = after == nullptr ? *before : *after;
    if (after == nullptr || control::IsPodTerminal(pod)) return PodGone(pod);
    if (!pod.spec().nodename().empty()) {
      cache.SetPod(after);
      queue.Remove(api::KeyOf(pod));
      if (before == nullptr || before->spec().nodename().empty()) queue.OnEvent(ClusterEvent::kPodAssigned, now());
      return;
    }
    if (!MayBeScheduled(pod)) return queue.Remove(api::KeyOf(pod));
    if (!cache.IsAssumed(pod.metadata().uid())) queue.Add(after, now());
    // Only a change of the user's part can help; our own status writes must not.
    if (before != nullptr && before->metadata().generation() != after->metadata().generation()) {
      queue.OnEvent(ClusterEvent::kPodUpdated, now());
    }
  }

  void PodGone(const Pod& pod) {
    cache.RemovePod(pod.metadata().uid());
    queue.Remove(api::KeyOf(pod));
    if (!pod.spec().nodename().empty()) queue.OnEvent(ClusterEvent::kPodFreed, now());
  }

  bool MayBeScheduled(const Pod& pod) const {
    if (pod.spec().schedulername() != scheduler_name || pod.metadata().has_deletiontimestamp()) return false;
    for (const auto& plugin : plugins) {
      if (!plugin->PreEnqueue(pod).ok()) return false;
    }
    return true;
  }

  void RunCycles() {
    if (!synced) return;
    while (!stopped) {
      const PodPtr pod = queue.Pop(now());
      if (pod == nullptr) break;
      ScheduleOne(pod);
    }
    ArmTimer();
  }

  void ArmTimer() {
    const absl::Time next = queue.NextReady();
    if (next == timer_at) return;
    if (timer != 0) strand.Cancel(timer);
    timer = 0;
    timer_at = next;
    if (next == absl::InfiniteFuture()) return;
    timer = strand.PostAt(next, [weak = weak_from_this()] {
      const std::shared_ptr<State> state = weak.lock();
      if (state == nullptr || state->stopped) return;
      state->timer = 0;
      state->timer_at = absl::InfiniteFuture();
      state->RunCycles();
    });
  }

  void ScheduleOne(const PodPtr& pod) {
    const Decision decision = PickNode(*pod, cache.TakeSnapshot(), plugins, deps.random);
    if (decision.node.empty()) {
      Attempts("unschedulable").Increment();
      std::set<std::string> rejected_by = decision.rejecting_plugins;
      // Without nodes no plugin has spoken; the first node will help.
      if (rejected_by.empty()) rejected_by.insert("NodeName");
      queue.AddUnschedulable(pod, rejected_by, now());
      return Act([this, pod, message = decision.Message()] { ReportUnschedulable(pod, message); });
    }
    Attempts("scheduled").Increment();
    cache.Assume(pod, decision.node);
    Act([this, pod, node = decision.node] { Bind(pod, node); });
  }

  void Bind(const PodPtr& pod, const std::string& node) {
    const absl::Status bound =
        deps.client->CreateSubresource(api::ResourceOf<Pod>(), api::KeyOf(*pod), "binding", MakeBinding(*pod, node))
            .status();
    if (bound.ok()) {
      deps.events->Event(*pod, EventRecorder::Type::kNormal, "Scheduled",
                         absl::StrCat("Successfully assigned ", api::KeyOf(*pod).ToString(), " to ", node));
      return;
    }
    if (!api::IsNotFound(bound)) {
      base::LogWarning("Binding a pod failed", {{"pod", api::KeyOf(*pod).ToString()}, {"node", node}, {"err", bound}});
    }
    Post([this, pod] {
      cache.Forget(pod->metadata().uid());
      queue.AddFailed(pod, now());
    });
  }

  void ReportUnschedulable(const PodPtr& pod, const std::string& message) {
    deps.events->Event(*pod, EventRecorder::Type::kWarning, "FailedScheduling", message);
    Pod changed = *pod;
    if (!control::SetPodCondition(changed.mutable_status(), "PodScheduled", "False", "Unschedulable", message, now())) {
      return;
    }
    const absl::Status written = client::Update(*deps.client, changed, "status").status();
    // A pod that changed or went away is looked at again anyway.
    if (!written.ok() && !api::IsConflict(written) && !api::IsNotFound(written)) {
      base::LogWarning("Writing a pod's PodScheduled condition failed",
                       {{"pod", api::KeyOf(*pod).ToString()}, {"err", written}});
    }
  }
};

Scheduler::Scheduler(const control::Deps& deps, const std::string& scheduler_name)
    : state_(std::make_shared<State>(deps, scheduler_name)) {
  const std::weak_ptr<State> weak = state_;
  deps.informers->For<Node>()->AddHandler([weak](const api::ObjectPtr& before, const api::ObjectPtr& after) {
    const auto state = weak.lock();
    if (state != nullptr) state->Post([state = state.get(), before, after] { state->OnNode(before, after); });
  });
  deps.informers->For<Namespace>()->AddHandler([weak](const api::ObjectPtr& before, const api::ObjectPtr& after) {
    const auto state = weak.lock();
    if (state != nullptr) state->Post([state = state.get(), before, after] { state->OnNamespace(before, after); });
  });
  deps.informers->For<Pod>()->AddHandler([weak](const api::ObjectPtr& before, const api::ObjectPtr& after) {
    const auto state = weak.lock();
    if (state != nullptr) state->Post([state = state.get(), before, after] { state->OnPod(before, after); });
  });
}

Scheduler::~Scheduler() { Stop(); }

void Scheduler::Start() {
  const std::weak_ptr<State> weak = state_;
  state_->deps.informers->OnSynced([weak] {
    const auto state = weak.lock();
    if (state != nullptr) state->Post([state = state.get()] { state->synced = true; });
  });
}

void Scheduler::Stop() { state_->stopped = true; }

bool Scheduler::idle() const { return state_->busy == 0; }

}  // namespace kubelite::scheduler
