#include "common/client/fake/fake_storage.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/api/errors.h"
#include "common/base/check.h"
#include "google/protobuf/util/message_differencer.h"
#include "k8s/meta/v1.pb.h"
#include "kubelite/v1/table.pb.h"

namespace kubelite::client {
namespace {

constexpr size_t kMaxHistory = 20'000;  // per resource

ObjectPtr WithRevision(const Object& object, int64_t revision) {
  std::shared_ptr<Object> copy = api::Clone(object);
  api::MutableMeta(copy.get())->set_resourceversion(absl::StrCat(revision));
  return copy;
}

}  // namespace

class FakeWatchStream : public WatchStream {
 public:
  FakeWatchStream(std::shared_ptr<FakeStorage> storage, std::shared_ptr<FakeStorage::Watcher> watcher)
      : storage_(std::move(storage)), watcher_(std::move(watcher)) {}
  ~FakeWatchStream() override { watcher_->gate.Close(); }
  absl::StatusOr<std::vector<WatchEvent>> Poll(size_t max) override { return storage_->Poll(watcher_.get(), max); }

 private:
  const std::shared_ptr<FakeStorage> storage_;
  const std::shared_ptr<FakeStorage::Watcher> watcher_;
};

absl::StatusOr<ObjectPtr> FakeStorage::Write(const ResourceInfo& resource, const ObjectKey& key, Edit edit) {
  Watchers wake;
  ObjectPtr result;
  {
    base::MutexLock lock(&mutex_);
    const std::map<ObjectKey, ObjectPtr>& objects = kinds_[&resource].objects;
    const auto it = objects.find(key);
    const ObjectPtr before = it == objects.end() ? nullptr : it->second;
    absl::StatusOr<Outcome> outcome = edit(before);
    if (!outcome.ok()) return outcome.status();
    if (before == nullptr && objects.contains(api::KeyOf(*outcome->object))) {
      return api::AlreadyExists(resource, api::Meta(*outcome->object).name());
    }
    if (outcome->dry_run) return ObjectPtr(std::move(outcome->object));
    if (before != nullptr && !outcome->gone &&
        google::protobuf::util::MessageDifferencer::Equals(*before, *outcome->object)) {
      return before;
    }
    result = Commit(resource, before, *outcome, &wake);
  }
  Notify(wake);
  return result;
}

ObjectPtr FakeStorage::Commit(const ResourceInfo& resource, const ObjectPtr& before, const Outcome& outcome,
                              Watchers* wake) {
  Kind& kind = kinds_[&resource];
  revision_ = std::max(revision_ + 1, outcome.min_revision);
  const Change change{revision_, before, WithRevision(*outcome.object, revision_), outcome.gone};
  if (outcome.gone) {
    kind.objects.erase(api::KeyOf(*change.after));
  } else {
    kind.objects[api::KeyOf(*change.after)] = change.after;
  }
  kind.history.push_back(change);
  if (kind.history.size() > kMaxHistory) {
    kind.compacted = kind.history.front().revision;
    kind.history.pop_front();
  }
  WatchEvent event;
  for (const std::shared_ptr<Watcher>& watcher : LiveWatchers()) {
    if (watcher->resource == &resource && ToEvent(*watcher, change, &event)) MarkNotified(watcher, wake);
  }
  return change.after;
}

ObjectPtr FakeStorage::Get(const ResourceInfo& resource, const ObjectKey& key) const {
  base::MutexLock lock(&mutex_);
  const auto kind = kinds_.find(&resource);
  if (kind == kinds_.end()) return nullptr;
  const auto it = kind->second.objects.find(key);
  return it == kind->second.objects.end() ? nullptr : it->second;
}

std::vector<ObjectPtr> FakeStorage::List(const ResourceInfo& resource, const FakeSelection& selection,
                                         int64_t* revision) const {
  std::vector<ObjectPtr> found;
  base::MutexLock lock(&mutex_);
  *revision = revision_;
  const auto kind = kinds_.find(&resource);
  if (kind == kinds_.end()) return found;
  for (const auto& [key, object] : kind->second.objects) {
    if (selection.Matches(*object)) found.push_back(object);
  }
  return found;
}

absl::StatusOr<std::unique_ptr<WatchStream>> FakeStorage::Watch(const ResourceInfo& resource, FakeSelection selection,
                                                                const WatchOptions& options,
                                                                std::function<void()> on_ready) {
  auto watcher = std::make_shared<Watcher>();
  watcher->resource = &resource;
  watcher->selection = std::move(selection);
  watcher->bookmarks = options.allow_bookmarks;
  watcher->as_table = options.as_table;
  watcher->on_ready = std::move(on_ready);
  Watchers wake;
  {
    base::MutexLock lock(&mutex_);
    const Kind& kind = kinds_[&resource];
    if (options.resource_version.empty() || options.resource_version == "0") {
      watcher->cursor = revision_;
      for (const auto& [key, object] : kind.objects) {
        if (watcher->selection.Matches(*object)) watcher->initial.push_back(object);
      }
    } else if (!absl::SimpleAtoi(options.resource_version, &watcher->cursor)) {
      return api::BadRequest(absl::StrCat("invalid resource version \"", options.resource_version, "\""));
    } else if (watcher->cursor < kind.compacted) {
      return api::Expired(absl::StrCat("too old resource version: ", watcher->cursor, " (", kind.compacted, ")"));
    }
    watchers_.push_back(watcher);
    MarkNotified(watcher, &wake);
  }
  Notify(wake);
  if (options.timeout_seconds > 0) {
    executor_->PostAfter(absl::Seconds(options.timeout_seconds),
                         [weak = weak_from_this(), watcher_weak = std::weak_ptr<Watcher>(watcher)] {
                           const std::shared_ptr<FakeStorage> self = weak.lock();
                           const std::shared_ptr<Watcher> watcher = watcher_weak.lock();
                           if (self == nullptr || watcher == nullptr) return;
                           Watchers wake;
                           {
                             base::MutexLock lock(&self->mutex_);
                             watcher->ended = absl::UnavailableError("watch timed out");
                             self->MarkNotified(watcher, &wake);
                           }
                           self->Notify(wake);
                         });
  }
  return std::make_unique<FakeWatchStream>(shared_from_this(), std::move(watcher));
}

FakeStorage::Watchers FakeStorage::LiveWatchers() {
  Watchers live;
  for (const std::weak_ptr<Watcher>& weak : watchers_) {
    if (std::shared_ptr<Watcher> watcher = weak.lock()) live.push_back(std::move(watcher));
  }
  if (live.size() < watchers_.size()) watchers_.assign(live.begin(), live.end());
  return live;
}

void FakeStorage::MarkNotified(const std::shared_ptr<Watcher>& watcher, Watchers* wake) {
  if (watcher->notified) return;
  watcher->notified = true;
  wake->push_back(watcher);
}

void FakeStorage::Notify(const Watchers& wake) {
  for (const std::shared_ptr<Watcher>& watcher : wake) {
    executor_->Post([weak = weak_from_this(), watcher_weak = std::weak_ptr<Watcher>(watcher)] {
      const std::shared_ptr<FakeStorage> self = weak.lock();
      const std::shared_ptr<Watcher> watcher = watcher_weak.lock();
      if (self == nullptr || watcher == nullptr) return;
      const Gate::Pass pass(&watcher->gate);
      if (!pass) return;
      {
        base::MutexLock lock(&self->mutex_);
        watcher->notified = false;
      }
      if (watcher->on_ready) watcher->on_ready();
    });
  }
}

bool FakeStorage::ToEvent(const Watcher& watcher, const Change& change, WatchEvent* event) {
  const bool was = change.before != nullptr && watcher.selection.Matches(*change.before);
  const bool is = !change.gone && watcher.selection.Matches(*change.after);
  if (!was && !is) return false;
  event->type = !was ? WatchEvent::Type::kAdded : is ? WatchEvent::Type::kModified : WatchEvent::Type::kDeleted;
  event->object = change.after;
  // An object that left the selection is shown as it was when it last belonged to it.
  if (!is && !change.gone) event->object = WithRevision(*change.before, change.revision);
  event->resource_version = absl::StrCat(change.revision);
  return true;
}

void FakeStorage::ToTable(Watcher* watcher, WatchEvent* event) {
  auto table = std::make_shared<kubelite::v1::Table>();
  if (!std::exchange(watcher->columns_sent, true)) FakeTableColumns(table.get());
  FakeTableRow(*event->object, table.get());
  event->table = std::move(table);
  event->object = nullptr;
}

absl::StatusOr<std::vector<WatchEvent>> FakeStorage::Poll(Watcher* watcher, size_t max) {
  std::vector<WatchEvent> events;
  base::MutexLock lock(&mutex_);
  if (!watcher->ended.ok()) return watcher->ended;
  const Kind& kind = kinds_[watcher->resource];
  if (watcher->cursor < kind.compacted && watcher->initial.empty()) {
    watcher->ended =
        api::Expired(absl::StrCat("too old resource version: ", watcher->cursor, " (", kind.compacted, ")"));
    return watcher->ended;
  }
  while (events.size() < max && !watcher->initial.empty()) {
    const ObjectPtr object = std::move(watcher->initial.front());
    watcher->initial.pop_front();
    events.push_back({WatchEvent::Type::kAdded, object, api::Meta(*object).resourceversion(), nullptr});
  }
  auto next = std::upper_bound(kind.history.begin(), kind.history.end(), watcher->cursor,
                               [](int64_t cursor, const Change& change) { return cursor < change.revision; });
  bool skipped = false;
  for (; events.size() < max && next != kind.history.end(); ++next) {
    WatchEvent event;
    watcher->cursor = next->revision;
    skipped = !ToEvent(*watcher, *next, &event);
    if (!skipped) events.push_back(std::move(event));
  }
  if (watcher->as_table) {
    for (WatchEvent& event : events) ToTable(watcher, &event);
  }
  // The reader learns how far it got even when nothing at the end was for it.
  if (skipped && watcher->bookmarks && events.size() < max) {
    events.push_back({WatchEvent::Type::kBookmark, nullptr, absl::StrCat(watcher->cursor), nullptr});
  }
  return events;
}

void FakeStorage::CutWatches(const absl::Status& status) {
  Watchers wake;
  {
    base::MutexLock lock(&mutex_);
    for (const std::shared_ptr<Watcher>& watcher : LiveWatchers()) {
      watcher->ended = status;
      MarkNotified(watcher, &wake);
    }
    watchers_.clear();
  }
  Notify(wake);
}

void FakeStorage::CompactHistory() {
  base::MutexLock lock(&mutex_);
  for (auto& [resource, kind] : kinds_) {
    if (kind.history.empty()) continue;
    kind.compacted = kind.history.back().revision;
    kind.history.clear();
  }
}

absl::StatusOr<std::shared_ptr<FakeStorage>> FakeStorage::At(int64_t revision) const {
  auto past = std::make_shared<FakeStorage>(executor_);
  base::MutexLock lock(&mutex_);
  base::MutexLock past_lock(&past->mutex_);
  past->revision_ = revision;
  for (const auto& [resource, kind] : kinds_) {
    if (revision < kind.compacted) return api::Expired(absl::StrCat("revision ", revision, " is no longer kept"));
    std::map<ObjectKey, ObjectPtr>& objects = past->kinds_[resource].objects;
    objects = kind.objects;
    for (auto change = kind.history.rbegin(); change != kind.history.rend() && change->revision > revision; ++change) {
      if (change->before == nullptr) {
        objects.erase(api::KeyOf(*change->after));
      } else {
        objects[api::KeyOf(*change->before)] = change->before;
      }
    }
  }
  return past;
}

void FakeTableColumns(kubelite::v1::Table* table) {
  kubelite::v1::Table::Column* column = table->add_columns();
  column->set_name("Name");
  column->set_type("string");
  column->set_format("name");
  column->set_priority(0);
}

void FakeTableRow(const Object& object, kubelite::v1::Table* table) {
  kubelite::v1::Table::Row* row = table->add_rows();
  row->add_cells(api::Meta(object).name());
  row->mutable_metadata()->CopyFrom(api::Meta(object));
}

}  // namespace kubelite::client
