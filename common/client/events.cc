#include "common/client/events.h"

#include <deque>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/api/errors.h"
#include "common/api/json.h"
#include "common/api/names.h"
#include "common/api/patch.h"
#include "common/api/time.h"
#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/client/event_correlator.h"
#include "common/client/gate.h"
#include "k8s/core/v1.pb.h"
#include "k8s/meta/v1.pb.h"

namespace kubelite::client {
namespace {

using ApiEvent = k8s::core::v1::Event;

constexpr size_t kMaxQueue = 1'000;
constexpr int kMaxAttempts = 12;
constexpr absl::Duration kRetryDelay = absl::Seconds(10);

// `{object}.{hex nanoseconds}`. The part below a millisecond is drawn: events of one virtual instant need different
// names.
std::string EventName(const std::string& object, absl::Time now, base::Random* random) {
  const int64_t nanoseconds = absl::ToUnixMillis(now) * 1'000'000 + static_cast<int64_t>(random->Uniform(1'000'000));
  std::string name = absl::StrCat(object, ".", absl::Hex(nanoseconds));
  // Not every object's name may name an event, "system:node" for one.
  return api::ValidateDns1123Subdomain(name).empty() ? name : random->Uuid();
}

// The merge patch that makes the stored event show one more occurrence.
absl::StatusOr<std::string> OccurrencePatch(const ApiEvent& event) {
  ApiEvent changed;
  changed.set_count(event.count());
  changed.set_message(event.message());
  *changed.mutable_lasttimestamp() = event.lasttimestamp();
  return api::CreateMergePatch(api::EncodeJson(ApiEvent()), api::EncodeJson(changed));
}

class Recorder : public EventRecorder {
 public:
  Recorder(const EventSource& source, Client* client, base::Executor* executor, base::Random* random)
      : state_(std::make_shared<State>(source, client, executor, random)) {}
  ~Recorder() override { state_->gate.Close(); }

  void Event(const Object& about, Type type, const std::string& reason, const std::string& message) override {
    EventOn(about, "", type, reason, message);
  }
  void EventOn(const Object& about, const std::string& field_path, Type type, const std::string& reason,
               const std::string& message) override;

 private:
  struct State : std::enable_shared_from_this<State> {
    State(const EventSource& source, Client* client, base::Executor* executor, base::Random* random)
        : source(source), client(client), random(random), strand(executor) {}

    void Enqueue(ApiEvent event);
    // Steps on the strand: one event each.
    void PostStep(absl::Duration delay);
    void Step();
    // Takes the next event that is to be written into `current`.
    bool TakeNext();
    absl::Status Write();
    absl::Status Create();

    const EventSource source;
    Client* const client;
    base::Random* const random;
    Gate gate;

    base::Mutex mutex;
    std::deque<ApiEvent> queue ABSL_GUARDED_BY(mutex);
    bool working ABSL_GUARDED_BY(mutex) = false;  // a step is posted or runs

    // Owned by the strand.
    EventCorrelator correlator;
    EventCorrelator::Outcome current;
    int attempts = 0;  // of `current`; 0: there is none

