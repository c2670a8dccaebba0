#include "kubectl-lite/commands/watch_loop.h"

#include <memory>

#include "common/api/errors.h"
#include "common/base/status_macros.h"
#include "kubectl-lite/cluster/wakeup.h"

namespace kubelite::cli {
namespace {

constexpr size_t kBatch = 100;
constexpr absl::Duration kReconnectPause = absl::Milliseconds(200);

bool ConnectionLost(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) || absl::IsCancelled(status);
}

}  // namespace

absl::Status WatchLoopFor(client::Client& client, const api::ResourceInfo& resource, client::WatchOptions options,
                          absl::Duration timeout, const base::Clock& clock,
                          const std::function<absl::StatusOr<bool>(const client::WatchEvent&)>& handle) {
  const absl::Time deadline = timeout == absl::InfiniteDuration() ? absl::InfiniteFuture() : clock.Now() + timeout;
  auto signal = std::make_shared<Wakeup>();
  std::unique_ptr<client::WatchStream> stream;
  while (true) {
    const absl::Duration left = deadline - clock.Now();
    if (left <= absl::ZeroDuration()) return absl::DeadlineExceededError("timed out waiting for the condition");
    if (stream == nullptr) {
      auto opened = client.Watch(resource, options, [signal] { signal->Notify(); });
      if (!opened.ok() && !ConnectionLost(opened.status())) return opened.status();
      if (opened.ok())
        stream = *std::move(opened);
      else
        signal->WaitFor(std::min(left, kReconnectPause));
      continue;
    }
    absl::StatusOr<std::vector<client::WatchEvent>> events = stream->Poll(kBatch);
    if (!events.ok()) {
      if (!ConnectionLost(events.status())) return events.status();
      stream.reset();
      signal->WaitFor(std::min(left, kReconnectPause));
      continue;
    }
    for (const client::WatchEvent& event : *events) {
      if (!event.resource_version.empty()) options.resource_version = event.resource_version;
      if (event.type == client::WatchEvent::Type::kBookmark) continue;
      ASSIGN_OR_RETURN(const bool more, handle(event));
      if (!more) return absl::OkStatus();
    }
    if (events->empty()) signal->WaitFor(std::min(left, absl::Seconds(1)));
  }
}

absl::Status WatchLoop(client::Client& client, const api::ResourceInfo& resource, client::WatchOptions options,
                       const std::function<absl::StatusOr<bool>(const client::WatchEvent&)>& handle) {
  while (true) {
    const absl::Status status =
        WatchLoopFor(client, resource, options, absl::InfiniteDuration(), base::SystemClock(), handle);
    if (!api::IsExpired(status)) return status;
    options.resource_version.clear();  // begins with the present state
  }
}

absl::Status RetryExpired(const std::function<absl::Status()>& attempt) {
  while (true) {
    absl::Status status = attempt();
    if (!api::IsExpired(status)) return status;
  }
}

}  // namespace kubelite::cli
