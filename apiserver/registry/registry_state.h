#pragma once

#include <map>
#include <memory>
#include <string>

#include "apiserver/registry/compactor.h"
#include "apiserver/registry/expiry_queue.h"
#include "apiserver/registry/object_store.h"
#include "apiserver/registry/registry.h"

namespace kubelite::apiserver {

// What the verbs share. Immutable after construction but for self-synchronised parts. Internal to this folder.
struct Registry::State {
  explicit State(Options given);

  absl::Time Now() const { return options.executor->clock().Now(); }
  // The row of a request's resource, when it serves the verb. UnknownResource or MethodNotSupported otherwise.
  absl::StatusOr<const ResourceDef*> Row(const Request& request) const;
  // To be called after every write of an object whose kind expires.
  void TrackExpiry(const ResourceDef& def, const api::Object& written);

  Options options;
  std::map<std::string, const ResourceDef*, std::less<>> by_resource;  // "group/version/plural"
  ObjectStore objects;
  ExpiryQueue expiry;
  Compactor compactor;
};

}  // namespace kubelite::apiserver
