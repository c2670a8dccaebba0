#include "kubectl-lite/commands/wait_gone.h"

#include "absl/strings/str_cat.h"
#include "common/api/errors.h"
#include "common/base/status_macros.h"
#include "k8s/meta/v1.pb.h"
#include "kubectl-lite/commands/watch_loop.h"

namespace kubelite::cli {
namespace {

absl::Status WaitOnce(client::Client& client, const api::ResourceInfo& resource, const api::ObjectKey& key,
                      const std::string& uid, absl::Duration timeout, const base::Clock& clock) {
  const absl::StatusOr<api::ObjectPtr> current = client.Get(resource, key);
  if (api::IsNotFound(current.status())) return absl::OkStatus();
  RETURN_IF_ERROR(current.status());
  const auto is_other = [&](const api::Object& object) { return !uid.empty() && api::Meta(object).uid() != uid; };
  if (is_other(**current)) return absl::OkStatus();
  client::WatchOptions watch;
  watch.name_space = key.name_space;
  watch.field_selector = absl::StrCat("metadata.name=", key.name);
  watch.resource_version = api::Meta(**current).resourceversion();
  return WatchLoopFor(client, resource, watch, timeout, clock,
                      [&](const client::WatchEvent& event) -> absl::StatusOr<bool> {
                        return event.type != client::WatchEvent::Type::kDeleted &&
                               !(event.object != nullptr && is_other(*event.object));
                      });
}

}  // namespace

absl::Status WaitUntilGone(client::Client& client, const api::ResourceInfo& resource, const api::ObjectKey& key,
                           const std::string& uid, absl::Duration timeout, const base::Clock& clock) {
  return RetryExpired([&] { return WaitOnce(client, resource, key, uid, timeout, clock); });
}

}  // namespace kubelite::cli
