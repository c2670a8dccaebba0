#pragma once

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "common/api/field_set.h"
#include "common/api/object.h"

namespace kubelite::api {

// What a write changed, as managedFields counts it: by the members of the JSON form, with lists by their keys. `old` is
// null for a new object, which is then compared to an empty one. Of the members of the root only those are seen that
// `wanted` wants; apiVersion, kind and the server's own metadata (name, uid, resourceVersion ...) never are. Takes time
// in proportion to the objects, but allocates only for what differs, and for the keys of lists and maps.
FieldChanges CompareObjects(const Object* old, const Object& now, absl::FunctionRef<bool(absl::string_view)> wanted);

// What no manager owns: `metadata.name` and the like.
const FieldSet& UntrackedFields();

}  // namespace kubelite::api
