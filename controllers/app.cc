#include "controllers/app.h"

#include <utility>

#include "common/client/events.h"
#include "common/client/informer.h"
#include "common/control/reconciler.h"
#include "controllers/all.h"
#include "controllers/garbagecollector/collector.h"

namespace kubelite::controllers {
// Made on gaining the lease, so that a process in waiting holds no caches.
struct App::Loops {
  Loops(const daemon::Deps& deps, const Options& options) : informers(deps.client, deps.executor, deps.random) {
    control::Deps loop_deps{deps.client, &informers, nullptr, deps.executor, deps.random};
    for (const control::ControllerDef& def : AllControllers(options)) {
      recorders.push_back(client::NewEventRecorder({def.name, ""}, deps.client, deps.executor, deps.random));
      loop_deps.events = recorders.back().get();
      runners.push_back(std::make_unique<control::Runner>(def, loop_deps));
    }
    recorders.push_back(client::NewEventRecorder({kGarbageCollector, ""}, deps.client, deps.executor, deps.random));
    loop_deps.events = recorders.back().get();
    collector = std::make_unique<GarbageCollector>(loop_deps, options.concurrent_gc_syncs);
  }

  void Start() {
    for (auto& runner : runners) runner->Start();
    collector->Start();
    informers.Start();
  }

  void Stop() {
    for (auto& runner : runners) runner->Stop();
    collector->Stop();
    informers.Stop();
  }

  client::InformerFactory informers;
  std::vector<std::unique_ptr<client::EventRecorder>> recorders;
  std::vector<std::unique_ptr<control::Runner>> runners;
  std::unique_ptr<GarbageCollector> collector;
};

App::App(const daemon::Deps& deps, const Options& options, std::function<void()> on_lost)
    : deps_(deps),
      options_(options),
      leadership_(
          options, kComponent, deps, [this] { StartLoops(); }, std::move(on_lost)) {}

App::~App() { Stop(); }

void App::Start() { leadership_.Start(); }

void App::StartLoops() {
  base::MutexLock lock(&mutex_);
  if (stopped_) return;
  loops_ = std::make_shared<Loops>(deps_, options_);
  loops_->Start();
}

void App::Stop() {
  std::shared_ptr<Loops> loops;
  {
    base::MutexLock lock(&mutex_);
    stopped_ = true;
    loops = loops_;
  }
  if (loops != nullptr) loops->Stop();
  leadership_.Stop();
}

bool App::leading() const {
  base::MutexLock lock(&mutex_);
  return loops_ != nullptr && !stopped_ && leadership_.leading();
}

bool App::synced() const {
  base::MutexLock lock(&mutex_);
  return loops_ != nullptr && loops_->informers.HasSynced();
}

}  // namespace kubelite::controllers
