#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/base/thread_pool.h"
#include "kubectl-lite/commands/rollout_history.h"
#include "kubectl-lite/commands/rollout_status.h"
#include "kubectl-lite/commands/testing/command_line.h"

namespace kubelite::cli {
namespace {

using k8s::apps::v1::Deployment;
using k8s::apps::v1::ReplicaSet;

constexpr char kRevision[] = "deployment.kubernetes.io/revision";

Deployment Hello(int updated, int replicas, int available) {
  Deployment deployment;
  deployment.mutable_metadata()->set_name("hello");
  deployment.mutable_metadata()->set_namespace_("default");
  deployment.mutable_metadata()->set_uid("uid-hello");
  deployment.mutable_metadata()->set_generation(2);
  (*deployment.mutable_metadata()->mutable_annotations())[kRevision] = "2";
  deployment.mutable_spec()->set_replicas(3);
  (*deployment.mutable_spec()->mutable_selector()->mutable_matchlabels())["app"] = "hello";
  deployment.mutable_spec()->mutable_template_()->mutable_spec()->add_containers()->set_image("hello:2");
  deployment.mutable_status()->set_observedgeneration(2);
  deployment.mutable_status()->set_updatedreplicas(updated);
  deployment.mutable_status()->set_replicas(replicas);
  deployment.mutable_status()->set_availablereplicas(available);
  return deployment;
}

ReplicaSet Revision(int revision, const std::string& cause = "") {
  ReplicaSet set;
  set.mutable_metadata()->set_name(absl::StrCat("hello-", revision));
  set.mutable_metadata()->set_namespace_("default");
  (*set.mutable_metadata()->mutable_labels())["app"] = "hello";
  (*set.mutable_metadata()->mutable_annotations())[kRevision] = absl::StrCat(revision);
  if (!cause.empty()) (*set.mutable_metadata()->mutable_annotations())["kubernetes.io/change-cause"] = cause;
  auto* owner = set.mutable_metadata()->add_ownerreferences();
  owner->set_uid("uid-hello");
  owner->set_controller(true);
  auto* pod_template = set.mutable_spec()->mutable_template_();
  (*pod_template->mutable_metadata()->mutable_labels())["pod-template-hash"] = "x";
  pod_template->mutable_spec()->add_containers()->set_image(absl::StrCat("hello:", revision));
  return set;
}

std::string Text(const Deployment& deployment) { return ProgressOf(deployment, 0)->text; }

TEST(RolloutStatusTest, WordsOfEachStage) {
  EXPECT_EQ(Text(Hello(1, 4, 3)),
            "Waiting for deployment \"hello\" rollout to finish: 1 out of 3 new replicas have been updated...");
  EXPECT_EQ(Text(Hello(3, 4, 3)),
            "Waiting for deployment \"hello\" rollout to finish: 1 old replicas are pending termination...");
  EXPECT_EQ(Text(Hello(3, 3, 2)),
            "Waiting for deployment \"hello\" rollout to finish: 2 of 3 updated replicas are available...");
  EXPECT_EQ(Text(Hello(3, 3, 3)), "deployment \"hello\" successfully rolled out");
  EXPECT_TRUE(ProgressOf(Hello(3, 3, 3), 0)->done);
  Deployment unseen = Hello(3, 3, 3);
  unseen.mutable_metadata()->set_generation(3);
  EXPECT_EQ(Text(unseen), "Waiting for deployment spec update to be observed...");
  EXPECT_FALSE(ProgressOf(unseen, 0)->done);
}

TEST(RolloutStatusTest, Failures) {
  Deployment stuck = Hello(1, 4, 3);
  auto* condition = stuck.mutable_status()->add_conditions();
  condition->set_type("Progressing");
  condition->set_reason("ProgressDeadlineExceeded");
  EXPECT_EQ(ProgressOf(stuck, 0).status().message(), "deployment \"hello\" exceeded its progress deadline");
  EXPECT_EQ(ProgressOf(Hello(3, 3, 3), 5).status().message(),
            "desired revision (5) is different from the running revision (2)");
  EXPECT_TRUE(ProgressOf(Hello(3, 3, 3), 2).ok());
}

class RolloutTest : public testing::Test {
 protected:
  void SeedAll() {
    line_.client().Seed(Hello(3, 3, 3));
    line_.client().Seed(Revision(1, "the first"));
    line_.client().Seed(Revision(2));
    ReplicaSet foreign = Revision(9);
    foreign.mutable_metadata()->clear_ownerreferences();
    line_.client().Seed(foreign);
  }
  Deployment Stored() { return **client::Get<Deployment>(line_.client(), {"default", "hello"}); }
  CommandLine line_;
};

TEST_F(RolloutTest, History) {
  SeedAll();
  EXPECT_EQ(line_.Run({"rollout", "history", "deployment/hello"}), 0) << line_.err();
  EXPECT_EQ(line_.out(), "deployment.apps/hello \nREVISION  CHANGE-CAUSE\n1         the first\n2         <none>\n\n");
  EXPECT_EQ(line_.Run({"rollout", "history", "deployment/hello", "--revision=1"}), 0);
  EXPECT_EQ(line_.out().find("deployment.apps/hello with revision #1\nPod Template:\n"), 0U) << line_.out();
  EXPECT_EQ(line_.Run({"rollout", "history", "deployment/hello", "--revision=7"}), 1);
  EXPECT_EQ(line_.err().find("error: unable to find specified revision 7 in history"), 0U) << line_.err();
}

TEST_F(RolloutTest, UndoTakesTheTemplateWithoutItsHash) {
  SeedAll();
  EXPECT_EQ(line_.Run({"rollout", "undo", "deployment/hello"}), 0) << line_.err();
  EXPECT_EQ(line_.out(), "deployment.apps/hello rolled back\n");
  EXPECT_EQ(Stored().spec().template_().spec().containers(0).image(), "hello:1");
  EXPECT_EQ(Stored().spec().template_().metadata().labels().count("pod-template-hash"), 0U);
  EXPECT_EQ(Stored().metadata().annotations().at(kRevision), "2");
  EXPECT_EQ(Stored().metadata().annotations().at("kubernetes.io/change-cause"), "the first");
  EXPECT_EQ(line_.Run({"rollout", "undo", "deployment/hello", "--to-revision=1"}), 0);
  EXPECT_EQ(line_.out(), "deployment.apps/hello skipped rollback (current template already matches revision 1)\n");
  EXPECT_EQ(line_.Run({"rollout", "undo", "deployment/hello", "--to-revision=5"}), 1);
}

TEST_F(RolloutTest, UndoNeedsAHistory) {
  line_.client().Seed(Hello(3, 3, 3));
  EXPECT_EQ(line_.Run({"rollout", "undo", "deployment/hello"}), 1);
  EXPECT_EQ(line_.err().find("error: no rollout history found"), 0U) << line_.err();
}

TEST_F(RolloutTest, PauseResumeRestart) {
  SeedAll();
  EXPECT_EQ(line_.Run({"rollout", "pause", "deployment/hello"}), 0);
  EXPECT_EQ(line_.out(), "deployment.apps/hello paused\n");
  EXPECT_EQ(line_.Run({"rollout", "pause", "deployment/hello"}), 1);
  EXPECT_EQ(line_.err(), "error: deployments.apps \"hello\" is already paused\n");
  EXPECT_EQ(line_.Run({"rollout", "restart", "deployment/hello"}), 1);
  EXPECT_EQ(line_.err(), "error: can't restart paused deployment (run rollout resume first)\n");
  EXPECT_EQ(line_.Run({"rollout", "undo", "deployment/hello"}), 1);
  EXPECT_EQ(line_.Run({"rollout", "resume", "deployment/hello"}), 0);
  EXPECT_EQ(line_.out(), "deployment.apps/hello resumed\n");
  EXPECT_EQ(line_.Run({"rollout", "restart", "deployment/hello"}), 0);
  EXPECT_EQ(line_.out(), "deployment.apps/hello restarted\n");
  EXPECT_EQ(Stored().spec().template_().metadata().annotations().at("kubectl.kubernetes.io/restartedAt"),
            "2030-01-01T00:00:00Z");
}

TEST_F(RolloutTest, OnlyDeployments) {
  EXPECT_EQ(line_.Run({"rollout", "status", "pod/x"}), 1);
  EXPECT_EQ(line_.err(), "error: rollout works on deployments, not on pods/x\n");
}

TEST(RolloutWaitTest, StatusFollowsUntilDone) {
  base::ThreadPool threads(2);
  CommandLine line(&threads);
  line.client().Seed(Hello(1, 4, 3));
  line.client().SetFault([&](const client::FakeClient::Call& call) {
    if (call.verb == "watch") threads.Post([&] { line.client().Seed(Hello(3, 3, 3)); });
    return absl::OkStatus();
  });
  EXPECT_EQ(line.Run({"rollout", "status", "deployment/hello", "--timeout=60s"}), 0) << line.err();
  EXPECT_EQ(line.out(),
            "Waiting for deployment \"hello\" rollout to finish: 1 out of 3 new replicas have been updated...\n"
            "deployment \"hello\" successfully rolled out\n");
}

}  // namespace
}  // namespace kubelite::cli
