#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "apiserver/registry/request.h"
#include "apiserver/registry/resource_def.h"

namespace kubelite::apiserver {

// metadata.managedFields: who owns which field. Internal to this folder.

// A request of server-side apply, or the create that it became.
bool IsApply(const Request& request);

// Who the request says it is: its field manager, or the start of its user agent.
std::string ManagerName(const Request& request);

// Notes in `object` what a create (`old` is null) or update changed. Writers that send no managedFields do not remove
// them; one empty entry does; objects that have none stay without until they are applied. Never fails: entries a client
// sent that cannot be read count as not sent.
void TrackWrite(const ResourceDef& def, const Request& request, const api::Object* old, absl::Time now,
                api::Object* object);

// The object that results from applying the request's body to `live` (null: there is none), with its managedFields.
// `warnings` may be null.
absl::StatusOr<std::unique_ptr<api::Object>> ApplyBody(const ResourceDef& def, const Request& request,
                                                       const api::Object* live, absl::Time now,
                                                       std::vector<std::string>* warnings);

// Whether writing `object` over `stored` would change nothing but times in managedFields; then it gets the old times.
bool ChangesNothing(const api::Object& stored, api::Object* object);

}  // namespace kubelite::apiserver
