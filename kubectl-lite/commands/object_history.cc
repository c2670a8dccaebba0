#include "kubectl-lite/commands/object_history.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/api/time.h"
#include "common/base/status_macros.h"
#include "k8s/core/v1.pb.h"
#include "k8s/meta/v1.pb.h"

namespace kubelite::cli {
namespace {

// A table on the screen is no place for them; -o and --diff show them as `get -o yaml` does.
void HideSecrets(const api::ResourceInfo& resource, std::vector<FieldChange>* changes) {
  if (resource.descriptor != k8s::core::v1::Secret::descriptor()) return;
  for (FieldChange& change : *changes) {
    if (!absl::StartsWith(change.path, "data")) continue;
    if (!change.before.empty()) change.before = "***";
    if (!change.after.empty()) change.after = "***";
  }
}

absl::StatusOr<api::ObjectPtr> Unpack(const api::ResourceInfo& resource, const google::protobuf::Any& any) {
  std::shared_ptr<api::Object> object(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(resource.descriptor)->New());
  if (!any.UnpackTo(object.get())) {
    return absl::DataLossError(absl::StrCat("the API server sent a broken ", resource.gvk.kind));
  }
  return api::ObjectPtr(std::move(object));
}

}  // namespace

absl::StatusOr<ObjectHistory> ReadHistory(client::StoreClient& store, const api::ResourceInfo& resource,
                                          const api::ObjectKey& key, int64_t limit) {
  ASSIGN_OR_RETURN(const kubelite::v1::HistoryResponse response, store.GetHistory(resource, key, limit));
  ObjectHistory history;
  history.more = response.more();
  api::ObjectPtr before;
  for (int i = response.changes_size() - 1; i >= 0; --i) {
    const kubelite::v1::ObjectChange& change = response.changes(i);
    ObjectState state{.revision = change.revision(), .time = api::FromProto(change.time()), .by = change.by()};
    if (change.has_previous()) {
      ASSIGN_OR_RETURN(before, Unpack(resource, change.previous()));
    }
    if (change.has_object()) {
      ASSIGN_OR_RETURN(state.after, Unpack(resource, change.object()));
    }
    if (!change.created()) state.before = before;
    if (state.after == nullptr) {
      state.kind = ObjectState::Kind::kDeleted;
    } else if (change.created()) {
      state.kind = ObjectState::Kind::kCreated;
    } else if (state.before == nullptr) {
      state.kind = ObjectState::Kind::kUnknown;
    } else {
      state.changed = ChangedFields(*state.before, *state.after);
      HideSecrets(resource, &state.changed);
    }
    before = state.after;
    history.states.push_back(std::move(state));
  }
  return history;
}

}  // namespace kubelite::cli
