#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/api/object.h"
#include "common/api/scheme.h"
#include "common/base/executor.h"
#include "common/base/random.h"
#include "common/client/client.h"
#include "common/client/events.h"
#include "common/client/informer.h"
#include "common/control/work_queue.h"

namespace kubelite::control {

// The outcome of a successful reconcile.
struct Result {
  absl::Duration requeue_after = absl::ZeroDuration();  // zero: wait for the next event
};

// Makes the world of one key as it should be. Level-triggered: it reads the present state and may be called at any
// time, twice in a row, or after a restart. An error means retry with back-off; what only a user can repair is recorded
// as a condition or event and is a success. Called for one key at a time, for different keys possibly at once.
class Reconciler {
 public:
  virtual ~Reconciler() = default;
  virtual absl::StatusOr<Result> Reconcile(const ObjectKey& key) = 0;
};

// What a control loop is given. All outlive the loop.
struct Deps {
  client::Client* client = nullptr;
  client::InformerFactory* informers = nullptr;
  client::EventRecorder* events = nullptr;
  base::Executor* executor = nullptr;
  base::Random* random = nullptr;
  const base::Clock& clock() const { return executor->clock(); }
};

// A watched resource and how its changes map to keys of the loop. `old_object` or `new_object` is null on add or
// delete.
struct WatchSource {
  const api::ResourceInfo* resource = nullptr;
  client::Informer::Options options;
  std::function<std::vector<ObjectKey>(const api::ObjectPtr& old_object, const api::ObjectPtr& new_object)> keys;
};

// Ready-made mappings.
WatchSource WatchSelf(const api::ResourceInfo& resource);
// The controlling owner of `owner_kind`, of both the old and the new state.
WatchSource WatchOwned(const api::ResourceInfo& resource, const api::ResourceInfo& owner_kind);

// One control loop as a table row. Everything it needs from informers is registered by `make` (through deps.informers)
// before they start.
struct ControllerDef {
  std::string name;  // upstream's name, e.g. "deployment-controller"
  std::vector<WatchSource> watches;
  int workers = 4;
  std::function<std::unique_ptr<Reconciler>(const Deps&)> make;
};

// Runs one control loop: connects informers to a work queue and the reconciler, with metrics and error logging.
class Runner {
 public:
  Runner(const ControllerDef& def, const Deps& deps);
  ~Runner();  // Stop()
  // Keys seen before are worked on once every informer of deps is synced. Call after constructing all runners and
  // before or after informers->Start().
  void Start();
  void Stop();
  WorkQueue& queue();
  // Nothing waits, runs, or is delayed.
  bool idle() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace kubelite::control
