#include "apiserver/registry/update_steps.h"

#include <utility>

#include "apiserver/registry/field_manager.h"
#include "apiserver/registry/metadata_rules.h"
#include "apiserver/registry/object_changes.h"
#include "common/api/errors.h"
#include "common/base/status_macros.h"

namespace kubelite::apiserver {
namespace {

// Each failed attempt means that another writer made progress, so many are no livelock but plain overload.
constexpr int kMaxAttempts = 100;

// An update never changes what the server owns; clients may leave it out.
void CarryMetadata(api::Object* object, const api::Object& stored) {
  k8s::meta::v1::ObjectMeta* meta = api::MutableMeta(object);
  const k8s::meta::v1::ObjectMeta& old = api::Meta(stored);
  meta->set_resourceversion(old.resourceversion());
  if (meta->uid().empty()) meta->set_uid(old.uid());
  if (!meta->has_creationtimestamp() && old.has_creationtimestamp()) {
    *meta->mutable_creationtimestamp() = old.creationtimestamp();
  }
  if (old.has_deletiontimestamp()) *meta->mutable_deletiontimestamp() = old.deletiontimestamp();
  if (old.has_deletiongraceperiodseconds() && !meta->has_deletiongraceperiodseconds()) {
    meta->set_deletiongraceperiodseconds(old.deletiongraceperiodseconds());
  }
  if (old.has_generation()) {
    meta->set_generation(old.generation());
  } else {
    meta->clear_generation();
  }
  meta->clear_selflink();
}

void CountGeneration(const ResourceDef& def, api::Object* object, const api::Object& stored) {
  if (def.generation_fields.empty() || SameAtAll(*object, stored, def.generation_fields)) return;
  api::MutableMeta(object)->set_generation(api::Meta(stored).generation() + 1);
}

absl::Status Validate(const UpdateSteps& steps, const api::Object& object, const api::Object& stored) {
  const ResourceDef& def = steps.def;
  api::FieldErrors errors;
  ValidateMetadata(def, object, &errors);
  ValidateMetadataUpdate(object, stored, &errors);
  if (steps.request.subresource == "status") {
    if (def.validate_status_update) def.validate_status_update(object, stored, &errors);
  } else {
    if (def.validate) def.validate(object, &errors);
    if (def.validate_update) def.validate_update(object, stored, &errors);
  }
  return errors.empty() ? absl::OkStatus() : api::Invalid(*def.info, api::Meta(object).name(), errors);
}

}  // namespace

absl::Status MutatingAdmission(Registry& registry, const Registry::State& state, const Request& request,
                               api::Object* object, const api::Object* old) {
  for (const AdmissionStep& step : state.options.admission) {
    if (step.mutate) RETURN_IF_ERROR(step.mutate(registry, request, object, old));
  }
  return absl::OkStatus();
}

absl::Status ValidatingAdmission(Registry& registry, const Registry::State& state, const Request& request,
                                 const api::Object* object, const api::Object* old) {
  for (const AdmissionStep& step : state.options.admission) {
    if (step.validate) RETURN_IF_ERROR(step.validate(registry, request, object, old));
  }
  return absl::OkStatus();
}

bool MayRemove(const ResourceDef& def, const api::Object& object) {
  const k8s::meta::v1::ObjectMeta& meta = api::Meta(object);
  return meta.has_deletiontimestamp() && meta.finalizers().empty() && meta.deletiongraceperiodseconds() == 0 &&
         (!def.may_remove || def.may_remove(object));
}

absl::StatusOr<std::unique_ptr<api::Object>> PrepareUpdate(Registry& registry, Registry::State& state,
                                                           const UpdateSteps& steps, const api::Object& stored) {
  ASSIGN_OR_RETURN(std::unique_ptr<api::Object> object, steps.change(stored));
  const ResourceDef& def = steps.def;
  const Request& request = steps.request;
  if (steps.by_server) {
    // Of what a client changes through a subresource (scale) it becomes the manager; bindings and the like are ours.
    if (request.verb == "update" || request.verb == "patch")
      TrackWrite(def, request, &stored, state.Now(), object.get());
    if (steps.count_generation && api::Meta(*object).generation() == api::Meta(stored).generation()) {
      CountGeneration(def, object.get(), stored);
    }
    return object;
  }
  const bool status_only = request.subresource == "status";
  CarryMetadata(object.get(), stored);
  if (status_only) {
    KeepAllButStatus(object.get(), stored);
  } else if (def.info->FindSubresource("status") != nullptr) {
    KeepStatus(object.get(), stored);
  }
  if (def.set_defaults) def.set_defaults(object.get());
  if (!IsApply(request)) TrackWrite(def, request, &stored, state.Now(), object.get());
  RETURN_IF_ERROR(MutatingAdmission(registry, state, request, object.get(), &stored));
  const WriteContext context{request, state.Now()};
  if (status_only) {
    if (def.prepare_status_update) def.prepare_status_update(object.get(), stored, context);
  } else {
    if (def.prepare_update) def.prepare_update(object.get(), stored, context);
    CountGeneration(def, object.get(), stored);
  }
  RETURN_IF_ERROR(Validate(steps, *object, stored));
  RETURN_IF_ERROR(ValidatingAdmission(registry, state, request, object.get(), &stored));
  // Small patches must not grow an object for ever.
  RETURN_IF_ERROR(api::CheckRequestSize(object->ByteSizeLong()));
  return object;
}

absl::StatusOr<api::ObjectPtr> RunUpdate(Registry& registry, Registry::State& state, const UpdateSteps& steps) {
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    ASSIGN_OR_RETURN(const api::ObjectPtr stored, state.objects.Get(steps.def, steps.key));
    ASSIGN_OR_RETURN(std::unique_ptr<api::Object> object, PrepareUpdate(registry, state, steps, *stored));
    if (steps.request.dry_run) return api::ObjectPtr(std::move(object));
    const store::Revision expected = api::ResourceVersion(*stored);
    absl::StatusOr<api::ObjectPtr> written;
    if (MayRemove(steps.def, *object)) {
      written = state.objects.Remove(steps.def, *object, expected, steps.request);
    } else if (ChangesNothing(*stored, object.get())) {
      return stored;
    } else {
      written = state.objects.Replace(steps.def, std::move(object), expected, steps.request);
    }
    if (written.ok() || !api::IsConflict(written.status())) return written;
  }
  return api::Conflict(*steps.def.info, steps.key.name);
}

absl::StatusOr<api::ObjectPtr> Registry::GuaranteedUpdate(const ResourceDef& def, const api::ObjectKey& key,
                                                          const Request& request,
                                                          std::function<absl::Status(api::Object* object)> change,
                                                          bool count_generation) {
  const auto edit = [&change](const api::Object& stored) -> absl::StatusOr<std::unique_ptr<api::Object>> {
    std::unique_ptr<api::Object> object = api::Clone(stored);
    RETURN_IF_ERROR(change(object.get()));
    return object;
  };
  return RunUpdate(*this, *state_,
                   {.def = def,
                    .key = key,
                    .request = request,
                    .by_server = true,
                    .change = edit,
                    .count_generation = count_generation});
}

}  // namespace kubelite::apiserver
