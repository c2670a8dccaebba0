#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "apiserver/filters/filters.h"
#include "common/api/errors.h"
#include "k8s/meta/v1.pb.h"

namespace kubelite::apiserver {

namespace {

// As upstream's roles system:public-info-viewer and system:discovery.
struct Grant {
  absl::string_view path;  // and all below it
  absl::string_view group;
};
constexpr absl::string_view kEverybody = "";
constexpr absl::string_view kKnown = "system:authenticated";
constexpr std::array<Grant, 8> kGrants = {{{"/healthz", kEverybody},
                                           {"/livez", kEverybody},
                                           {"/readyz", kEverybody},
                                           {"/version", kEverybody},
                                           {"/api", kKnown},
                                           {"/apis", kKnown},
                                           {"/openapi", kKnown},
                                           {"/revisions", kKnown}}};

bool Covers(absl::string_view granted, absl::string_view path) {
  return absl::ConsumePrefix(&path, granted) && (path.empty() || path.front() == '/');
}

}  // namespace

bool MayUsePath(const User& user, absl::string_view verb, absl::string_view path) {
  if (user.InGroup("system:masters")) return true;
  if (verb != "get" && verb != "head") return false;
  return std::any_of(kGrants.begin(), kGrants.end(), [&](const Grant& grant) {
    return Covers(grant.path, path) && (grant.group == kEverybody || user.InGroup(grant.group));
  });
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
