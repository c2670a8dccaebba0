#include "tests/robustness/run.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/executor.h"
#include "common/base/mutex.h"
#include "common/base/random.h"
#include "common/base/thread_pool.h"
#include "tests/robustness/follower.h"
#include "tests/robustness/journal.h"
#include "tests/robustness/timeline.h"
#include "tests/robustness/traffic.h"
#include "tests/robustness/truth.h"
#include "tests/robustness/watch_validators.h"
#include "tests/robustness/world.h"

namespace kubelite::robustness {
namespace {

// Lets one thread wait for tasks on others.
class Countdown {
 public:
  void Add() {
    base::MutexLock lock(&mutex_);
    ++left_;
  }
  void Done() {
    base::MutexLock lock(&mutex_);
    --left_;
    changed_.SignalAll();
  }
  void Wait() {
    base::MutexLock lock(&mutex_);
    while (left_ > 0) changed_.Wait(&mutex_);
  }

 private:
  base::Mutex mutex_;
  base::CondVar changed_;
  int left_ ABSL_GUARDED_BY(mutex_) = 0;
};

void PostCounted(base::Executor* executor, Countdown* countdown, base::Task task) {
  countdown->Add();
  executor->Post([countdown, task = std::move(task)]() mutable {
    task();
    countdown->Done();
  });
}

class Runner {
 public:
  explicit Runner(const RunOptions& options)
      : options_(options),
        random_(options.seed),
        world_(MakeWorld(options.world, random_.Next())),
        journal_(kJournalId, random_.Next(), &shared_),
        pool_(options.clients + options.followers + 1) {
    for (int i = 0; i < options.clients; ++i) {
      clients_.push_back(std::make_unique<TrafficClient>(i, random_.Next(), &shared_));
    }
    static const std::vector<KeyRange> kRanges = {
        KeyRange::Prefix("a/"), KeyRange::All(), KeyRange::Single("b/1"), KeyRange::Prefix("c"), {"a/2", "b/2"}};
    for (int i = 0; i < options.followers; ++i) {
      Follower::Options follower;
      follower.id = options.clients + i;
      follower.range = kRanges[static_cast<size_t>(i) % kRanges.size()];
      follower.seed = random_.Next();
      followers_.push_back(std::make_unique<Follower>(follower, &shared_.ticks));
    }
  }

  RunReport Run() {
    for (int phase = 1; phase <= options_.phases && report_.failures.empty(); ++phase) RunPhase(phase);
    CloseStore();
    if (report_.failures.empty()) Evaluate();
    return std::move(report_);
  }

 private:
  static constexpr int kJournalId = 99;

  void Fail(std::string text) { report_.failures.push_back(std::move(text)); }

  void OpenStore() {
    auto opened = world_->Open();
    if (!opened.ok()) return Fail(absl::StrCat("opens: ", opened.status().ToString()));
    store_ = *std::move(opened);
  }

  void CloseStore() {
    journal_.follower().Detach();
    for (const auto& follower : followers_) follower->Detach();
    store_.reset();
  }

  void RecordPowerLoss() {
    Operation loss;
    loss.kind = Operation::Kind::kPowerLoss;
    loss.note = "power";
    loss.call = shared_.ticks.Next();
    loss.returned = shared_.ticks.Next();
    power_losses_.push_back(loss);
  }

  void RunPhase(int phase) {
    if (store_ == nullptr) OpenStore();
    if (store_ == nullptr) return;
    shared_.interrupted = false;
    Attach(phase);
    if (phase == 1) clients_[0]->client().Put("first", "1", 0, 0);
    const bool last = phase == options_.phases;
    world_->PlanTrouble(options_.clients * options_.operations, !last, [this] { shared_.interrupted = true; });
    RunTasks();
    if (last) {
      clients_[0]->ReadEverything();
      CheckStats();
    } else if (world_->Persists() && (shared_.interrupted || random_.Uniform(2) == 0)) {
      CloseStore();
      if (world_->LosesPower()) RecordPowerLoss();
    }
    world_->Calm();
  }

  void Attach(int phase) {
    const absl::Time now = absl::UnixEpoch() + kTimeStep * phase;
    for (const auto& client : clients_) client->Attach(store_.get(), now);
    journal_.Attach(store_.get());
    for (const auto& follower : followers_) follower->Attach(store_.get());
  }

  void RunTasks() {
    Countdown watching;
    Countdown journaling;
    Countdown working;
    for (const auto& follower : followers_) PostCounted(&pool_, &watching, [&follower] { follower->Follow(); });
    PostCounted(&pool_, &journaling, [this] { journal_.follower().Follow(); });
    for (const auto& client : clients_) {
      PostCounted(&pool_, &working,
                  [this, &client] { client->Run(options_.operations, [this] { world_->BeforeOperation(); }); });
    }
    working.Wait();
    if (!shared_.interrupted) {
      // What a failed disk has kept shows with the next write.
      world_->Calm();
      const Operation& settled = clients_[0]->client().Put("settled", "", store::kAnyRevision, 0);
      if (!settled.status.ok()) Fail(absl::StrCat("recovers: ", ToText(settled)));
    }
    for (const auto& follower : followers_) follower->Stop();
    watching.Wait();
    journal_.follower().Stop();
    journaling.Wait();
  }

