#pragma once

#include <memory>

#include "common/control/reconciler.h"

namespace kubelite::controllers {

inline constexpr char kGarbageCollector[] = "garbage-collector-controller";

// Deletes objects whose owners are gone, and carries out foreground and orphaning deletions. It watches every resource
// that can be listed, watched and deleted, except events; those that other loops need too come from their informers,
// the rest from its own, which start later and need not all be served. It has no state that a restart would lose.
//
// Not a ControllerDef: its objects are of any kind, so its queue holds uids. Thread-safe.
class GarbageCollector {
 public:
  // Registers with deps.informers, so it is made before they start.
  GarbageCollector(const control::Deps& deps, int workers);
  ~GarbageCollector();  // Stop()
  GarbageCollector(const GarbageCollector&) = delete;

  // Works once the informers of deps are synced. Call before or after they start.
  void Start();
  void Stop();
  bool idle() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace kubelite::controllers
