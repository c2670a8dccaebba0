#include "common/api/errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/api/scheme.h"
#include "common/base/status_macros.h"
#include "k8s/apps/v1.pb.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::api {
namespace {

using ::k8s::meta::v1::Status;

const ResourceInfo& Pods() { return ResourceOf<k8s::core::v1::Pod>(); }
const ResourceInfo& Deployments() { return ResourceOf<k8s::apps::v1::Deployment>(); }

struct Golden {
  absl::Status status;
  int http;
  const char* reason;
  absl::StatusCode code;
  const char* message;
  const char* kind;  // details
  const char* name;
};

std::vector<Golden> Table() {
  AccessAttempt in_namespace{"bob", "get", "apps", "deployments", "scale", "default", "web"};
  AccessAttempt cluster{"bob", "list", "", "nodes", "", "", ""};
  return {
      {NotFound(Pods(), "a"), 404, "NotFound", absl::StatusCode::kNotFound, "pods \"a\" not found", "pods", "a"},
      {NotFound(Deployments(), "a"), 404, "NotFound", absl::StatusCode::kNotFound, "deployments.apps \"a\" not found",
       "deployments", "a"},
      {AlreadyExists(Pods(), "a"), 409, "AlreadyExists", absl::StatusCode::kAlreadyExists, "pods \"a\" already exists",
       "pods", "a"},
      {Conflict(Deployments(), "a"), 409, "Conflict", absl::StatusCode::kAborted,
       "Operation cannot be fulfilled on deployments.apps \"a\": the object has been modified; please apply your "
       "changes "
       "to the latest version and try again",
       "deployments", "a"},
      {Conflict(Pods(), "a", "uid differs"), 409, "Conflict", absl::StatusCode::kAborted,
       "Operation cannot be fulfilled on pods \"a\": uid differs", "pods", "a"},
      {Forbidden(Pods(), "a", "no"), 403, "Forbidden", absl::StatusCode::kPermissionDenied,
       "pods \"a\" is forbidden: no", "pods", "a"},
      {ForbiddenAccess(in_namespace), 403, "Forbidden", absl::StatusCode::kPermissionDenied,
       "deployments.apps \"web\" is forbidden: User \"bob\" cannot get resource \"deployments/scale\" in API group "
       "\"apps\" in the namespace \"default\"",
       "deployments", "web"},
      {ForbiddenAccess(cluster), 403, "Forbidden", absl::StatusCode::kPermissionDenied,
       "nodes is forbidden: User \"bob\" cannot list resource \"nodes\" in API group \"\" at the cluster scope",
       "nodes", ""},
      {MethodNotSupported(Deployments(), "delete"), 405, "MethodNotAllowed", absl::StatusCode::kUnimplemented,
       "delete is not supported on resources of kind \"deployments.apps\"", "deployments", ""},
      {UnknownResource(), 404, "NotFound", absl::StatusCode::kNotFound,
       "the server could not find the requested resource", "", ""},
      {BadRequest("bad"), 400, "BadRequest", absl::StatusCode::kInvalidArgument, "bad", "", ""},
      {Unauthorized(""), 401, "Unauthorized", absl::StatusCode::kUnauthenticated, "Unauthorized", "", ""},
      {Expired("too old resource version: 1 (2)"), 410, "Expired", absl::StatusCode::kOutOfRange,
       "too old resource version: 1 (2)", "", ""},
      {TooLargeRequest("limit is 3145728"), 413, "RequestEntityTooLarge", absl::StatusCode::kInvalidArgument,
       "Request entity too large: limit is 3145728", "", ""},
      {CheckRequestSize(kMaxRequestBytes + 1), 413, "RequestEntityTooLarge", absl::StatusCode::kInvalidArgument,
       "Request entity too large: limit is 3145728 bytes, this has 3145729", "", ""},
      {TooManyRequests("wait", 7), 429, "TooManyRequests", absl::StatusCode::kResourceExhausted, "wait", "", ""},
      {InternalError("oops"), 500, "InternalError", absl::StatusCode::kInternal, "Internal error occurred: oops", "",
       ""},
      {ServerTimeout("later", 2), 500, "ServerTimeout", absl::StatusCode::kUnavailable, "later", "", ""},
      {ServiceUnavailable("down"), 503, "ServiceUnavailable", absl::StatusCode::kUnavailable, "down", "", ""},
      {Timeout("slow"), 504, "Timeout", absl::StatusCode::kDeadlineExceeded, "Timeout: slow", "", ""},
  };
}

TEST(Errors, Golden) {
  for (const Golden& row : Table()) {
    SCOPED_TRACE(row.message);
    const Status status = ToApiStatus(row.status);
    EXPECT_EQ(row.status.code(), row.code);
    EXPECT_EQ(row.status.message(), row.message);
    EXPECT_EQ(status.status(), "Failure");
    EXPECT_EQ(status.message(), row.message);
    EXPECT_EQ(status.reason(), row.reason);
    EXPECT_EQ(status.code(), row.http);
    EXPECT_EQ(status.details().kind(), row.kind);
    EXPECT_EQ(status.details().name(), row.name);
    const absl::Status back = FromApiStatus(status);
    EXPECT_EQ(back, row.status);
  }
  EXPECT_EQ(ToApiStatus(TooManyRequests("wait", 7)).details().retryafterseconds(), 7);
  EXPECT_EQ(ToApiStatus(InternalError("oops")).details().causes(0).message(), "oops");
  EXPECT_EQ(ToApiStatus(absl::OkStatus()).status(), "Success");
  EXPECT_TRUE(FromApiStatus(ToApiStatus(absl::OkStatus())).ok());
}

TEST(Errors, OneFieldError) {
  const absl::Status status = Invalid(
      Deployments(), "x", {FieldError::InvalidNumber("spec.replicas", -1, "must be greater than or equal to 0")});
  EXPECT_TRUE(IsInvalid(status));
  const Status api = ToApiStatus(status);
  EXPECT_EQ(api.message(),
            "Deployment.apps \"x\" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0");
  EXPECT_EQ(api.code(), 422);
  EXPECT_EQ(api.details().kind(), "Deployment");
  EXPECT_EQ(api.details().group(), "apps");
  ASSERT_EQ(api.details().causes_size(), 1);
  EXPECT_EQ(api.details().causes(0).reason(), "FieldValueInvalid");
  EXPECT_EQ(api.details().causes(0).message(), "Invalid value: -1: must be greater than or equal to 0");
  EXPECT_EQ(api.details().causes(0).field(), "spec.replicas");
}

TEST(Errors, SeveralFieldErrorsWithoutRepetition) {
  const absl::Status status =
      Invalid(Pods(), "",
              {FieldError::Required("metadata.name", "name or generateName is required"),
               FieldError::Required("spec.containers", ""), FieldError::Required("spec.containers", "")});
  EXPECT_EQ(status.message(),
            "Pod \"\" is invalid: [metadata.name: Required value: name or generateName is required, spec.containers: "
            "Required value]");
}

TEST(Errors, FieldErrorTexts) {
  EXPECT_EQ(FieldError::Invalid("a", "x\"y", "bad").ToString(), "a: Invalid value: \"x\\\"y\": bad");
  EXPECT_EQ(FieldError::NotSupported("a", "x", {"A", "B"}).ToString(),
            "a: Unsupported value: \"x\": supported values: \"A\", \"B\"");
  EXPECT_EQ(FieldError::Duplicate("a", "x").ToString(), "a: Duplicate value: \"x\"");
  EXPECT_EQ(FieldError::Forbidden("a", "field is immutable").ToString(), "a: Forbidden: field is immutable");
  EXPECT_EQ(FieldError::TooLong("a", 63).ToString(), "a: Too long: may not be more than 63 bytes");
  EXPECT_EQ(FieldError::TooMany("a", 3, 1).ToString(), "a: Too many: 3: must have at most 1 item");
  EXPECT_EQ(FieldError::TooMany("a", 9, 4).ToString(), "a: Too many: 9: must have at most 4 items");
}

TEST(Errors, Predicates) {
  EXPECT_TRUE(api::IsNotFound(NotFound(Pods(), "a")));
  EXPECT_TRUE(api::IsNotFound(absl::NotFoundError("x")));
  EXPECT_FALSE(api::IsNotFound(absl::OkStatus()));
  EXPECT_TRUE(api::IsAlreadyExists(AlreadyExists(Pods(), "a")));
  EXPECT_TRUE(IsConflict(Conflict(Pods(), "a")));
  EXPECT_FALSE(IsInvalid(BadRequest("x")));
  EXPECT_TRUE(IsForbidden(Forbidden(Pods(), "a", "b")));
  EXPECT_TRUE(IsUnauthorized(Unauthorized("x")));
  EXPECT_TRUE(IsExpired(Expired("x")));
  Status gone;
  gone.set_reason("Gone");
  EXPECT_TRUE(IsExpired(FromApiStatus(gone)));
  for (const absl::Status& status :
       {ServiceUnavailable("x"), ServerTimeout("x", 1), TooManyRequests("x", 1), Timeout("x"),
        absl::UnavailableError("connection refused"), absl::DeadlineExceededError("late")}) {
    EXPECT_TRUE(IsRetryable(status)) << status;
  }
  for (const absl::Status& status : {BadRequest("x"), InternalError("x"), Conflict(Pods(), "a"), absl::OkStatus()}) {
    EXPECT_FALSE(IsRetryable(status)) << status;
  }
}

TEST(Errors, Causes) {
  const absl::Status status =
      WithCause(Forbidden(Pods(), "a", "unable to create new content in namespace n because it is being terminated"),
                "NamespaceTerminating", "metadata.namespace", "namespace n is being terminated");
  EXPECT_TRUE(IsNamespaceTerminating(status));
  EXPECT_TRUE(IsForbidden(status));
  EXPECT_FALSE(IsNamespaceTerminating(Forbidden(Pods(), "a", "x")));
  EXPECT_EQ(ToApiStatus(status).details().causes(0).field(), "metadata.namespace");
}

TEST(Errors, PlainStatusesGetTheReasonThatFitsTheirCode) {
  EXPECT_EQ(ToApiStatus(absl::InvalidArgumentError("x")).reason(), "BadRequest");
  EXPECT_EQ(ToApiStatus(absl::UnavailableError("x")).reason(), "ServiceUnavailable");
  const Status unknown = ToApiStatus(absl::UnknownError("x"));
  EXPECT_EQ(unknown.reason(), "InternalError");
  EXPECT_EQ(unknown.message(), "Internal error occurred: x");
  EXPECT_EQ(unknown.code(), 500);
}

TEST(Errors, ContextIsKept) {
  const absl::Status status = base::Annotate(NotFound(Pods(), "a"), "syncing x");
  EXPECT_TRUE(api::IsNotFound(status));
  EXPECT_EQ(ToApiStatus(status).message(), "syncing x: pods \"a\" not found");
}

TEST(Errors, AForeignReasonFallsBackToTheHttpCode) {
  Status status;
  status.set_status("Failure");
  status.set_reason("SomethingNew");
  status.set_code(409);
  EXPECT_EQ(FromApiStatus(status).code(), absl::StatusCode::kAlreadyExists);
  status.set_code(0);
  EXPECT_EQ(FromApiStatus(status).code(), absl::StatusCode::kUnknown);
}

}  // namespace
}  // namespace kubelite::api
