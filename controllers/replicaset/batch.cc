#include "controllers/replicaset/batch.h"

#include <algorithm>
#include <memory>

#include "common/base/mutex.h"

namespace kubelite::controllers {
namespace {

struct Progress {
  base::Mutex mutex;
  base::CondVar returned;
  int next ABSL_GUARDED_BY(mutex) = 0;
  int running ABSL_GUARDED_BY(mutex) = 0;
  int count = 0;
};

// Takes indexes until none is left. `work` is only touched after taking one, while the caller still waits.
void Drain(Progress* progress, absl::FunctionRef<void(int)> work) {
  for (;;) {
    int index;
    {
      base::MutexLock lock(&progress->mutex);
      if (progress->next >= progress->count) return;
      index = progress->next++;
      ++progress->running;
    }
    work(index);
    base::MutexLock lock(&progress->mutex);
    if (--progress->running == 0) progress->returned.SignalAll();
  }
}

}  // namespace

void ForEachInParallel(base::Executor* executor, int count, int width, absl::FunctionRef<void(int)> work) {
  auto progress = std::make_shared<Progress>();
  progress->count = count;
  const int helpers = std::min(width, count) - 1;
  for (int i = 0; i < helpers; ++i) {
    executor->Post([progress, work] { Drain(progress.get(), work); });
  }
  Drain(progress.get(), work);
  base::MutexLock lock(&progress->mutex);
  while (progress->running > 0) progress->returned.Wait(&progress->mutex);
}

}  // namespace kubelite::controllers
