#pragma once

#include <map>
#include <memory>
#include <string>

#include "apiserver/registry/compactor.h"
#include "apiserver/registry/lease_pool.h"
#include "apiserver/registry/object_store.h"
#include "apiserver/registry/registry.h"
#include "store/lease_expirer.h"

namespace kubelite::apiserver {

// What the verbs share. Immutable after construction but for self-synchronised parts. Internal to this folder.
struct Registry::State {
  explicit State(Options given);

  absl::Time Now() const { return options.executor->clock().Now(); }
  // The row of a request's resource, when it serves the verb. UnknownResource or MethodNotSupported otherwise.
  absl::StatusOr<const ResourceDef*> Row(const Request& request) const;

  absl::StatusOr<ObjectChange> ToObjectChange(const ResourceDef& def, const store::Change& change);

  Options options;
  std::map<std::string, const ResourceDef*, std::less<>> by_resource;  // "group/version/plural"
  store::LeaseExpirer expirer;
  LeasePool leases;
  ObjectStore objects;
  Compactor compactor;
};

}  // namespace kubelite::apiserver
