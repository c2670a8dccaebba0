#pragma once

#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "apiserver/registry/registry_state.h"

namespace kubelite::apiserver {

// One update, whatever verb it came by. Internal to this folder.
struct UpdateSteps {
  const ResourceDef& def;
  api::ObjectKey key;
  const Request& request;
  // A change that the server makes while it serves the request: without admission, defaulting and validation.
  bool by_server = false;
  // The wanted object given the stored one. Its errors end the update.
  std::function<absl::StatusOr<std::unique_ptr<api::Object>>(const api::Object& stored)> change;
  bool count_generation = true;
};

// Reads, changes, and writes back with compare-and-set; begins anew when somebody else was faster (so `change` must
// refuse a stale resourceVersion itself). An unchanged object is not written. An object whose deletion waited for this
// update is removed.
absl::StatusOr<api::ObjectPtr> RunUpdate(Registry& registry, Registry::State& state, const UpdateSteps& steps);

// The object to store for a wanted one: server-owned metadata carried over, the part that the (sub)resource does not
// own kept, defaults, admission, hooks, generation, validation.
absl::StatusOr<std::unique_ptr<api::Object>> PrepareUpdate(Registry& registry, Registry::State& state,
                                                           const UpdateSteps& steps, const api::Object& stored);

// A patched object must stay where it is; one that names another resourceVersion or uid than the stored one asks for
// exactly that state.
absl::Status CheckPatched(const ResourceDef& def, const api::Object& patched, const api::Object& stored);

// Nothing holds a deleted object back any more: no finalizers, no grace period, no rule of its kind.
bool MayRemove(const ResourceDef& def, const api::Object& object);

// All mutating (validating) admission steps in order; the first refusal counts.
absl::Status MutatingAdmission(Registry& registry, const Registry::State& state, const Request& request,
                               api::Object* object, const api::Object* old);
absl::Status ValidatingAdmission(Registry& registry, const Registry::State& state, const Request& request,
                                 const api::Object* object, const api::Object* old);

}  // namespace kubelite::apiserver
