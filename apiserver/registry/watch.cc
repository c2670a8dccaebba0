#include <deque>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "apiserver/registry/keys.h"
#include "apiserver/registry/registry.h"
#include "apiserver/registry/registry_state.h"
#include "apiserver/registry/selection.h"
#include "common/api/errors.h"
#include "common/base/check.h"
#include "common/base/status_macros.h"

namespace kubelite::apiserver {
namespace {

constexpr absl::Duration kBookmarkInterval = absl::Seconds(60);

using client::WatchEvent;

// Turns the store's changes into a client's events: decodes (through the shared cache), filters, reports objects that
// start or stop matching, and adds bookmarks. Only the two timers run outside Poll, on a strand of the watch's own.
class RegistryWatch : public client::WatchStream {
 public:
  RegistryWatch(const ResourceDef& def, Selection selection, ObjectStore* objects, base::Executor* executor,
                std::function<void()> on_ready)
      : def_(def),
        selection_(std::move(selection)),
        objects_(objects),
        on_ready_(std::move(on_ready)),
        strand_(executor) {}

  ~RegistryWatch() override {
    source_.reset();
    base::MutexLock lock(&mutex_);
    if (bookmark_timer_ != 0) strand_.Cancel(bookmark_timer_);
    if (timeout_timer_ != 0) strand_.Cancel(timeout_timer_);
  }

  // Present state to report before any change.
  void AddInitial(std::vector<api::ObjectPtr> items, store::Revision revision, bool end_bookmark) {
    for (api::ObjectPtr& item : items) {
      const std::string version = api::Meta(*item).resourceversion();
      pending_.push_back({WatchEvent::Type::kAdded, std::move(item), version, nullptr});
    }
    if (end_bookmark) pending_.push_back({WatchEvent::Type::kBookmark, nullptr, absl::StrCat(revision), nullptr});
    reported_ = revision;
  }

  absl::Status Open(store::Revision after) {
    reported_ = std::max(reported_, after);
    absl::StatusOr<std::unique_ptr<store::Watch>> source =
        objects_->store().NewWatch(store::KeyRange::Prefix(selection_.StorePrefix()), after, on_ready_);
    if (!source.ok()) return Translate(source.status());
    source_ = *std::move(source);
    return absl::OkStatus();
  }

  void StartTimers(bool bookmarks, int64_t timeout_seconds) {
    base::MutexLock lock(&mutex_);
    if (bookmarks) ArmBookmark();
    if (timeout_seconds <= 0) return;
    timeout_timer_ = strand_.PostAfter(absl::Seconds(timeout_seconds), [this] {
      {
        base::MutexLock inner(&mutex_);
        timed_out_ = true;
      }
      on_ready_();
    });
  }

  absl::StatusOr<std::vector<WatchEvent>> Poll(size_t max) override {
    std::vector<WatchEvent> events;
    while (events.size() < max && !pending_.empty()) {
      events.push_back(std::move(pending_.front()));
      pending_.pop_front();
    }
    store::Revision progress = 0;
    while (events.size() < max) {
      const size_t wanted = max - events.size();
      absl::StatusOr<store::Watch::Batch> batch = source_->Poll(wanted);
      if (!batch.ok()) return EndWith(Translate(batch.status()), std::move(events));
      for (const store::EventPtr& event : batch->events) {
        absl::Status status = Append(*event, &events);
        if (!status.ok()) return EndWith(std::move(status), std::move(events));
      }
      progress = batch->progress;
      if (batch->events.size() < wanted) break;
    }
    if (events.size() < max) AppendBookmark(progress, &events);
    if (events.empty() && TimedOut()) return api::ServiceUnavailable("watch timed out");
    return events;
  }

 private:
  // Events found before an error are delivered first; the next Poll meets the error again.
  static absl::StatusOr<std::vector<WatchEvent>> EndWith(absl::Status status, std::vector<WatchEvent> events) {
    if (!events.empty()) return events;
    return status;
  }

  absl::Status Translate(const absl::Status& status) const {
    if (absl::IsOutOfRange(status)) return api::Expired("The resourceVersion for the provided watch is too old.");
    // The client has seen a revision that this store never had: its database was replaced. It must list again.
    if (absl::IsFailedPrecondition(status)) {
      return api::Expired("The resourceVersion for the provided watch is newer than this server's database.");
    }
    return ObjectStore::Translate(status, *def_.info, "");
  }

