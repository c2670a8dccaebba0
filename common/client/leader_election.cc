#include "common/client/leader_election.h"

#include <algorithm>
#include <utility>

#include "common/api/errors.h"
#include "common/api/time.h"
#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/client/gate.h"
#include "k8s/coordination/v1.pb.h"
#include "k8s/meta/v1.pb.h"

namespace kubelite::client {

using k8s::coordination::v1::Lease;
using k8s::coordination::v1::LeaseSpec;

namespace {

// Upstream's JitterFactor of the retry period.
constexpr double kJitter = 1.2;

}  // namespace

// The strand makes the attempts, which may block. A timer of its own watches the deadline, because an attempt that
// blocks must not keep a leader in office.
struct LeaderElector::State : std::enable_shared_from_this<LeaderElector::State> {
  State(LeaderElectionOptions options, Client* client, base::Executor* executor, base::Random* random,
        std::function<void()> on_started, std::function<void()> on_lost)
      : options(std::move(options)),
        client(client),
        executor(executor),
        random(random),
        on_started(std::move(on_started)),
        on_lost(std::move(on_lost)),
        strand(executor) {}

  absl::Time Now() const { return executor->clock().Now(); }
  void PostAttempt(absl::Duration delay);
  void PostDeadline(absl::Time when);
  // Takes or renews the lease if possible.
  void Attempt();
  absl::StatusOr<bool> TryAcquireOrRenew();
  absl::StatusOr<bool> WriteLease(Lease lease, absl::Time now);
  // Remembers the holder's record and when it last changed, by our own clock.
  void Observe(const std::shared_ptr<const Lease>& lease);
  bool HeldByOther(absl::Time now) const;
  // Attempts' results.
  void Renewed(absl::Time attempted);
  void CheckDeadline();
  // Ends the leadership, once.
  void Lose();
  void Release();

  const LeaderElectionOptions options;
  Client* const client;
  base::Executor* const executor;
  base::Random* const random;
  const std::function<void()> on_started;
  const std::function<void()> on_lost;
  Gate gate;

  mutable base::Mutex mutex;
  bool started ABSL_GUARDED_BY(mutex) = false;
  bool leader ABSL_GUARDED_BY(mutex) = false;
  bool lost ABSL_GUARDED_BY(mutex) = false;  // for good
  absl::Time renewed ABSL_GUARDED_BY(mutex);

  // Owned by the strand; by Stop() once the gate is closed.
  std::shared_ptr<const Lease> observed;
  absl::Time observed_at;

