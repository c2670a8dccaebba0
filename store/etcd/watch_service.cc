#include <memory>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "common/base/mutex.h"
#include "store/etcd/services.h"
#include "store/etcd/watch_stream.h"

namespace kubelite::etcd {
namespace {

// All watch streams. Kept alive by its method, its streams, and who tells progress.
class WatchService : public std::enable_shared_from_this<WatchService> {
 public:
  explicit WatchService(Backend* backend) : backend_(backend) {}

  std::shared_ptr<StreamHandler> Start(const CallPtr& call) {
    EventEncoder* encoder = nullptr;
    {
      base::MutexLock lock(&mutex_);
      std::unique_ptr<EventEncoder>& of_loop = encoders_[call->loop()];
      if (of_loop == nullptr) of_loop = std::make_unique<EventEncoder>();
      encoder = of_loop.get();
    }
    auto stream = std::make_shared<WatchStream>(backend_, encoder, call,
                                                [self = shared_from_this()](WatchStream* over) { self->Forget(over); });
    base::MutexLock lock(&mutex_);
    streams_.emplace(stream.get(), stream);
    return stream;
  }

  void NotifyProgress() {
    base::MutexLock lock(&mutex_);
    for (const auto& [key, weak] : streams_) {
      const std::shared_ptr<WatchStream> stream = weak.lock();
      if (stream != nullptr) stream->loop()->Post([stream] { stream->NotifyProgress(); });
    }
  }

 private:
  void Forget(WatchStream* stream) {
    base::MutexLock lock(&mutex_);
    streams_.erase(stream);
  }

  Backend* const backend_;
  base::Mutex mutex_;
  absl::flat_hash_map<EventLoop*, std::unique_ptr<EventEncoder>> encoders_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<WatchStream*, std::weak_ptr<WatchStream>> streams_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

std::function<void()> AddWatchService(Backend* backend, Methods* methods) {
  auto service = std::make_shared<WatchService>(backend);
  (*methods)["/etcdserverpb.Watch/Watch"].stream = [service](const CallPtr& call) { return service->Start(call); };
  return [service] { service->NotifyProgress(); };
}

}  // namespace kubelite::etcd
