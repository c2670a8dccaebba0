#include "common/api/errors.h"

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/api/field_error_text.h"
#include "common/api/go_quote.h"
#include "common/api/scheme.h"
#include "common/base/check.h"
#include "k8s/meta/v1.pb.h"

namespace kubelite::api {

using ::k8s::meta::v1::Status;
using ::k8s::meta::v1::StatusDetails;

namespace {

constexpr char kPayloadUrl[] = "type.k8s.io/k8s.meta.v1.Status";
constexpr char kNamespaceTerminating[] = "NamespaceTerminating";

struct ReasonRow {
  const char* reason;
  int http;
  absl::StatusCode code;
  bool retryable;
};

// The one place that relates reasons, HTTP codes and absl codes. A code without a reason maps to the first row that has
// it.
constexpr ReasonRow kReasons[] = {
    {"BadRequest", 400, absl::StatusCode::kInvalidArgument, false},
    {"Invalid", 422, absl::StatusCode::kInvalidArgument, false},
    {"RequestEntityTooLarge", 413, absl::StatusCode::kInvalidArgument, false},
    {"NotAcceptable", 406, absl::StatusCode::kInvalidArgument, false},
    {"UnsupportedMediaType", 415, absl::StatusCode::kInvalidArgument, false},
    {"Unauthorized", 401, absl::StatusCode::kUnauthenticated, false},
    {"Forbidden", 403, absl::StatusCode::kPermissionDenied, false},
    {"NotFound", 404, absl::StatusCode::kNotFound, false},
    {"MethodNotAllowed", 405, absl::StatusCode::kUnimplemented, false},
    {"AlreadyExists", 409, absl::StatusCode::kAlreadyExists, false},
    {"Conflict", 409, absl::StatusCode::kAborted, false},
    {"Expired", 410, absl::StatusCode::kOutOfRange, false},
    {"Gone", 410, absl::StatusCode::kOutOfRange, false},
    {"TooManyRequests", 429, absl::StatusCode::kResourceExhausted, true},
    {"InternalError", 500, absl::StatusCode::kInternal, false},
    {"StorageReadError", 500, absl::StatusCode::kDataLoss, false},
    {"ServiceUnavailable", 503, absl::StatusCode::kUnavailable, true},
    {"ServerTimeout", 500, absl::StatusCode::kUnavailable, true},
    {"Timeout", 504, absl::StatusCode::kDeadlineExceeded, true},
};

const ReasonRow* RowOf(absl::string_view reason) {
  for (const ReasonRow& row : kReasons) {
    if (reason == row.reason) return &row;
  }
  return nullptr;
}

const ReasonRow* RowOf(absl::StatusCode code) {
  for (const ReasonRow& row : kReasons) {
    if (code == row.code) return &row;
  }
  return nullptr;
}

absl::StatusCode CodeOf(const Status& status) {
  if (const ReasonRow* row = RowOf(status.reason())) return row->code;
  for (const ReasonRow& row : kReasons) {
    if (status.code() == row.http) return row.code;
  }
  return absl::StatusCode::kUnknown;
}

absl::Status WithPayload(const Status& status) {
  absl::Status result(CodeOf(status), status.message());
  result.SetPayload(kPayloadUrl, absl::Cord(status.SerializeAsString()));
  return result;
}

Status MakeStatus(const char* reason, std::string message) {
  const ReasonRow* row = RowOf(reason);
  CHECK(row != nullptr);
  Status status;
  status.set_status("Failure");
  status.set_message(std::move(message));
  status.set_reason(row->reason);
  status.set_code(row->http);
  return status;
}

absl::Status Plain(const char* reason, std::string message) {
  return WithPayload(MakeStatus(reason, std::move(message)));
}

absl::Status About(const char* reason, const ResourceInfo& resource, absl::string_view name, std::string message) {
  Status status = MakeStatus(reason, std::move(message));
  StatusDetails* details = status.mutable_details();
  if (!name.empty()) details->set_name(std::string(name));
  if (!resource.gvk.group.empty()) details->set_group(resource.gvk.group);
  details->set_kind(resource.plural);
  return WithPayload(status);
}

absl::Status WithRetryAfter(const char* reason, std::string message, int retry_after_seconds) {
  Status status = MakeStatus(reason, std::move(message));
  if (retry_after_seconds > 0) status.mutable_details()->set_retryafterseconds(retry_after_seconds);
  return WithPayload(status);
}

bool PayloadOf(const absl::Status& status, Status* out) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kPayloadUrl);
  return payload.has_value() && out->ParseFromString(std::string(*payload));
}