  base::Strand strand;
};

void LeaderElector::State::PostAttempt(absl::Duration delay) {
  strand.PostAfter(delay, [weak = weak_from_this()] {
    const std::shared_ptr<State> self = weak.lock();
    if (self == nullptr) return;
    if (const Gate::Pass pass(&self->gate); pass) self->Attempt();
  });
}

void LeaderElector::State::PostDeadline(absl::Time when) {
  executor->PostAt(when, [weak = weak_from_this()] {
    const std::shared_ptr<State> self = weak.lock();
    if (self == nullptr) return;
    if (const Gate::Pass pass(&self->gate); pass) self->CheckDeadline();
  });
}

void LeaderElector::State::Observe(const std::shared_ptr<const Lease>& lease) {
  // Any change of the record counts, as upstream: also a renewal by a clock that differs from ours.
  if (observed == nullptr || observed->spec().SerializeAsString() != lease->spec().SerializeAsString()) {
    observed_at = Now();
  }
  observed = lease;
}

bool LeaderElector::State::HeldByOther(absl::Time now) const {
  const LeaseSpec& spec = observed->spec();
  if (spec.holderidentity().empty() || spec.holderidentity() == options.identity) return false;
  const absl::Duration duration =
      spec.leasedurationseconds() > 0 ? absl::Seconds(spec.leasedurationseconds()) : options.lease_duration;
  return now < observed_at + duration;
}

absl::StatusOr<bool> LeaderElector::State::WriteLease(Lease lease, absl::Time now) {
  LeaseSpec* spec = lease.mutable_spec();
  const bool fresh = lease.metadata().resourceversion().empty();
  if (spec->holderidentity() != options.identity || fresh) {
    api::ToProto(now, spec->mutable_acquiretime());
    spec->set_leasetransitions(fresh ? 0 : spec->leasetransitions() + 1);
  }
  spec->set_holderidentity(options.identity);
  spec->set_leasedurationseconds(
      static_cast<int32_t>(std::max<int64_t>(1, absl::ToInt64Seconds(options.lease_duration))));
  api::ToProto(now, spec->mutable_renewtime());
  const absl::StatusOr<std::shared_ptr<const Lease>> written =
      fresh ? client::Create(*client, lease) : client::Update(*client, lease);
  if (!written.ok()) return written.status();
  Observe(*written);
  return true;
}

absl::StatusOr<bool> LeaderElector::State::TryAcquireOrRenew() {
  const absl::Time now = Now();
  const ObjectKey key{options.name_space, options.name};
  bool is_leader = false;
  {
    base::MutexLock lock(&mutex);
    is_leader = leader;
  }
  // A leader usually knows the newest record, so it tries without reading first.
  if (is_leader && observed != nullptr) {
    const absl::StatusOr<bool> renewed = WriteLease(*observed, now);
    if (renewed.ok() || !api::IsConflict(renewed.status())) return renewed;
  }
  const absl::StatusOr<std::shared_ptr<const Lease>> present = client::Get<Lease>(*client, key);
  if (api::IsNotFound(present.status())) {
    Lease lease;
    lease.mutable_metadata()->set_namespace_(key.name_space);
    lease.mutable_metadata()->set_name(key.name);
    return WriteLease(std::move(lease), now);
  }
  if (!present.ok()) return present.status();
  Observe(*present);
  if (HeldByOther(now)) return false;
  return WriteLease(**present, now);
}

void LeaderElector::State::Attempt() {
  {
    base::MutexLock lock(&mutex);
    if (lost) return;
  }
  const absl::Time attempted = Now();
  const absl::StatusOr<bool> held = TryAcquireOrRenew();
  bool was_leader = false;
  {
    base::MutexLock lock(&mutex);
    if (lost) return;
    was_leader = leader;
  }
  if (!held.ok()) {
    base::Log(api::IsConflict(held.status()) || api::IsAlreadyExists(held.status()) ? base::LogLevel::kDebug
                                                                                    : base::LogLevel::kWarning,
              "Leader election attempt failed, will retry",
              {{"lease", options.name}, {"leader", was_leader}, {"err", held.status()}});
  } else if (*held) {
    Renewed(attempted);
    was_leader = true;
  } else if (was_leader) {
    // Somebody else holds it: there is nothing to wait for.
    return Lose();
  }
  PostAttempt(was_leader ? options.retry_period : options.retry_period * (1 + kJitter * random->Fraction()));
}

// The lease counts from before the attempt, as others may have seen it written that early.
void LeaderElector::State::Renewed(absl::Time attempted) {
  bool gained = false;
  {
    base::MutexLock lock(&mutex);
    gained = !std::exchange(leader, true);
    renewed = attempted;
  }
  if (!gained) return;
  base::LogInfo("Leader election won", {{"lease", options.name}, {"identity", options.identity}});
  PostDeadline(attempted + options.renew_deadline);
  if (on_started) on_started();
}

void LeaderElector::State::CheckDeadline() {
  absl::Time deadline;
  {
    base::MutexLock lock(&mutex);
    if (lost) return;
    deadline = renewed + options.renew_deadline;
  }
  if (Now() < deadline) return PostDeadline(deadline);
  Lose();
}

void LeaderElector::State::Lose() {
  {
    base::MutexLock lock(&mutex);
    if (std::exchange(lost, true)) return;
    leader = false;
  }
  base::LogError("Leader election lost", {{"lease", options.name}, {"identity", options.identity}});
  if (on_lost) on_lost();
}

// Runs after the gate closed, so nothing else touches the state.
void LeaderElector::State::Release() {
  {
    base::MutexLock lock(&mutex);
    if (!std::exchange(leader, false)) return;
  }
  if (!options.release_on_stop || observed == nullptr) return;
  Lease lease = *observed;
  const absl::Time now = Now();
  LeaseSpec* spec = lease.mutable_spec();
  spec->set_holderidentity("");
  spec->set_leasedurationseconds(1);
  api::ToProto(now, spec->mutable_acquiretime());
  api::ToProto(now, spec->mutable_renewtime());
  const absl::Status released = client::Update(*client, lease).status();
  if (!released.ok()) {
    base::LogWarning("Lease could not be released; others take it over when it expires",
                     {{"lease", options.name}, {"err", released}});
  }
}

LeaderElector::LeaderElector(LeaderElectionOptions options, Client* client, base::Executor* executor,
                             base::Random* random, std::function<void()> on_started, std::function<void()> on_lost)
    : state_(std::make_shared<State>(std::move(options), client, executor, random, std::move(on_started),
                                     std::move(on_lost))) {}

LeaderElector::~LeaderElector() { Stop(); }

void LeaderElector::Start() {
  {
    base::MutexLock lock(&state_->mutex);
    if (std::exchange(state_->started, true)) return;
  }
  state_->PostAttempt(absl::ZeroDuration());
}

void LeaderElector::Stop() {
  state_->gate.Close();
  state_->Release();
}

bool LeaderElector::IsLeader() const {
  base::MutexLock lock(&state_->mutex);
  return state_->leader;
}

}  // namespace kubelite::client
