#pragma once

#include "absl/functional/function_ref.h"
#include "common/base/executor.h"

namespace kubelite::controllers {

// Calls work(0) ... work(count - 1), at most `width` at once, and returns when all have returned. The caller works too;
// tasks posted to `executor` help when it has idle threads. It waits only for calls that already run on another thread,
// never for a task that has yet to start, so it cannot lock up a busy executor, and on a simulated one it is a plain
// loop.
void ForEachInParallel(base::Executor* executor, int count, int width, absl::FunctionRef<void(int)> work);

}  // namespace kubelite::controllers
