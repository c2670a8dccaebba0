#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "apiserver/registry/keys.h"
#include "apiserver/registry/moments.h"
#include "apiserver/registry/registry.h"
#include "apiserver/registry/registry_state.h"
#include "apiserver/registry/write_note.h"
#include "common/api/errors.h"
#include "common/base/status_macros.h"

namespace kubelite::apiserver {
namespace {

// Read from the store at once.
constexpr size_t kPage = 32;
// An answer stops here; the rest is for the next request.
constexpr size_t kMaxChanges = 1000;
constexpr size_t kMaxBytes = 4 << 20;

absl::StatusOr<store::Revision> UpTo(const std::string& text) {
  if (text.empty()) return 0;
  store::Revision revision = 0;
  if (absl::SimpleAtoi(text, &revision) && revision >= 0) return revision;
  return api::BadRequest(absl::StrCat("invalid revision: \"", text, "\" is not an unsigned integer"));
}

}  // namespace

absl::StatusOr<client::Moment> Registry::ResolveMoment(absl::string_view at) {
  return apiserver::ResolveMoment(*state_->options.store, at, state_->Now());
}

absl::StatusOr<Registry::ObjectChange> Registry::State::ToObjectChange(const ResourceDef& def,
                                                                       const store::Change& change) {
  const store::Event& event = *change.event;
  ObjectChange result{.revision = event.revision(),
                      .time = change.origin.time,
                      .by = DecodeWriteNote(change.origin.note),
                      .created = event.kv.version == 1,
                      .object = nullptr,
                      .previous = nullptr};
  if (event.type == store::Event::Type::kPut) {
    ASSIGN_OR_RETURN(result.object, objects.Decode(def, event.kv));
  }
  if (event.previous != nullptr) {
    ASSIGN_OR_RETURN(result.previous, objects.Decode(def, *event.previous));
  }
  return result;
}

absl::StatusOr<Registry::History> Registry::GetHistory(const Request& request) {
  ASSIGN_OR_RETURN(const ResourceDef* def, state_->Row(request));
  ASSIGN_OR_RETURN(store::Revision up_to, UpTo(request.resource_version));
  const bool first_page = up_to == 0;
  const size_t limit = request.limit <= 0 ? kMaxChanges : std::min(static_cast<size_t>(request.limit), kMaxChanges);
  const std::string key = StoreKey(def->storage(), {request.name_space, request.name});
  History history;
  size_t bytes = 0;
  const auto full = [&] { return history.changes.size() >= limit || bytes >= kMaxBytes; };
  do {
    // One more than is used: it tells that there is more.
    const size_t wanted = std::min(limit - history.changes.size(), kPage) + 1;
    const absl::StatusOr<std::vector<store::Change>> page = state_->options.store->History(key, wanted, up_to);
    if (absl::IsNotFound(page.status()) || absl::IsOutOfRange(page.status())) break;
    if (!page.ok()) return ObjectStore::Translate(page.status(), *def->info, request.name);
    size_t used = 0;
    for (; used < page->size() && used + 1 < wanted && !full(); ++used) {
      const store::Change& change = (*page)[used];
      ASSIGN_OR_RETURN(ObjectChange object_change, state_->ToObjectChange(*def, change));
      history.changes.push_back(std::move(object_change));
      bytes += change.event->kv.value.size();
      up_to = change.event->revision() - 1;
    }
    history.more = used < page->size();
  } while (history.more && !full());
  if (first_page && history.changes.empty()) return api::NotFound(*def->info, request.name);
  return history;
}

}  // namespace kubelite::apiserver
