#include "common/api/testing/builders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/api/testing/proto_matchers.h"
#include "k8s/apimachinery/intstr.pb.h"
#include "k8s/apimachinery/resource.pb.h"

namespace kubelite::api::testing {
namespace {

using ::testing::Not;

TEST(Builders, Pod) {
  const auto pod = MakePod("p")
                       .Namespace("ns")
                       .Labels({{"a", "b"}})
                       .Node("n")
                       .Ready()
                       .Image("x:2")
                       .Requests({{"cpu", "100m"}})
                       .Tolerate("k", "NoSchedule")
                       .Ip("10.0.0.1")
                       .With([](auto* p) { p->mutable_spec()->set_hostname("h"); })
                       .Build();
  EXPECT_EQ(pod.metadata().namespace_(), "ns");
  EXPECT_EQ(pod.metadata().labels().at("a"), "b");
  EXPECT_EQ(pod.spec().nodename(), "n");
  EXPECT_EQ(pod.spec().hostname(), "h");
  EXPECT_EQ(pod.spec().containers(0).image(), "x:2");
  EXPECT_EQ(pod.spec().containers(0).resources().requests().at("cpu").string(), "100m");
  EXPECT_EQ(pod.status().phase(), "Running");
  EXPECT_EQ(pod.status().conditions(0).type(), "Ready");
  EXPECT_EQ(pod.status().podips(0).ip(), "10.0.0.1");
}

TEST(Builders, NodeAndWorkloads) {
  EXPECT_EQ(MakeNode("n").Build().status().allocatable().at("cpu").string(), "4");
  const auto set = MakeReplicaSet("r").Replicas(2).Status(2, 1, 1).Build();
  EXPECT_EQ(set.spec().selector().matchlabels().at("app"), "r");
  EXPECT_EQ(set.spec().template_().metadata().labels().at("app"), "r");
  EXPECT_EQ(set.status().readyreplicas(), 1);
  const auto deployment = MakeDeployment("d").RollingUpdate("1", "50%").Build();
  EXPECT_EQ(deployment.spec().strategy().rollingupdate().maxsurge().intval(), 1);
  EXPECT_EQ(deployment.spec().strategy().rollingupdate().maxunavailable().strval(), "50%");
  EXPECT_EQ(MakeDeployment("d").Recreate().Build().spec().strategy().type(), "Recreate");
}

TEST(Matchers, EqualsProto) {
  const auto pod = MakePod("p").Build();
  EXPECT_THAT(pod, EqualsProto(MakePod("p").Build()));
  EXPECT_THAT(pod, Not(EqualsProto(MakePod("q").Build())));
  EXPECT_THAT(pod, Not(EqualsProto(MakeNode("p").Build())));
  EXPECT_THAT(ProtoDifference(MakePod("q").Build(), pod),
              ::testing::HasSubstr("modified: metadata.name: \"q\" -> \"p\""));
}

}  // namespace
}  // namespace kubelite::api::testing
