#include "kubelet/server_wait.h"

#include "common/base/mutex.h"
#include "common/base/options.h"

namespace kubelite::kubelet {
namespace {

constexpr absl::Duration kOften = absl::Milliseconds(10);
constexpr absl::Duration kRarely = absl::Milliseconds(100);
constexpr absl::Duration kPatience = absl::Seconds(10);
// In a row: a server that only tries whether its port is free listens for a moment, too.
constexpr int kSuccesses = 2;
constexpr absl::Duration kConnectTimeout = absl::Seconds(1);

}  // namespace

struct ServerWait::State : std::enable_shared_from_this<State> {
  State(Prober* p, base::Executor* e, std::function<void()> d)
      : prober(p),
        executor(e),
        done(std::move(d)),
        began(e->clock().Now()),
        strand(std::make_unique<base::Strand>(e)) {}

  // Runs `step` on the strand, unless the wait was given up.
  void PostAfter(absl::Duration delay, std::function<void()> step) {
    base::MutexLock lock(&mutex);
    if (strand != nullptr) strand->PostAfter(delay, std::move(step));
  }
  void Try() {
    prober->TcpConnect(
        address.host, address.port, kConnectTimeout, [weak = weak_from_this()](const ProbeOutcome& outcome) {
          const auto self = weak.lock();
          if (self == nullptr) return;
          const bool refused =
              outcome.kind == ProbeOutcome::Kind::kRefused || outcome.kind == ProbeOutcome::Kind::kFailure;
          self->PostAfter(absl::ZeroDuration(), [state = self.get(), refused] { state->OnOutcome(refused); });
        });
  }
  void OnOutcome(bool refused) {
    successes = refused ? 0 : successes + 1;
    if (successes == kSuccesses) return done();
    const bool patient = executor->clock().Now() < began + kPatience;
    PostAfter(patient ? kOften : kRarely, [this] { Try(); });
  }

  base::HostPort address;
  Prober* const prober;
  base::Executor* const executor;
  const std::function<void()> done;
  const absl::Time began;
  int successes = 0;  // the strand's
  base::Mutex mutex;
  // Tasks name this object: it outlives its strand, which the destructor of ServerWait takes away.
  std::unique_ptr<base::Strand> strand ABSL_GUARDED_BY(mutex);
};

ServerWait::ServerWait(const std::string& address, Prober* prober, base::Executor* executor, std::function<void()> done)
    : state_(std::make_shared<State>(prober, executor, std::move(done))) {
  absl::StatusOr<base::HostPort> parsed = base::ParseHostPort(address);
  if (parsed.ok()) state_->address = *std::move(parsed);
  // With port 0 the prober refuses to try, and that counts as ready.
  state_->PostAfter(absl::ZeroDuration(), [state = state_.get()] { state->Try(); });
}

ServerWait::~ServerWait() {
  std::unique_ptr<base::Strand> strand;
  {
    base::MutexLock lock(&state_->mutex);
    strand = std::move(state_->strand);
  }
}

}  // namespace kubelite::kubelet
