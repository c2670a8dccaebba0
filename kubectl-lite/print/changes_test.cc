#include "kubectl-lite/print/changes.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "k8s/apps/v1.pb.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::cli {
namespace {

using k8s::apps::v1::Deployment;
using k8s::core::v1::Pod;

std::string Text(const api::Object& before, const api::Object& after, size_t width = 1000) {
  return ChangesText(ChangedFields(before, after), width);
}

Deployment MakeDeployment() {
  Deployment deployment;
  deployment.mutable_metadata()->set_name("hello");
  deployment.mutable_metadata()->set_resourceversion("5");
  deployment.mutable_spec()->set_replicas(3);
  auto* container = deployment.mutable_spec()->mutable_template_()->mutable_spec()->add_containers();
  container->set_name("app");
  container->set_image("hello:1");
  return deployment;
}

TEST(ChangesTest, FieldsAreNamedByTheirPaths) {
  const Deployment before = MakeDeployment();
  Deployment after = before;
  after.mutable_spec()->set_replicas(5);
  EXPECT_EQ(Text(before, after), "spec.replicas 3->5");
  after.mutable_spec()->set_paused(true);
  after.mutable_spec()->mutable_template_()->mutable_spec()->mutable_containers(0)->set_image("hello:2");
  EXPECT_EQ(Text(before, after),
            "spec.replicas 3->5, spec.template.spec.containers[app].image hello:1->hello:2, spec.paused <none>->true");
  EXPECT_EQ(Text(before, before), "");
}

TEST(ChangesTest, WhatEveryWriteTouchesIsLeftOut) {
  const Deployment before = MakeDeployment();
  Deployment after = before;
  after.mutable_metadata()->set_resourceversion("6");
  after.mutable_metadata()->set_generation(2);
  after.mutable_metadata()->add_managedfields()->set_manager("x");
  const std::string applied = "kubectl.kubernetes.io/last-applied-configuration";
  (*after.mutable_metadata()->mutable_annotations())[applied] = "{}";
  EXPECT_EQ(Text(before, after), "");
}

TEST(ChangesTest, MapsAndListsElementByElement) {
  Deployment before = MakeDeployment();
  (*before.mutable_metadata()->mutable_labels())["tier"] = "db";
  Deployment after = MakeDeployment();
  const std::string note = "example.com/note";
  (*after.mutable_metadata()->mutable_annotations())[note] = "hi";
  after.mutable_metadata()->add_finalizers("a/b");
  auto* container = after.mutable_spec()->mutable_template_()->mutable_spec()->add_containers();
  container->set_name("sidecar");
  container->set_image("proxy");
  EXPECT_EQ(Text(before, after),
            "spec.template.spec.containers[sidecar] <none>->{...}, metadata.labels.tier db-><none>, "
            "metadata.annotations[example.com/note] <none>->hi, metadata.finalizers <none>->[\"a/b\"]");
}

TEST(ChangesTest, SpecComesBeforeStatus) {
  Pod before;
  before.mutable_metadata()->set_name("p");
  before.mutable_status()->set_phase("Pending");
  auto* ready = before.mutable_status()->add_conditions();
  ready->set_type("Ready");
  ready->set_status("False");
  Pod after = before;
  after.mutable_status()->set_phase("Running");
  after.mutable_status()->mutable_conditions(0)->set_status("True");
  after.mutable_spec()->set_nodename("n1");
  EXPECT_EQ(Text(before, after).find("spec.nodeName <none>->n1, "), 0u) << Text(before, after);
  EXPECT_NE(Text(before, after).find("status.conditions[Ready].status False->True"), std::string::npos)
      << Text(before, after);
}

TEST(ChangesTest, TextsAreBounded) {
  k8s::core::v1::ConfigMap before;
  before.mutable_metadata()->set_name("m");
  k8s::core::v1::ConfigMap after = before;
  (*before.mutable_data())["k"] = "";
  (*after.mutable_data())["k"] = std::string(1000, 'x');
  EXPECT_LT(Text(before, after).size(), 70u);
  for (int i = 0; i < 100; ++i) (*after.mutable_data())[absl::StrCat("key", i)] = "v";
  const std::string text = Text(before, after, 80);
  EXPECT_LT(text.size(), 100u) << text;
  EXPECT_NE(text.find(" more"), std::string::npos) << text;
}

TEST(ChangesTest, ComparableYamlHasNoVersion) {
  const Deployment deployment = MakeDeployment();
  const auto yaml = ComparableYaml(deployment);
  ASSERT_TRUE(yaml.ok()) << yaml.status();
  EXPECT_EQ(yaml->find("resourceVersion"), std::string::npos) << *yaml;
  EXPECT_NE(yaml->find("replicas: 3"), std::string::npos) << *yaml;
}

}  // namespace
}  // namespace kubelite::cli
