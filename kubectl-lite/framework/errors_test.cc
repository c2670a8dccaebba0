#include "kubectl-lite/framework/errors.h"

#include <gtest/gtest.h>

#include "common/api/errors.h"
#include "common/api/scheme.h"
#include "k8s/apps/v1.pb.h"

namespace kubelite::cli {
namespace {

const api::ResourceInfo& Deployments() { return api::ResourceOf<k8s::apps::v1::Deployment>(); }

TEST(ErrorTextTest, ServerErrors) {
  EXPECT_EQ(ErrorText(api::NotFound(Deployments(), "x")),
            "Error from server (NotFound): deployments.apps \"x\" not found");
  EXPECT_EQ(ErrorText(api::AlreadyExists(Deployments(), "x"), "a.yaml:3"),
            "Error from server (AlreadyExists): a.yaml:3: deployments.apps \"x\" already exists");
}

TEST(ErrorTextTest, InvalidObjectsHaveALinePerField) {
  const absl::Status status =
      api::Invalid(Deployments(), "x",
                   {api::FieldError::InvalidNumber("spec.replicas", -1, "must be greater than or equal to 0"),
                    api::FieldError::Required("spec.selector", "")});
  EXPECT_EQ(ErrorText(status, "a.yaml:1"),
            "a.yaml:1: The Deployment \"x\" is invalid: spec.replicas: Invalid value: -1: must be greater than or "
            "equal to 0\n"
            "a.yaml:1: The Deployment \"x\" is invalid: spec.selector: Required value");
}

TEST(ErrorTextTest, OwnErrors) {
  EXPECT_EQ(ErrorText(absl::InvalidArgumentError("no")), "error: no");
  EXPECT_EQ(ErrorText(absl::InvalidArgumentError("a\nb")), "error: a\nerror: b");
}

TEST(ErrorTextTest, AServerThatDoesNotAnswerHasARemedy) {
  const std::string text = ErrorText(absl::UnavailableError("cannot reach the API server at x"));
  EXPECT_EQ(text.find("error: cannot reach the API server at x; 'kubectl-lite status'"), 0U) << text;
}

}  // namespace
}  // namespace kubelite::cli
