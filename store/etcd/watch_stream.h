#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "common/base/mutex.h"
#include "etcd/rpc.pb.h"
#include "store/etcd/backend.h"
#include "store/etcd/event_encoder.h"
#include "store/etcd/transport/call.h"
#include "store/etcd/watch_source.h"

namespace kubelite::etcd {

// One Watch call: any number of watches that share a stream. On the call's loop but for what the store calls. A watch
// is polled when it has something and the client takes what was sent before; until then changes wait in the store.
class WatchStream : public StreamHandler, public std::enable_shared_from_this<WatchStream> {
 public:
  // `encoder` belongs to the call's loop. `on_over` is called once, on the loop.
  WatchStream(Backend* backend, EventEncoder* encoder, CallPtr call, std::function<void(WatchStream*)> on_over)
      : backend_(backend), encoder_(encoder), call_(std::move(call)), on_over_(std::move(on_over)) {}

  void OnMessage(std::string message) override;
  void OnHalfClose() override;
  void OnDrained() override { Pump(); }
  void OnClosed() override;

  // Tells watches that asked for it, and have had nothing lately, how far they have come.
  void NotifyProgress();
  EventLoop* loop() const { return call_->loop(); }

 private:
  struct OneWatch {
    std::unique_ptr<WatchSource> source;
    bool prev_kv = false;
    bool fragment = false;
    bool puts = true;
    bool deletes = true;
    bool progress_notify = false;
    bool queued = false;      // in ready_
    bool busy = false;        // has had an answer since the last NotifyProgress
    bool notify = false;      // tell the progress once all is delivered
    bool in_request = false;  // as above, for the stream's progress request
  };

  void Create(const etcdserverpb::WatchCreateRequest& request);
  void Refuse(int64_t id, absl::string_view reason);
  void Cancel(int64_t id);
  void RequestProgress();
  void End(int64_t id, const absl::Status& status);

  void OnReady(int64_t id);  // on any thread
  void Queue(int64_t id, OneWatch* watch);
  void Pump();
  void Poll(int64_t id);
  void SendEvents(int64_t id, const OneWatch& watch, const WatchSource::Batch& batch);
  void Arrived(int64_t id, OneWatch* watch, store::Revision progress);
  void Send(store::Revision revision, etcdserverpb::WatchResponse* response);

  Backend* const backend_;
  EventEncoder* const encoder_;
  const CallPtr call_;
  const std::function<void(WatchStream*)> on_over_;
  bool over_ = false;
  int64_t next_id_ = 0;
  absl::flat_hash_map<int64_t, std::unique_ptr<OneWatch>> watches_;
  std::deque<int64_t> ready_;
  // The progress request under way: watches that have not delivered all yet, and how far the others have come.
  int requested_ = 0;
  absl::flat_hash_set<int64_t> awaited_;
  store::Revision request_progress_ = 0;

  base::Mutex mutex_;
  std::vector<int64_t> woken_ ABSL_GUARDED_BY(mutex_);  // on their way to ready_
};

}  // namespace kubelite::etcd
