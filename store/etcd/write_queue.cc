#include "store/etcd/write_queue.h"

#include <utility>

#include "absl/types/span.h"
#include "common/net/event_loop.h"

namespace kubelite::etcd {
namespace {

constexpr size_t kQueueBytes = 256 << 20;

}  // namespace

WriteQueue::~WriteQueue() {
  base::MutexLock lock(&mutex_);
  while (draining_) idle_.Wait(&mutex_);
}

bool WriteQueue::Submit(store::Write write, std::unique_ptr<Request>& request) {
  {
    base::MutexLock lock(&mutex_);
    if (bytes_ > kQueueBytes) return false;
    bytes_ += request->bytes();
    writes_.push_back(std::move(write));
    requests_.push_back(std::move(request));
    if (std::exchange(draining_, true)) return true;
  }
  executor_->Post([this] { Drain(); });
  return true;
}

void WriteQueue::Drain() {
  std::vector<store::Write> writes;
  std::vector<std::unique_ptr<Request>> requests;
  while (true) {
    {
      base::MutexLock lock(&mutex_);
      if (writes_.empty()) {
        draining_ = false;
        idle_.SignalAll();
        return;
      }
      // Swapped, so that the two pairs keep their memory.
      writes.swap(writes_);
      requests.swap(requests_);
      bytes_ = 0;
    }
    store_->Apply(absl::MakeSpan(writes));
    {
      const net::EventLoop::WakeBatch wake_once;
      for (size_t i = 0; i < writes.size(); ++i) requests[i]->OnCommitted(writes[i]);
    }
    writes.clear();
    requests.clear();
  }
}

}  // namespace kubelite::etcd
