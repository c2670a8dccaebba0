#include "common/client/reflector.h"

#include <utility>

#include "common/api/errors.h"
#include "common/base/log.h"

namespace kubelite::client {
namespace {

constexpr size_t kBatch = 256;
constexpr absl::Duration kFirstDelay = absl::Milliseconds(40);
constexpr absl::Duration kMaxDelay = absl::Seconds(2);
constexpr double kJitter = 0.5;

}  // namespace

std::shared_ptr<Reflector> Reflector::New(const ResourceInfo& resource, Selection selection, Client* client,
                                          base::Executor* executor, base::Random* random, Sink* sink) {
  return std::shared_ptr<Reflector>(new Reflector(resource, std::move(selection), client, executor, random, sink));
}

Reflector::Reflector(const ResourceInfo& resource, Selection selection, Client* client, base::Executor* executor,
                     base::Random* random, Sink* sink)
    : resource_(resource),
      selection_(std::move(selection)),
      client_(client),
      random_(random),
      sink_(sink),
      backoff_(kFirstDelay, 2, kMaxDelay, kJitter),
      strand_(executor) {}

void Reflector::Start() { PostAfter(absl::ZeroDuration(), &Reflector::List); }

void Reflector::Stop() {
  gate_.Close();
  stream_.reset();
}

// Tasks hold the reflector weakly: it owns the strand that holds them.
void Reflector::Post(std::function<void()> task) {
  strand_.Post([weak = weak_from_this(), task = std::move(task)] {
    const std::shared_ptr<Reflector> self = weak.lock();
    if (self == nullptr) return;
    if (const Gate::Pass pass(&self->gate_); pass) task();
  });
}

void Reflector::PostAfter(absl::Duration delay, void (Reflector::*step)()) {
  auto task = [weak = weak_from_this(), step] {
    const std::shared_ptr<Reflector> self = weak.lock();
    if (self == nullptr) return;
    if (const Gate::Pass pass(&self->gate_); pass) (self.get()->*step)();
  };
  if (delay == absl::ZeroDuration()) {
    strand_.Post(std::move(task));
  } else {
    strand_.PostAfter(delay, std::move(task));
  }
}

void Reflector::Wake() {
  if (!poll_posted_.exchange(true)) PostAfter(absl::ZeroDuration(), &Reflector::Poll);
}

void Reflector::Retry(const absl::Status& status, absl::string_view message, void (Reflector::*step)()) {
  // The first failure is told; while it lasts only debug lines follow.
  base::Log(failures_++ == 0 ? base::LogLevel::kWarning : base::LogLevel::kDebug, message,
            {{"resource", resource_.GroupResource()}, {"revision", revision_}, {"err", status}});
  PostAfter(backoff_.Next(*random_), step);
}

void Reflector::List() {
  ListOptions options;
  options.name_space = selection_.name_space;
  options.label_selector = selection_.label_selector;
  options.field_selector = selection_.field_selector;
  absl::StatusOr<ListResult> list = client_->List(resource_, options);
  if (!list.ok()) return Retry(list.status(), "List failed, will retry", &Reflector::List);
  revision_ = std::move(list->resource_version);
  sink_->Replace(std::move(list->items));
  if (!gate_.closed()) Watch();
}

void Reflector::Watch() {
  WatchOptions options;
  options.name_space = selection_.name_space;
  options.label_selector = selection_.label_selector;
  options.field_selector = selection_.field_selector;
  options.resource_version = revision_;
  absl::StatusOr<std::unique_ptr<WatchStream>> stream = client_->Watch(resource_, options, [weak = weak_from_this()] {
    if (const std::shared_ptr<Reflector> self = weak.lock()) self->Wake();
  });
  if (!stream.ok()) return WatchFailed(stream.status());
  stream_ = *std::move(stream);
  Wake();
}

void Reflector::Poll() {
  // Cleared first: what arrives from here on posts another poll.
  poll_posted_ = false;
  if (stream_ == nullptr) return;
  const absl::StatusOr<std::vector<WatchEvent>> events = stream_->Poll(kBatch);
  if (!events.ok()) {
    stream_.reset();
    return WatchFailed(events.status());
  }
  if (!events->empty()) {
    backoff_.Reset();
    failures_ = 0;
  }
  for (const WatchEvent& event : *events) {
    if (event.object != nullptr) sink_->Apply(event);
    if (gate_.closed()) return;
    if (!event.resource_version.empty()) revision_ = event.resource_version;
  }
  if (events->size() == kBatch) Wake();
}

void Reflector::WatchFailed(const absl::Status& status) {
  if (api::IsExpired(status)) return Retry(status, "Watch expired, listing again", &Reflector::List);
  Retry(status, "Watch ended, resuming", &Reflector::Watch);
}

}  // namespace kubelite::client
