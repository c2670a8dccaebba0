#include "apiserver/rest/resource_path.h"

#include <array>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "common/api/errors.h"
#include "common/base/status_macros.h"

namespace kubelite::apiserver {
namespace {

struct Verbs {
  absl::string_view method, one, collection;
};
constexpr std::array<Verbs, 6> kVerbs = {{{"GET", "get", "list"},
                                          {"HEAD", "get", "list"},
                                          {"POST", "create", "create"},
                                          {"PUT", "update", "update"},
                                          {"PATCH", "patch", "patch"},
                                          {"DELETE", "delete", "deletecollection"}}};

std::string VerbOf(const Url& url, absl::string_view method, const Request& request) {
  for (const Verbs& row : kVerbs) {
    if (row.method != method) continue;
    const absl::string_view verb = request.name.empty() ? row.collection : row.one;
    const bool reads = verb == "list" || (verb == "get" && request.subresource.empty());
    return reads && url.IsTrue("watch") ? "watch" : std::string(verb);
  }
  return "";
}

// Query parameters that are copied as they are, and those that are numbers.
struct Text {
  absl::string_view name;
  std::string Request::*member;
};
constexpr std::array<Text, 7> kTexts = {{{"labelSelector", &Request::label_selector},
                                         {"fieldSelector", &Request::field_selector},
                                         {"resourceVersion", &Request::resource_version},
                                         {"resourceVersionMatch", &Request::resource_version_match},
                                         {"continue", &Request::continue_token},
                                         {"fieldManager", &Request::field_manager},
                                         {"fieldValidation", &Request::field_validation}}};
struct Number {
  absl::string_view name;
  int64_t Request::*member;
};
constexpr std::array<Number, 2> kNumbers = {
    {{"limit", &Request::limit}, {"timeoutSeconds", &Request::timeout_seconds}}};
struct Flag {
  absl::string_view name;
  bool Request::*member;
};
constexpr std::array<Flag, 3> kFlags = {{{"allowWatchBookmarks", &Request::allow_bookmarks},
                                         {"sendInitialEvents", &Request::send_initial_events},
                                         {"force", &Request::force}}};

absl::Status ReadNumber(absl::string_view name, absl::string_view text, int64_t* out) {
  if (text.empty() || absl::SimpleAtoi(text, out)) return absl::OkStatus();
  return api::BadRequest(absl::StrCat("invalid ", name, ": \"", text, "\" is not an integer"));
}

absl::Status ReadDryRun(const Url& url, Request* request) {
  for (const auto& [name, value] : url.query) {
    if (name != "dryRun" || value.empty()) continue;
    if (value != "All") {
      api::ResourceInfo options;
      options.gvk = {"meta.k8s.io", "v1", "WriteOptions"};
      return api::Invalid(options, "", {api::FieldError::NotSupported("dryRun", value, {"All"})});
    }
    request->dry_run = true;
  }
  return absl::OkStatus();
}

}  // namespace

bool ReadResourcePath(const Url& url, absl::string_view method, Request* request) {
  absl::Span<const std::string> rest = url.segments;
  const auto next = [&rest]() -> std::string {
    if (rest.empty()) return "";
    const std::string& first = rest.front();
    rest.remove_prefix(1);
    return first;
  };
  const std::string root = next();
  if (root != "api" && root != "apis") return false;
  if (root == "apis") request->group = next();
  request->version = next();
  if (rest.empty()) return false;
  request->resource = next();
  // /namespaces/NS and its subresources are the namespace itself; what follows otherwise is in it.
  const bool within =
      request->resource == "namespaces" && rest.size() >= 2 && rest[1] != "status" && rest[1] != "finalize";
  if (within) {
    request->name_space = next();
    request->resource = next();
  }
  request->name = next();
  request->subresource = next();
  for (const std::string& more : rest) absl::StrAppend(&request->subresource, "/", more);
  request->verb = VerbOf(url, method, *request);
  return true;
}

absl::Status ReadQuery(const Url& url, Request* request) {
  for (const Text& row : kTexts) request->*row.member = std::string(url.Query(row.name));
  for (const Number& row : kNumbers) {
    RETURN_IF_ERROR(ReadNumber(row.name, url.Query(row.name), &(request->*row.member)));
  }
  for (const Flag& row : kFlags) request->*row.member = url.IsTrue(row.name);
  RETURN_IF_ERROR(ReadDryRun(url, request));
  client::DeleteOptions& remove = request->delete_options;
  RETURN_IF_ERROR(ReadNumber("gracePeriodSeconds", url.Query("gracePeriodSeconds"), &remove.grace_period_seconds));
  remove.propagation_policy = std::string(url.Query("propagationPolicy"));
  // A watch of one object is one of the collection.
  if (request->verb == "watch" && !request->name.empty()) {
    absl::StrAppend(&request->field_selector, request->field_selector.empty() ? "" : ",",
                    "metadata.name=", request->name);
    request->name.clear();
  }
  // Upstream's default; the registry's own is Strict.
  if (request->field_validation.empty()) request->field_validation = "Warn";
  return absl::OkStatus();
}

}  // namespace kubelite::apiserver