  // The store is quiet.
  void CheckStats() {
    const auto stats = store_->GetStats();
    if (!stats.ok()) return Fail(absl::StrCat("stats: ", stats.status().ToString()));
    const auto differ = [this](const char* name, int64_t told, int64_t wanted) {
      if (told != wanted) Fail(absl::StrCat("stats: ", name, " is ", told, ", not ", wanted));
    };
    differ("current", stats->current, store_->CurrentRevision());
    differ("compacted", stats->compacted, store_->CompactedRevision());
    differ("leases", stats->leases, static_cast<int64_t>(store_->Leases().size()));
    const auto open = [](const Follower& follower) { return follower.watching() ? 1 : 0; };
    int64_t watchers = open(journal_.follower());
    for (const auto& follower : followers_) watchers += open(*follower);
    differ("watchers", stats->watchers, watchers);
  }

  std::vector<Session> TakeSessions() {
    std::vector<Session> sessions;
    for (const auto& client : clients_) sessions.push_back(std::move(client->client().session()));
    for (const auto& follower : followers_) sessions.push_back(std::move(follower->session()));
    sessions.push_back(std::move(journal_.follower().session()));
    sessions.push_back(std::move(power_losses_));
    return sessions;
  }

  void Evaluate() {
    for (const std::string& failure : journal_.failures()) Fail(failure);
    std::vector<Session> sessions = TakeSessions();
    for (const Session& session : sessions) report_.operations += static_cast<int64_t>(session.size());
    const std::vector<Subscription>& journal = journal_.follower().subscriptions();
    if (journal.size() != 1)
      return Fail("watch resumable: the watch of all keys was told that revisions are compacted");
    absl::StatusOr<Model> truth = BuildTruth(journal.front(), journal_.origins());
    if (!truth.ok()) return Fail(std::string(truth.status().message()));
    report_.revisions = truth->current();
    LocateLost(*truth, &sessions);
    Require(CheckDurable(*truth, sessions));
    Require(CheckLinearizable(*truth, sessions));
    const Timeline timeline(*truth, sessions);
    Validate(journal, {*truth, timeline});
    for (const auto& follower : followers_) Validate(follower->subscriptions(), {*truth, timeline});
    if (!report_.failures.empty()) report_.history = HistoryText(sessions);
  }

  // All operations in the order of their calls, for a reader who looks for the cause of a failure.
  static std::vector<std::string> HistoryText(const std::vector<Session>& sessions) {
    std::map<Tick, std::vector<std::string>> lines;
    for (const Session& session : sessions) {
      for (const Operation& op : session) lines[op.call].push_back(ToText(op));
    }
    std::vector<std::string> text;
    for (auto& [tick, together] : lines) std::move(together.begin(), together.end(), std::back_inserter(text));
    return text;
  }

  void Require(const absl::Status& status) {
    if (!status.ok()) Fail(std::string(status.message()));
  }

  void Validate(const std::vector<Subscription>& subscriptions, const WatchContext& context) {
    for (const Subscription& subscription : subscriptions) {
      for (const absl::Status& failure : ValidateWatch(subscription, context)) Require(failure);
      for (const WatchRecord& watch : subscription.watches) {
        for (const PollRecord& poll : watch.polls) report_.events += static_cast<int64_t>(poll.events.size());
      }
    }
  }

  const RunOptions options_;
  base::Random random_;
  const std::unique_ptr<World> world_;
  TrafficState shared_;
  std::vector<std::unique_ptr<TrafficClient>> clients_;
  std::vector<std::unique_ptr<Follower>> followers_;
  Journal journal_;
  Session power_losses_;
  std::unique_ptr<store::Store> store_;
  RunReport report_;
  base::ThreadPool pool_;  // last: its threads use the rest
};

}  // namespace

RunOptions RunOptions::FromSeed(const std::string& world, uint64_t seed) {
  base::Random random(seed);
  RunOptions options;
  options.seed = seed;
  options.world = world;
  options.clients = seed % 4 == 0 ? 1 : static_cast<int>(2 + random.Uniform(6));
  options.followers = static_cast<int>(1 + random.Uniform(5));
  options.phases = static_cast<int>(2 + random.Uniform(4));
  options.operations = static_cast<int>(40 + random.Uniform(60));
  return options;
}

RunReport RunTraffic(const RunOptions& options) { return Runner(options).Run(); }

}  // namespace kubelite::robustness
