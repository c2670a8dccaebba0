#include "kubelet/pod/spec.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/api/testing/builders.h"

namespace kubelite::kubelet {
namespace {

using api::testing::MakePod;
using k8s::core::v1::Container;
using k8s::core::v1::Pod;

TEST(PodSpec, PullPolicyFollowsTheTag) {
  Container container;
  for (const auto& [image, policy] : std::map<std::string, std::string>{{"a", "Always"},
                                                                        {"a:latest", "Always"},
                                                                        {"a:1", "IfNotPresent"},
                                                                        {"r:5000/a", "Always"},
                                                                        {"a@sha256:00", "IfNotPresent"}}) {
    container.set_image(image);
    EXPECT_EQ(PullPolicy(container), policy) << image;
  }
  container.set_imagepullpolicy("Never");
  EXPECT_EQ(PullPolicy(container), "Never");
}

TEST(PodSpec, HashIgnoresResources) {
  Container a;
  a.set_name("c");
  Container b = a;
  (*b.mutable_resources()->mutable_limits())["cpu"].set_string("1");
  EXPECT_EQ(ContainerHash(a), ContainerHash(b));
  b.add_args("x");
  EXPECT_NE(ContainerHash(a), ContainerHash(b));
}

TEST(PodSpec, QosClasses) {
  Pod pod = MakePod("p").Build();
  EXPECT_EQ(QosClass(pod), "BestEffort");
  auto* resources = pod.mutable_spec()->mutable_containers(0)->mutable_resources();
  (*resources->mutable_limits())["cpu"].set_string("1");
  EXPECT_EQ(QosClass(pod), "Burstable");
  (*resources->mutable_limits())["memory"].set_string("1Gi");
  EXPECT_EQ(QosClass(pod), "Guaranteed");
  (*resources->mutable_requests())["memory"].set_string("1024Mi");
  EXPECT_EQ(QosClass(pod), "Guaranteed");
  (*resources->mutable_requests())["memory"].set_string("512Mi");
  EXPECT_EQ(QosClass(pod), "Burstable");
}

TEST(PodSpec, HostnameIsCutTo63) {
  EXPECT_EQ(Hostname(MakePod("p").Build()), "p");
  EXPECT_EQ(Hostname(MakePod(absl::StrCat(std::string(62, 'a'), "-b")).Build()), std::string(62, 'a'));
}

TEST(PodSpec, GracePrefersTheDeletions) {
  Pod pod = MakePod("p").Build();
  EXPECT_EQ(GracePeriod(pod), absl::Seconds(30));
  pod.mutable_spec()->set_terminationgraceperiodseconds(0);
  EXPECT_EQ(GracePeriod(pod), absl::ZeroDuration());
  pod.mutable_metadata()->set_deletiongraceperiodseconds(5);
  EXPECT_EQ(GracePeriod(pod), absl::Seconds(5));
}

}  // namespace
}  // namespace kubelite::kubelet