bool HasReason(const absl::Status& status, absl::string_view reason) {
  if (status.ok()) return false;
  Status payload;
  if (PayloadOf(status, &payload)) return payload.reason() == reason;
  const ReasonRow* row = RowOf(status.code());
  return row != nullptr && reason == row->reason;
}

std::string QuotedName(const ResourceInfo& resource, absl::string_view name) {
  return absl::StrCat(resource.GroupResource(), " ", GoQuote(name));
}

}  // namespace

absl::Status NotFound(const ResourceInfo& resource, absl::string_view name) {
  return About("NotFound", resource, name, absl::StrCat(QuotedName(resource, name), " not found"));
}

absl::Status AlreadyExists(const ResourceInfo& resource, absl::string_view name) {
  return About("AlreadyExists", resource, name, absl::StrCat(QuotedName(resource, name), " already exists"));
}

absl::Status Conflict(const ResourceInfo& resource, absl::string_view name, absl::string_view detail) {
  if (detail.empty()) {
    detail = "the object has been modified; please apply your changes to the latest version and try again";
  }
  return About("Conflict", resource, name,
               absl::StrCat("Operation cannot be fulfilled on ", QuotedName(resource, name), ": ", detail));
}

absl::Status Invalid(const ResourceInfo& resource, absl::string_view name, const FieldErrors& errors) {
  CHECK(!errors.empty());
  const std::string& group = resource.gvk.group;
  Status status = MakeStatus("Invalid", "");
  StatusDetails* details = status.mutable_details();
  if (!name.empty()) details->set_name(std::string(name));
  if (!group.empty()) details->set_group(group);
  details->set_kind(resource.gvk.kind);
  std::vector<std::string> texts;
  for (const FieldError& error : errors) {
    std::string text = error.ToString();
    if (std::find(texts.begin(), texts.end(), text) == texts.end()) texts.push_back(std::move(text));
    auto* cause = details->add_causes();
    cause->set_reason(std::string(CauseReason(error.type)));
    cause->set_message(ErrorBody(error));
    cause->set_field(error.field);
  }
  const std::string all = texts.size() == 1 ? texts[0] : absl::StrCat("[", absl::StrJoin(texts, ", "), "]");
  status.set_message(
      absl::StrCat(resource.gvk.kind, group.empty() ? "" : ".", group, " ", GoQuote(name), " is invalid: ", all));
  return WithPayload(status);
}

absl::Status BadRequest(absl::string_view message) { return Plain("BadRequest", std::string(message)); }

absl::Status Unauthorized(absl::string_view message) {
  return Plain("Unauthorized", message.empty() ? "Unauthorized" : std::string(message));
}

absl::Status Forbidden(const ResourceInfo& resource, absl::string_view name, absl::string_view detail) {
  const std::string what = name.empty() ? resource.GroupResource() : QuotedName(resource, name);
  return About("Forbidden", resource, name, absl::StrCat(what, " is forbidden: ", detail));
}

absl::Status ForbiddenAccess(const AccessAttempt& attempt) {
  const std::string full =
      attempt.subresource.empty() ? attempt.resource : absl::StrCat(attempt.resource, "/", attempt.subresource);
  std::string message = attempt.resource;
  if (!attempt.group.empty()) absl::StrAppend(&message, ".", attempt.group);
  if (!attempt.name.empty()) absl::StrAppend(&message, " ", GoQuote(attempt.name));
  absl::StrAppend(&message, " is forbidden: User ", GoQuote(attempt.user), " cannot ", attempt.verb, " resource ",
                  GoQuote(full), " in API group ", GoQuote(attempt.group));
  if (attempt.name_space.empty()) {
    absl::StrAppend(&message, " at the cluster scope");
  } else {
    absl::StrAppend(&message, " in the namespace ", GoQuote(attempt.name_space));
  }
  if (!attempt.reason.empty()) absl::StrAppend(&message, ": ", attempt.reason);
  Status status = MakeStatus("Forbidden", std::move(message));
  StatusDetails* details = status.mutable_details();
  if (!attempt.name.empty()) details->set_name(attempt.name);
  if (!attempt.group.empty()) details->set_group(attempt.group);
  details->set_kind(attempt.resource);
  return WithPayload(status);
}