    base::Strand strand;
  };
  const std::shared_ptr<State> state_;
};

void Recorder::EventOn(const Object& about, const std::string& field_path, Type type, const std::string& reason,
                       const std::string& message) {
  const api::GroupVersionKind* kind = api::Scheme::Builtin().KindOf(about.GetDescriptor());
  if (kind == nullptr || !api::HasMetadata(about.GetDescriptor())) {
    base::LogError("Event about an unknown kind dropped", {{"type", about.GetTypeName()}, {"reason", reason}});
    return;
  }
  const k8s::meta::v1::ObjectMeta& meta = api::Meta(about);
  const absl::Time now = state_->strand.clock().Now();
  ApiEvent event;
  event.mutable_metadata()->set_namespace_(meta.namespace_().empty() ? "default" : meta.namespace_());
  event.mutable_metadata()->set_name(EventName(meta.name(), now, state_->random));
  k8s::core::v1::ObjectReference* object = event.mutable_involvedobject();
  object->set_kind(kind->kind);
  object->set_apiversion(kind->ApiVersion());
  object->set_name(meta.name());
  if (meta.has_namespace_()) object->set_namespace_(meta.namespace_());
  if (meta.has_uid()) object->set_uid(meta.uid());
  if (meta.has_resourceversion()) object->set_resourceversion(meta.resourceversion());
  if (!field_path.empty()) object->set_fieldpath(field_path);
  event.set_reason(reason);
  event.set_message(message);
  event.set_type(type == Type::kNormal ? "Normal" : "Warning");
  event.mutable_source()->set_component(state_->source.component);
  event.set_reportingcomponent(state_->source.component);
  if (!state_->source.host.empty()) {
    event.mutable_source()->set_host(state_->source.host);
    event.set_reportinginstance(state_->source.host);
  }
  api::ToProto(now, event.mutable_firsttimestamp());
  api::ToProto(now, event.mutable_lasttimestamp());
  event.set_count(1);
  state_->Enqueue(std::move(event));
}

void Recorder::State::Enqueue(ApiEvent event) {
  bool dropped = false;
  bool post = false;
  {
    base::MutexLock lock(&mutex);
    dropped = queue.size() >= kMaxQueue;
    if (dropped) queue.pop_front();
    queue.push_back(std::move(event));
    post = !std::exchange(working, true);
  }
  if (dropped) base::LogWarning("Event queue is full, oldest event dropped", {{"component", source.component}});
  if (post) PostStep(absl::ZeroDuration());
}

void Recorder::State::PostStep(absl::Duration delay) {
  auto step = [weak = weak_from_this()] {
    const std::shared_ptr<State> self = weak.lock();
    if (self == nullptr) return;
    if (const Gate::Pass pass(&self->gate); pass) self->Step();
  };
  if (delay == absl::ZeroDuration()) {
    strand.Post(std::move(step));
  } else {
    strand.PostAfter(delay, std::move(step));
  }
}

bool Recorder::State::TakeNext() {
  while (true) {
    ApiEvent event;
    {
      base::MutexLock lock(&mutex);
      if (queue.empty()) {
        working = false;
        return false;
      }
      event = std::move(queue.front());
      queue.pop_front();
    }
    current = correlator.Correlate(event, strand.clock().Now());
    if (!current.drop) return true;
  }
}

void Recorder::State::Step() {
  if (attempts == 0 && !TakeNext()) return;
  ++attempts;
  const absl::Status written = Write();
  if (!written.ok() && api::IsRetryable(written) && attempts < kMaxAttempts) {
    // The first delay is drawn, so that many recorders do not come back to a restarted server at once.
    return PostStep(attempts == 1 ? kRetryDelay * random->Fraction() : kRetryDelay);
  }
  if (!written.ok()) {
    const ApiEvent& event = current.event;
    base::Log(api::IsNamespaceTerminating(written) ? base::LogLevel::kDebug : base::LogLevel::kWarning,
              "Event could not be recorded",
              {{"object", absl::StrCat(event.involvedobject().kind(), " ", event.involvedobject().name())},
               {"reason", event.reason()},
               {"err", written}});
  }
  attempts = 0;
  PostStep(absl::ZeroDuration());
}

absl::Status Recorder::State::Write() {
  if (!current.update) return Create();
  const absl::StatusOr<std::string> patch = OccurrencePatch(current.event);
  if (!patch.ok()) return patch.status();
  const absl::Status patched =
      client
          ->Patch(api::ResourceOf<ApiEvent>(), api::KeyOf(current.event), PatchType::kMerge, *patch, "", WriteOptions())
          .status();
  if (!api::IsNotFound(patched)) return patched;
  // It expired, or its first occurrence was never stored.
  current.update = false;
  const std::string& about = current.event.involvedobject().name();
  current.event.mutable_metadata()->set_name(EventName(about, strand.clock().Now(), random));
  return Create();
}

absl::Status Recorder::State::Create() {
  constexpr int kNames = 3;
  absl::Status created;
  for (int i = 0; i < kNames; ++i) {
    created = client->Create(api::ResourceOf<ApiEvent>(), current.event, WriteOptions()).status();
    if (created.ok()) correlator.Stored(current.memory_key, current.event.metadata().name());
    // Taken by another recorder; or ours, when the answer to an earlier attempt was lost.
    if (!api::IsAlreadyExists(created)) return created;
    if (attempts > 1) return absl::OkStatus();
    const std::string& about = current.event.involvedobject().name();
    current.event.mutable_metadata()->set_name(EventName(about, strand.clock().Now(), random));
  }
  return created;
}

}  // namespace

std::unique_ptr<EventRecorder> NewEventRecorder(const EventSource& source, Client* client, base::Executor* executor,
                                                base::Random* random) {
  return std::make_unique<Recorder>(source, client, executor, random);
}

}  // namespace kubelite::client
