#include "kubectl-lite/framework/errors.h"

#include <gtest/gtest.h>

#include "common/api/errors.h"
#include "common/api/scheme.h"
#include "common/base/certificates.h"
#include "k8s/apps/v1.pb.h"
#include "kubectl-lite/framework/unreachable.h"

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
  EXPECT_EQ(ErrorText(absl::UnavailableError("nobody at x"), "", "start it"), "error: nobody at x; start it");
  EXPECT_EQ(ErrorText(absl::InternalError("broken"), "", "start it"), "error: broken");
  EXPECT_EQ(ErrorText(api::ServiceUnavailable("busy"), "", "start it"), "Error from server (ServiceUnavailable): busy");
}

TEST(UnreachableHintTest, KnowsForeignCertificates) {
  const base::KeyPair ours = *base::CreateCertificateAuthority("ours", base::SystemClock());
  const base::KeyPair theirs = *base::CreateCertificateAuthority("theirs", base::SystemClock());
  client::GrpcClientOptions options;
  options.ca_pem = ours.certificate_pem;
  options.identity = *base::IssueCertificate(ours, {.common_name = "admin"}, base::SystemClock());
  const std::string start = UnreachableHint(options);
  EXPECT_NE(start.find("'kubectl-lite up'"), std::string::npos) << start;
  options.identity = *base::IssueCertificate(theirs, {.common_name = "admin"}, base::SystemClock());
  EXPECT_EQ(UnreachableHint(options),
            "the client certificate of \"admin\" is not signed by the certificate authority of the kubeconfig: use the "
            "kubeconfig of this cluster");
  options.identity.certificate_pem = "nonsense";
  EXPECT_EQ(UnreachableHint(options), start);
}

}  // namespace
}  // namespace kubelite::cli
