#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/api/selectors.h"
#include "common/base/random.h"
#include "common/client/client.h"

namespace kubelite::client {

// The fake API server's rules on single objects: pure functions, no state.

// What a list or watch selects.
struct FakeSelection {
  std::string name_space;
  api::LabelSelector labels;
  api::FieldSelector fields;

  // BadRequest for selectors that do not parse or fields that the resource cannot be selected by.
  static absl::StatusOr<FakeSelection> Parse(const ResourceInfo& resource, const std::string& name_space,
                                             const std::string& labels, const std::string& fields);
  bool Matches(const Object& object) const;
};

// Sets what the server sets on creation: name, uid, timestamps, generation; clears what it does not accept.
absl::Status PrepareCreate(const ResourceInfo& resource, Object* object, absl::Time now, base::Random* random);

// Turns `updated` into what an update of `current` through `subresource` ("" or "status", ...) leaves.
absl::Status PrepareUpdate(const ResourceInfo& resource, const Object& current, const std::string& subresource,
                           Object* updated);

// Applies a deletion to `object`, a copy of the current state. Returns true when the object is to go at once; otherwise
// it now waits for its finalizers or its grace period.
absl::StatusOr<bool> PrepareDelete(const ResourceInfo& resource, Object* object, const DeleteOptions& options,
                                   absl::Time now);
// Whether an object that is being deleted has nothing left to wait for.
bool MayGo(const Object& object);

// pods/binding: assigns the node. Conflict when it is assigned already or being deleted.
absl::Status Bind(const ResourceInfo& resource, const std::string& node, absl::Time now, Object* pod);

}  // namespace kubelite::client
