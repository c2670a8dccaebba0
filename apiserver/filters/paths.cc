#include "absl/strings/str_cat.h"
#include "apiserver/filters/filters.h"
#include "common/api/errors.h"
#include "k8s/meta/v1.pb.h"

namespace kubelite::apiserver {

bool MayUsePath(const User& user, absl::string_view verb, absl::string_view path) {
  if (user.InGroup("system:masters")) return true;
  return verb == "get" && path == "/revisions" && user.InGroup("system:authenticated");
}

absl::Status ForbiddenPath(const Request& request) {
  k8s::meta::v1::Status status;
  status.set_status("Failure");
  status.set_reason("Forbidden");
  status.set_code(403);
  status.set_message(absl::StrCat("forbidden: User \"", request.user.name, "\" cannot ", request.verb, " path \"",
                                  request.path, "\""));
  return api::FromApiStatus(status);
}

}  // namespace kubelite::apiserver