absl::Status MethodNotSupported(const ResourceInfo& resource, absl::string_view verb) {
  return About("MethodNotAllowed", resource, "",
               absl::StrCat(verb, " is not supported on resources of kind ", GoQuote(resource.GroupResource())));
}

absl::Status UnknownResource() { return Plain("NotFound", "the server could not find the requested resource"); }

absl::Status Expired(absl::string_view message) { return Plain("Expired", std::string(message)); }

absl::Status TooLargeRequest(absl::string_view message) {
  return Plain("RequestEntityTooLarge", absl::StrCat("Request entity too large: ", message));
}

absl::Status CheckRequestSize(size_t bytes) {
  if (bytes <= kMaxRequestBytes) return absl::OkStatus();
  return TooLargeRequest(absl::StrCat("limit is ", kMaxRequestBytes, " bytes, this has ", bytes));
}

absl::Status TooManyRequests(absl::string_view message, int retry_after_seconds) {
  return WithRetryAfter("TooManyRequests", std::string(message), retry_after_seconds);
}

absl::Status InternalError(absl::string_view message) {
  Status status = MakeStatus("InternalError", absl::StrCat("Internal error occurred: ", message));
  status.mutable_details()->add_causes()->set_message(std::string(message));
  return WithPayload(status);
}

absl::Status ServerTimeout(absl::string_view message, int retry_after_seconds) {
  return WithRetryAfter("ServerTimeout", std::string(message), retry_after_seconds);
}

absl::Status ServiceUnavailable(absl::string_view message) { return Plain("ServiceUnavailable", std::string(message)); }

absl::Status Timeout(absl::string_view message) { return Plain("Timeout", absl::StrCat("Timeout: ", message)); }

bool IsApiError(const absl::Status& status) { return status.GetPayload(kPayloadUrl).has_value(); }
bool IsNotFound(const absl::Status& status) { return HasReason(status, "NotFound"); }
bool IsAlreadyExists(const absl::Status& status) { return HasReason(status, "AlreadyExists"); }
bool IsConflict(const absl::Status& status) { return HasReason(status, "Conflict"); }
bool IsInvalid(const absl::Status& status) { return HasReason(status, "Invalid"); }
bool IsForbidden(const absl::Status& status) { return HasReason(status, "Forbidden"); }
bool IsUnauthorized(const absl::Status& status) { return HasReason(status, "Unauthorized"); }
bool IsExpired(const absl::Status& status) { return HasReason(status, "Expired") || HasReason(status, "Gone"); }

bool IsNamespaceTerminating(const absl::Status& status) {
  Status payload;
  if (!PayloadOf(status, &payload)) return false;
  for (const auto& cause : payload.details().causes()) {
    if (cause.reason() == kNamespaceTerminating) return true;
  }
  return false;
}

bool IsRetryable(const absl::Status& status) {
  for (const ReasonRow& row : kReasons) {
    if (row.retryable && HasReason(status, row.reason)) return true;
  }
  return false;
}

Status ToApiStatus(const absl::Status& status) {
  Status result;
  if (status.ok()) {
    result.set_status("Success");
    return result;
  }
  if (PayloadOf(status, &result)) {
    result.set_message(std::string(status.message()));
    return result;
  }
  const ReasonRow* row = RowOf(status.code());
  if (row == nullptr || row->code == absl::StatusCode::kInternal) {
    PayloadOf(api::InternalError(status.message()), &result);
    return result;
  }
  return MakeStatus(row->reason, std::string(status.message()));
}

absl::Status FromApiStatus(const Status& status) {
  return status.status() == "Success" ? absl::OkStatus() : WithPayload(status);
}

absl::Status WithCause(const absl::Status& status, absl::string_view type, absl::string_view field,
                       absl::string_view message) {
  if (status.ok()) return status;
  Status api_status = ToApiStatus(status);
  auto* cause = api_status.mutable_details()->add_causes();
  cause->set_reason(std::string(type));
  cause->set_field(std::string(field));
  cause->set_message(std::string(message));
  return WithPayload(api_status);
}

}  // namespace kubelite::api