  absl::Status Append(const store::Event& event, std::vector<WatchEvent>* events) {
    api::ObjectPtr before;
    if (event.previous != nullptr) {
      ASSIGN_OR_RETURN(before, objects_->Decode(def_, *event.previous));
      if (!selection_.Matches(*before)) before = nullptr;
    }
    api::ObjectPtr after;
    if (event.type == store::Event::Type::kPut) {
      ASSIGN_OR_RETURN(after, objects_->Decode(def_, event.kv));
      if (!selection_.Matches(*after)) after = nullptr;
    }
    if (before == nullptr && after == nullptr) return absl::OkStatus();
    const std::string version = absl::StrCat(event.revision());
    if (after != nullptr) {
      const WatchEvent::Type type = before == nullptr ? WatchEvent::Type::kAdded : WatchEvent::Type::kModified;
      events->push_back({type, std::move(after), version, nullptr});
    } else {
      api::ObjectPtr gone = event.type == store::Event::Type::kDelete
                                ? objects_->Deleted(def_, event.kv.key, before, event.revision())
                                : WithVersion(*before, version);
      events->push_back({WatchEvent::Type::kDeleted, std::move(gone), version, nullptr});
    }
    reported_ = event.revision();
    return absl::OkStatus();
  }

  // An object that stopped matching is reported in its last matching state; the cache keeps its new state under this
  // revision.
  static api::ObjectPtr WithVersion(const api::Object& object, const std::string& version) {
    std::unique_ptr<api::Object> copy = api::Clone(object);
    api::MutableMeta(copy.get())->set_resourceversion(version);
    return copy;
  }

  void AppendBookmark(store::Revision progress, std::vector<WatchEvent>* events) {
    {
      base::MutexLock lock(&mutex_);
      if (!bookmark_due_) return;
      bookmark_due_ = false;
      ArmBookmark();
    }
    if (progress <= reported_) return;
    reported_ = progress;
    events->push_back({WatchEvent::Type::kBookmark, nullptr, absl::StrCat(progress), nullptr});
  }

  void ArmBookmark() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    bookmark_timer_ = strand_.PostAfter(kBookmarkInterval, [this] {
      {
        base::MutexLock lock(&mutex_);
        bookmark_due_ = true;
      }
      on_ready_();
    });
  }

  bool TimedOut() {
    base::MutexLock lock(&mutex_);
    return timed_out_;
  }

  const ResourceDef& def_;
  const Selection selection_;
  ObjectStore* const objects_;
  const std::function<void()> on_ready_;
  std::unique_ptr<store::Watch> source_;

  // Of the reader.
  std::deque<WatchEvent> pending_;
  store::Revision reported_ = 0;

  base::Mutex mutex_;
  bool bookmark_due_ ABSL_GUARDED_BY(mutex_) = false;
  bool timed_out_ ABSL_GUARDED_BY(mutex_) = false;
  base::TimerId bookmark_timer_ ABSL_GUARDED_BY(mutex_) = 0;
  base::TimerId timeout_timer_ ABSL_GUARDED_BY(mutex_) = 0;
  base::Strand strand_;  // last: destroyed first, so no timer runs afterwards
};

absl::StatusOr<store::Revision> StartOf(const Request& request, const store::Store& store) {
  store::Revision revision = 0;
  if (!request.resource_version.empty() && (!absl::SimpleAtoi(request.resource_version, &revision) || revision < 0)) {
    return api::BadRequest(
        absl::StrCat("invalid resource version: \"", request.resource_version, "\" is not an unsigned integer"));
  }
  if (revision > store.CurrentRevision()) {
    return api::Expired("The resourceVersion for the provided watch is newer than this server's database.");
  }
  return revision;
}

}  // namespace

absl::StatusOr<std::unique_ptr<client::WatchStream>> Registry::Watch(const Request& request,
                                                                     std::function<void()> on_ready) {
  ASSIGN_OR_RETURN(const ResourceDef* def, state_->Row(request));
  ASSIGN_OR_RETURN(Selection selection, Selection::Parse(*def, request));
  ASSIGN_OR_RETURN(store::Revision after, StartOf(request, state_->objects.store()));
  auto watch = std::make_unique<RegistryWatch>(*def, std::move(selection), &state_->objects, state_->options.executor,
                                               std::move(on_ready));
  if (after == 0 || request.send_initial_events) {
    Request list_request = request;
    list_request.verb = "list";
    list_request.resource_version.clear();
    list_request.limit = 0;
    list_request.continue_token.clear();
    ASSIGN_OR_RETURN(List list, ListObjects(list_request));
    CHECK(absl::SimpleAtoi(list.resource_version, &after));
    watch->AddInitial(std::move(list.items), after, request.send_initial_events && request.allow_bookmarks);
  }
  RETURN_IF_ERROR(watch->Open(after));
  watch->StartTimers(request.allow_bookmarks, request.timeout_seconds);
  return watch;
}

}  // namespace kubelite::apiserver
