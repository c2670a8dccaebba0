#include "store/etcd/watch_stream.h"

#include <algorithm>
#include <utility>

#include "store/etcd/encoding.h"
#include "store/etcd/errors.h"
#include "store/etcd/transport/framing.h"
#include "store/etcd/unary.h"

namespace kubelite::etcd {
namespace {

using etcdserverpb::WatchCreateRequest;
using etcdserverpb::WatchRequest;
using etcdserverpb::WatchResponse;

// Of a watch that was refused, and of answers about all watches.
constexpr int64_t kNoWatch = -1;
constexpr size_t kEventsPerPoll = 256;
// No watch is polled while more than this waits for the client.
constexpr size_t kUnsentBytes = 512 << 10;
// A longer answer is cut between revisions; within one only for watches that allow fragments.
constexpr size_t kResponseBytes = 256 << 10;
constexpr size_t kWatchesPerStream = 100000;

}  // namespace

void WatchStream::OnMessage(std::string message) {
  if (over_) return;
  WatchRequest request;
  if (!ParseRequest(message, call_, &request)) return;
  switch (request.request_union_case()) {
    case WatchRequest::kCreateRequest:
      return Create(request.create_request());
    case WatchRequest::kCancelRequest:
      return Cancel(request.cancel_request().watch_id());
    case WatchRequest::kProgressRequest:
      return RequestProgress();
    default:
      return;
  }
}

void WatchStream::OnHalfClose() { call_->Finish(absl::OkStatus()); }

void WatchStream::OnClosed() {
  if (std::exchange(over_, true)) return;
  watches_.clear();
  on_over_(this);
}

void WatchStream::Create(const WatchCreateRequest& request) {
  int64_t id = request.watch_id();
  if (id == 0) {
    while (watches_.contains(next_id_)) ++next_id_;
    id = next_id_++;
  } else if (watches_.contains(id)) {
    return Refuse(kNoWatch, "mvcc: duplicate watch ID provided on the WatchStream");
  }
  if (request.start_revision() < 0) return Refuse(kNoWatch, CompactedError().message());
  if (watches_.size() >= kWatchesPerStream) return Refuse(kNoWatch, TooManyRequestsError().message());
  const store::KeyRange range =
      ToRange(request.key().empty() ? std::string(1, '\0') : request.key(), request.range_end());
  if (IsEmpty(range)) return Refuse(kNoWatch, "mvcc: watcher range is empty");

  auto watch = std::make_unique<OneWatch>();
  watch->prev_kv = request.prev_kv();
  watch->fragment = request.fragment();
  watch->progress_notify = request.progress_notify();
  for (const int filter : request.filters()) {
    if (filter == WatchCreateRequest::NOPUT) watch->puts = false;
    if (filter == WatchCreateRequest::NODELETE) watch->deletes = false;
  }
  // etcd's first revision is the empty store's: nothing was changed at it.
  const store::Revision first = request.start_revision() == 0
                                    ? store::kAnyRevision
                                    : std::max<store::Revision>(1, ToStoreRevision(request.start_revision()));
  store::Revision created_at = 0;
  absl::StatusOr<std::unique_ptr<WatchSource>> source = WatchSource::New(
      backend_->store, range, first, [this, id] { OnReady(id); }, &created_at);
  WatchResponse created;
  created.set_watch_id(id);
  created.set_created(true);
  Send(created_at, &created);
  OneWatch* added = watches_.emplace(id, std::move(watch)).first->second.get();
  if (!source.ok()) return End(id, source.status());
  added->source = *std::move(source);
  Queue(id, added);
  Pump();
}

void WatchStream::Refuse(int64_t id, absl::string_view reason) {
  WatchResponse response;
  response.set_watch_id(id);
  response.set_created(true);
  response.set_canceled(true);
  response.set_cancel_reason(std::string(reason));
  Send(backend_->store->CurrentRevision(), &response);
}

void WatchStream::Cancel(int64_t id) {
  if (!watches_.contains(id)) return;
  WatchResponse response;
  response.set_watch_id(id);
  response.set_canceled(true);
  Send(backend_->store->CurrentRevision(), &response);
  OneWatch* watch = watches_[id].get();
  if (watch->in_request) Arrived(id, watch, request_progress_);
  watches_.erase(id);
}

void WatchStream::End(int64_t id, const absl::Status& status) {
  WatchResponse response;
  response.set_watch_id(id);
  response.set_canceled(true);
  if (absl::IsOutOfRange(status)) response.set_compact_revision(ToEtcdRevision(backend_->store->CompactedRevision()));
  response.set_cancel_reason(std::string(FromStore(status).message()));
  Send(backend_->store->CurrentRevision(), &response);
  OneWatch* watch = watches_[id].get();
  if (watch->in_request) Arrived(id, watch, request_progress_);
  watches_.erase(id);
}

void WatchStream::RequestProgress() {
  ++requested_;
  request_progress_ = backend_->store->CurrentRevision();
  for (const auto& [id, watch] : watches_) {
    watch->in_request = true;
    awaited_.insert(id);
    Queue(id, watch.get());
  }
  if (!awaited_.empty()) return Pump();
  WatchResponse response;
  response.set_watch_id(kNoWatch);
  for (; requested_ > 0; --requested_) Send(request_progress_, &response);
}

void WatchStream::NotifyProgress() {
  if (over_) return;
  for (const auto& [id, watch] : watches_) {
    if (!watch->progress_notify || std::exchange(watch->busy, false)) continue;
    watch->notify = true;
    Queue(id, watch.get());
  }
  Pump();
}

void WatchStream::OnReady(int64_t id) {
  {
    base::MutexLock lock(&mutex_);
    woken_.push_back(id);
    if (woken_.size() > 1) return;
  }
  // The watch, and with it this stream, lives while the store calls.
  call_->loop()->Post([weak = weak_from_this()] {
    if (const std::shared_ptr<WatchStream> self = weak.lock()) self->Pump();
  });
}

void WatchStream::Queue(int64_t id, OneWatch* watch) {
  if (!std::exchange(watch->queued, true)) ready_.push_back(id);
}

void WatchStream::Pump() {
  std::vector<int64_t> woken;
  {
    base::MutexLock lock(&mutex_);
    woken.swap(woken_);
  }
  if (over_) return;
  for (const int64_t id : woken) {
    const auto it = watches_.find(id);
    if (it != watches_.end()) Queue(id, it->second.get());
  }
  // Each once: those with more to deliver come again in a later round, after other streams.
  for (size_t turns = ready_.size(); turns > 0 && call_->unsent() < kUnsentBytes; --turns) {
    const int64_t id = ready_.front();
    ready_.pop_front();
    Poll(id);
  }
  if (ready_.empty() || call_->unsent() > 0) return;  // OnDrained goes on
  call_->loop()->Post([weak = weak_from_this()] {
    if (const std::shared_ptr<WatchStream> self = weak.lock()) self->Pump();
  });
}

void WatchStream::Poll(int64_t id) {
  const auto it = watches_.find(id);
  if (it == watches_.end()) return;
  OneWatch* watch = it->second.get();
  watch->queued = false;
  const absl::StatusOr<WatchSource::Batch> batch = watch->source->Poll(kEventsPerPoll);
  if (!batch.ok()) return End(id, batch.status());
  SendEvents(id, *watch, *batch);
  watch->busy |= !batch->events.empty();
  if (batch->more) {
    Queue(id, watch);
    return;
  }
  if (std::exchange(watch->notify, false) && batch->events.empty()) {
    WatchResponse response;
    response.set_watch_id(id);
    Send(batch->progress, &response);
  }
  if (watch->in_request) Arrived(id, watch, batch->progress);
}

void WatchStream::Arrived(int64_t id, OneWatch* watch, store::Revision progress) {
  watch->in_request = false;
  awaited_.erase(id);
  request_progress_ = std::min(request_progress_, progress);
  if (!awaited_.empty()) return;
  WatchResponse response;
  response.set_watch_id(kNoWatch);
  for (; requested_ > 0; --requested_) Send(request_progress_, &response);
}

void WatchStream::SendEvents(int64_t id, const OneWatch& watch, const WatchSource::Batch& batch) {
  std::vector<Bytes> encoded;
  size_t bytes = 0;
  store::Revision last = 0;
  const auto send = [&](store::Revision revision, bool fragment) {
    call_->Send(EncodeWatchResponse(backend_->identity, revision, id, fragment, encoded));
    encoded.clear();
    bytes = 0;
  };
  for (const store::EventPtr& event : batch.events) {
    if (!(event->type == store::Event::Type::kPut ? watch.puts : watch.deletes)) continue;
    Bytes next = encoder_->Encode(event, watch.prev_kv);
    const bool full = !encoded.empty() && bytes + next.view.size() > kResponseBytes;
    const bool same_revision = event->revision() == last;
    if (full && (!same_revision || watch.fragment)) send(last, same_revision);
    last = event->revision();
    bytes += next.view.size();
    encoded.push_back(std::move(next));
  }
  if (!encoded.empty()) send(std::max(last, batch.progress), false);
}

void WatchStream::Send(store::Revision revision, WatchResponse* response) {
  FillHeader(backend_->identity, revision, response->mutable_header());
  call_->Send(Frame(*response));
}

}  // namespace kubelite::etcd
