#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace k8s::meta::v1 {
class Status;
}

namespace kubelite::api {

// An API error is an absl::Status with a k8s.meta.v1.Status as payload (reason, code, details, causes). Build it with
// the constructors below, test it with the predicates; never read the message to decide. One table in errors.cc maps
// reasons to HTTP codes and absl codes (upstream: metav1.StatusReason, k8s.io/apimachinery/pkg/api/errors).

// A problem with one field. `type` is upstream's cause reason.
struct FieldError {
  enum class Type {
    kRequired,
    kInvalid,
    kNotSupported,
    kDuplicate,
    kForbidden,
    kTooLong,
    kTooMany,
    kTypeInvalid,
    kNotFound,
    kInternal
  };
  Type type = Type::kInvalid;
  std::string field;   // "spec.containers[0].name"
  std::string detail;  // text after the fixed part
  std::string value;   // as it is shown, already quoted when it is a string
  // "spec.replicas: Invalid value: -1: must be greater than or equal to 0"
  std::string ToString() const;

  static FieldError Required(absl::string_view field, absl::string_view detail);
  // `value` is a string value and gets quotes; InvalidNumber shows it bare.
  static FieldError Invalid(absl::string_view field, absl::string_view value, absl::string_view detail);
  static FieldError InvalidNumber(absl::string_view field, int64_t value, absl::string_view detail);
  static FieldError NotSupported(absl::string_view field, absl::string_view value,
                                 const std::vector<std::string>& valid);
  static FieldError Duplicate(absl::string_view field, absl::string_view value);
  static FieldError Forbidden(absl::string_view field, absl::string_view detail);
  static FieldError TooLong(absl::string_view field, int max_length);
  static FieldError TooMany(absl::string_view field, int actual, int max);
};
using FieldErrors = std::vector<FieldError>;

struct ResourceInfo;

absl::Status NotFound(const ResourceInfo& resource, absl::string_view name);
absl::Status AlreadyExists(const ResourceInfo& resource, absl::string_view name);
// The standard stale-write text unless `detail` says otherwise.
absl::Status Conflict(const ResourceInfo& resource, absl::string_view name, absl::string_view detail = "");
// 422 with one cause per error. `errors` must not be empty.
absl::Status Invalid(const ResourceInfo& resource, absl::string_view name, const FieldErrors& errors);
absl::Status BadRequest(absl::string_view message);
absl::Status Unauthorized(absl::string_view message);
absl::Status Forbidden(const ResourceInfo& resource, absl::string_view name, absl::string_view detail);
// User "x" cannot get resource "pods" in API group "" in the namespace "default" / at the cluster scope.
struct AccessAttempt {
  std::string user, verb, group, resource, subresource, name_space, name;
  std::string reason = {};  // added when there is one
};
absl::Status ForbiddenAccess(const AccessAttempt& attempt);
absl::Status MethodNotSupported(const ResourceInfo& resource, absl::string_view verb);
absl::Status UnknownResource();  // the server could not find the requested resource
absl::Status Expired(absl::string_view message);
absl::Status TooLargeRequest(absl::string_view message);  // adds "Request entity too large: "
// What the body of a request, and an object made from it, may have.
inline constexpr size_t kMaxRequestBytes = 3 << 20;
// TooLargeRequest for more.
absl::Status CheckRequestSize(size_t bytes);
absl::Status TooManyRequests(absl::string_view message, int retry_after_seconds);
absl::Status InternalError(absl::string_view message);  // adds "Internal error occurred: "
absl::Status ServerTimeout(absl::string_view message, int retry_after_seconds);
absl::Status ServiceUnavailable(absl::string_view message);
absl::Status Timeout(absl::string_view message);  // adds "Timeout: "

// Made by the constructors above or read from the wire, as opposed to a failure on the client's side.
bool IsApiError(const absl::Status& status);
// Call these with their namespace (api::IsNotFound): absl has functions of the same names, which look at the code only.
bool IsNotFound(const absl::Status& status);
bool IsAlreadyExists(const absl::Status& status);
bool IsConflict(const absl::Status& status);
bool IsInvalid(const absl::Status& status);
bool IsForbidden(const absl::Status& status);
bool IsUnauthorized(const absl::Status& status);
bool IsExpired(const absl::Status& status);  // reasons Expired and Gone
// A create refused because the namespace is being deleted (cause NamespaceTerminating).
bool IsNamespaceTerminating(const absl::Status& status);
// Connection-level failures and overload: worth another try.
bool IsRetryable(const absl::Status& status);

// The wire form. A status without payload becomes InternalError (or the reason that fits its code).
k8s::meta::v1::Status ToApiStatus(const absl::Status& status);
absl::Status FromApiStatus(const k8s::meta::v1::Status& status);
// Adds a cause to an API error (e.g. NamespaceTerminating).
absl::Status WithCause(const absl::Status& status, absl::string_view type, absl::string_view field,
                       absl::string_view message);

}  // namespace kubelite::api
