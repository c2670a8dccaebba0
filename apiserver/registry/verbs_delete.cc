#include <utility>

#include "absl/strings/str_cat.h"
#include "apiserver/registry/body.h"
#include "apiserver/registry/object_changes.h"
#include "apiserver/registry/registry.h"
#include "apiserver/registry/update_steps.h"
#include "common/api/errors.h"
#include "common/api/time.h"
#include "common/base/status_macros.h"

namespace kubelite::apiserver {
namespace {

using k8s::meta::v1::ObjectMeta;

constexpr int kMaxAttempts = 100;
constexpr char kOrphan[] = "orphan";
constexpr char kForeground[] = "foregroundDeletion";

absl::Status CheckPreconditions(const ResourceDef& def, const client::Preconditions& wanted, const ObjectMeta& stored) {
  const auto conflict = [&](absl::string_view what, const std::string& a, const std::string& b, absl::string_view why) {
    return api::Conflict(*def.info, stored.name(),
                         absl::StrCat("the ", what, " in the precondition (", a, ") does not match the ", what,
                                      " in record (", b, "). The object might have been ", why));
  };
  if (!wanted.uid.empty() && wanted.uid != stored.uid()) {
    return conflict("UID", wanted.uid, stored.uid(), "deleted and then recreated");
  }
  if (!wanted.resource_version.empty() && wanted.resource_version != stored.resourceversion()) {
    return conflict("ResourceVersion", wanted.resource_version, stored.resourceversion(), "modified");
  }
  return absl::OkStatus();
}

// The garbage collector's finalizers as the propagation policy asks for them; without a policy they stay as they are.
void ApplyPropagation(const ResourceDef& def, const Request& request, api::Object* object) {
  std::string policy = request.delete_options.propagation_policy;
  const bool asked_before = api::HasFinalizer(*object, kOrphan) || api::HasFinalizer(*object, kForeground);
  if (policy.empty() && !asked_before) policy = def.default_propagation;
  if (policy.empty()) return;
  api::RemoveFinalizer(object, kOrphan);
  api::RemoveFinalizer(object, kForeground);
  if (policy == "Orphan") api::AddFinalizer(object, kOrphan);
  if (policy == "Foreground") api::AddFinalizer(object, kForeground);
}

// First deletion of an object that has to wait.
void BeginDeletion(const ResourceDef& def, const WriteContext& context, int64_t grace, api::Object* object) {
  ObjectMeta* meta = api::MutableMeta(object);
  api::ToProto(context.now + absl::Seconds(grace), meta->mutable_deletiontimestamp());
  meta->set_deletiongraceperiodseconds(grace);
  if (meta->generation() > 0) meta->set_generation(meta->generation() + 1);
  if (def.prepare_delete) def.prepare_delete(object, context);
}

// A later deletion may only shorten the grace period.
void ShortenGrace(int64_t requested, ObjectMeta* meta) {
  if (requested < 0 || requested >= meta->deletiongraceperiodseconds()) return;
  const absl::Time begun =
      api::FromProto(meta->deletiontimestamp()) - absl::Seconds(meta->deletiongraceperiodseconds());
  api::ToProto(begun + absl::Seconds(requested), meta->mutable_deletiontimestamp());
  meta->set_deletiongraceperiodseconds(requested);
}

// `stored` as the delete leaves it: to be removed when MayRemove says so, else to be written.
std::unique_ptr<api::Object> AfterDelete(const ResourceDef& def, const Request& request, absl::Time now,
                                         const api::Object& stored) {
  std::unique_ptr<api::Object> object = api::Clone(stored);
  ApplyPropagation(def, request, object.get());
  const int64_t requested = request.delete_options.grace_period_seconds;
  ObjectMeta* meta = api::MutableMeta(object.get());
  if (!meta->has_deletiontimestamp()) {
    const int64_t grace = def.grace_period ? def.grace_period(stored, requested) : 0;
    BeginDeletion(def, WriteContext{request, now}, std::max<int64_t>(grace, 0), object.get());
  } else if (def.grace_period) {
    ShortenGrace(requested < 0 ? -1 : def.grace_period(stored, requested), meta);
  }
  return object;
}

absl::StatusOr<api::ObjectPtr> DeleteOne(Registry& registry, Registry::State& state, const ResourceDef& def,
                                         const Request& request, const api::ObjectKey& key) {
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    ASSIGN_OR_RETURN(const api::ObjectPtr stored, state.objects.Get(def, key));
    RETURN_IF_ERROR(CheckPreconditions(def, request.delete_options.preconditions, api::Meta(*stored)));
    RETURN_IF_ERROR(ValidatingAdmission(registry, state, request, nullptr, stored.get()));
    std::unique_ptr<api::Object> object = AfterDelete(def, request, state.Now(), *stored);
    if (request.dry_run) return api::ObjectPtr(std::move(object));
    const store::Revision expected = api::ResourceVersion(*stored);
    absl::StatusOr<api::ObjectPtr> result;
    if (MayRemove(def, *object)) {
      result = state.objects.Remove(def, *stored, expected, request);
    } else if (SameContent(*object, *stored)) {
      return stored;
    } else {
      result = state.objects.Replace(def, std::move(object), expected, request);
    }
    if (result.ok() || !api::IsConflict(result.status())) return result;
  }
  return api::Conflict(*def.info, key.name);
}

}  // namespace

absl::StatusOr<api::ObjectPtr> Registry::Delete(const Request& request) {
  ASSIGN_OR_RETURN(const ResourceDef* def, state_->Row(request));
  RETURN_IF_ERROR(ValidateWriteOptions(request, "DeleteOptions"));
  if (!request.subresource.empty()) return api::MethodNotSupported(*def->info, request.verb);
  return DeleteOne(*this, *state_, *def, request, {request.name_space, request.name});
}

absl::StatusOr<int64_t> Registry::DeleteCollection(const Request& request) {
  ASSIGN_OR_RETURN(const ResourceDef* def, state_->Row(request));
  RETURN_IF_ERROR(ValidateWriteOptions(request, "DeleteOptions"));
  Request list_request = request;
  list_request.verb = "list";
  ASSIGN_OR_RETURN(const List list, ListObjects(list_request));
  int64_t deleted = 0;
  for (const api::ObjectPtr& object : list.items) {
    Request one = request;
    one.verb = "delete";
    const absl::Status status = DeleteOne(*this, *state_, *def, one, api::KeyOf(*object)).status();
    if (api::IsNotFound(status)) continue;
    RETURN_IF_ERROR(status);
    ++deleted;
  }
  return deleted;
}

}  // namespace kubelite::apiserver
