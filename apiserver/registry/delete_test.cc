#include "apiserver/registry/registry_fixture.h"

namespace kubelite::apiserver {
namespace {

using base::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class DeleteTest : public RegistryTest {
 protected:
  absl::StatusOr<ObjectPtr> DeletePod(const std::string& name, const client::DeleteOptions& options = {}) {
    return client_->Delete(ResourceOf<Pod>(), {"default", name}, options);
  }
  absl::StatusOr<ObjectPtr> DeleteMap(const client::DeleteOptions& options = {}) {
    return client_->Delete(ResourceOf<ConfigMap>(), {"default", "a"}, options);
  }
  std::vector<std::string> Finalizers() {
    const auto map = Get<ConfigMap>("a");
    if (!map.ok()) return {"(gone)"};
    return {(*map)->metadata().finalizers().begin(), (*map)->metadata().finalizers().end()};
  }
  static client::DeleteOptions Grace(int64_t seconds) { return {.grace_period_seconds = seconds}; }
};

TEST_F(DeleteTest, PlainObjectsGoAtOnce) {
  ASSERT_OK(Create(MakeConfigMap("a")));
  ASSERT_OK_AND_ASSIGN(const ObjectPtr deleted, DeleteMap());
  EXPECT_EQ(api::ResourceVersion(*deleted), server_.store().CurrentRevision());
  EXPECT_TRUE(api::IsNotFound(Get<ConfigMap>("a").status()));
  EXPECT_EQ(DeleteMap().status().message(), "configmaps \"a\" not found");
}

TEST_F(DeleteTest, PreconditionsMustHold) {
  ASSERT_OK_AND_ASSIGN(const auto map, Create(MakeConfigMap("a")));
  absl::Status status = DeleteMap({.preconditions = {.uid = "other"}}).status();
  EXPECT_TRUE(api::IsConflict(status));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("the UID in the precondition (other) does not match the UID in record"));
  status = DeleteMap({.preconditions = {.resource_version = "1"}}).status();
  EXPECT_TRUE(api::IsConflict(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("The object might have been modified"));
  EXPECT_OK(DeleteMap({.preconditions = {map->metadata().uid(), map->metadata().resourceversion()}}));
}

TEST_F(DeleteTest, ScheduledPodsGetTheirGracePeriod) {
  ASSERT_OK(Create(MakePod("p", "n1")));
  ASSERT_OK_AND_ASSIGN(const ObjectPtr pending, DeletePod("p"));
  EXPECT_EQ(api::FromProto(api::Meta(*pending).deletiontimestamp()), executor_.clock().Now() + absl::Seconds(30));
  EXPECT_EQ(api::Meta(*pending).deletiongraceperiodseconds(), 30);
  EXPECT_EQ(api::Meta(*pending).generation(), 2);
  // Again: nothing changes; only a shorter period does.
  ASSERT_OK_AND_ASSIGN(const ObjectPtr again, DeletePod("p"));
  EXPECT_EQ(api::Meta(*again).resourceversion(), api::Meta(*pending).resourceversion());
  ASSERT_OK_AND_ASSIGN(const ObjectPtr longer, DeletePod("p", Grace(60)));
  EXPECT_EQ(api::Meta(*longer).deletiongraceperiodseconds(), 30);
  ASSERT_OK_AND_ASSIGN(const ObjectPtr shorter, DeletePod("p", Grace(5)));
  EXPECT_EQ(api::Meta(*shorter).deletiongraceperiodseconds(), 5);
  EXPECT_EQ(api::FromProto(api::Meta(*shorter).deletiontimestamp()), executor_.clock().Now() + absl::Seconds(5));
  ASSERT_OK(DeletePod("p", Grace(0)));
  EXPECT_TRUE(api::IsNotFound(Get<Pod>("p").status()));
}

TEST_F(DeleteTest, UnscheduledAndFinishedPodsGoAtOnce) {
  ASSERT_OK(Create(MakePod("unscheduled")));
  ASSERT_OK(DeletePod("unscheduled"));
  ASSERT_OK_AND_ASSIGN(const auto pod, Create(MakePod("finished", "n1")));
  Pod finished = *pod;
  finished.mutable_status()->set_phase("Succeeded");
  ASSERT_OK(client::Update(*client_, finished, "status"));
  ASSERT_OK(DeletePod("finished"));
  EXPECT_THAT(Names<Pod>(), IsEmpty());
}

TEST_F(DeleteTest, FinalizersHoldTheObjectUntilTheLastIsRemoved) {
  ConfigMap map = MakeConfigMap("a");
  map.mutable_metadata()->add_finalizers("example.com/one");
  map.mutable_metadata()->add_finalizers("example.com/two");
  ASSERT_OK(Create(map));
  ASSERT_OK_AND_ASSIGN(const ObjectPtr pending, DeleteMap());
  EXPECT_EQ(api::FromProto(api::Meta(*pending).deletiontimestamp()), executor_.clock().Now());
  EXPECT_EQ(api::Meta(*pending).deletiongraceperiodseconds(), 0);

  ConfigMap change = static_cast<const ConfigMap&>(*pending);
  change.mutable_metadata()->add_finalizers("example.com/three");
  EXPECT_THAT(
      client::Update(*client_, change),
      StatusIs(absl::StatusCode::kInvalidArgument,
               "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found "
               "new finalizers []string{\"example.com/three\"}"));
  change = static_cast<const ConfigMap&>(*pending);
  api::RemoveFinalizer(&change, "example.com/one");
  ASSERT_OK_AND_ASSIGN(const auto one_left, client::Update(*client_, change));
  EXPECT_THAT(Finalizers(), ElementsAre("example.com/two"));
  change = *one_left;
  change.mutable_metadata()->clear_finalizers();
  ASSERT_OK(client::Update(*client_, change));
  EXPECT_THAT(Finalizers(), ElementsAre("(gone)"));
}

TEST_F(DeleteTest, GracefulPodsWithFinalizersWaitForBoth) {
  Pod pod = MakePod("p", "n1");
  pod.mutable_metadata()->add_finalizers("example.com/hold");
  ASSERT_OK(Create(pod));
  ASSERT_OK(DeletePod("p"));
  ASSERT_OK_AND_ASSIGN(const ObjectPtr pending, DeletePod("p", Grace(0)));
  EXPECT_EQ(api::Meta(*pending).deletiongraceperiodseconds(), 0);
  ASSERT_OK(client_->Patch(ResourceOf<Pod>(), {"default", "p"}, client::PatchType::kMerge,
                           R"({"metadata":{"finalizers":null}})"));
  EXPECT_TRUE(api::IsNotFound(Get<Pod>("p").status()));
}

TEST_F(DeleteTest, PropagationPolicyBecomesAFinalizer) {
  ASSERT_OK(Create(MakeConfigMap("a")));
  ASSERT_OK(DeleteMap({.propagation_policy = "Orphan"}));
  EXPECT_THAT(Finalizers(), ElementsAre("orphan"));
  ASSERT_OK(DeleteMap({.propagation_policy = "Foreground"}));
  EXPECT_THAT(Finalizers(), ElementsAre("foregroundDeletion"));
  ASSERT_OK(DeleteMap());
  EXPECT_THAT(Finalizers(), ElementsAre("foregroundDeletion"));
  ASSERT_OK(DeleteMap({.propagation_policy = "Background"}));
  EXPECT_THAT(Finalizers(), ElementsAre("(gone)"));
}

TEST_F(DeleteTest, UnknownPropagationPolicyIsRefused) {
  ASSERT_OK(Create(MakeConfigMap("a")));
  EXPECT_THAT(DeleteMap({.propagation_policy = "Sideways"}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "propagationPolicy: Unsupported value: \"Sideways\": supported values: \"Foreground\", "
                       "\"Background\", \"Orphan\", \"nil\""));
}

TEST_F(DeleteTest, CollectionsAreDeletedBySelector) {
  for (int i = 0; i < 6; ++i) {
    ConfigMap map = MakeConfigMap(absl::StrCat("m", i));
    (*map.mutable_metadata()->mutable_labels())["odd"] = i % 2 == 1 ? "yes" : "no";
    ASSERT_OK(Create(map));
  }
  ASSERT_OK(Create(MakeConfigMap("m1", "kube-system")));
  client::ListOptions odd;
  odd.name_space = "default";
  odd.label_selector = "odd=yes";
  ASSERT_OK(client_->DeleteCollection(ResourceOf<ConfigMap>(), odd));
  EXPECT_THAT(Names<ConfigMap>(), ElementsAre("m0", "m2", "m4", "m1"));
}

TEST_F(DeleteTest, NamespacesWaitForTheirFinalizer) {
  Namespace made;
  made.mutable_metadata()->set_name("team");
  ASSERT_OK_AND_ASSIGN(const auto created, Create(made));
  EXPECT_THAT(created->spec().finalizers(), ElementsAre("kubernetes"));
  EXPECT_EQ(created->status().phase(), "Active");
  ASSERT_OK_AND_ASSIGN(const ObjectPtr pending, client_->Delete(ResourceOf<Namespace>(), {"", "team"}));
  EXPECT_EQ(static_cast<const Namespace&>(*pending).status().phase(), "Terminating");
  ASSERT_OK_AND_ASSIGN(const ObjectPtr again, client_->Delete(ResourceOf<Namespace>(), {"", "team"}));
  EXPECT_EQ(api::Meta(*again).resourceversion(), api::Meta(*pending).resourceversion());

  Namespace finalized = static_cast<const Namespace&>(*pending);
  finalized.mutable_spec()->clear_finalizers();
  ASSERT_OK(client::Update(*client_, finalized));  // the main resource keeps them
  ASSERT_OK(Get<Namespace>("team"));
  finalized.mutable_metadata()->clear_resourceversion();
  ASSERT_OK(client::Update(*client_, finalized, "finalize"));
  EXPECT_TRUE(api::IsNotFound(Get<Namespace>("team").status()));
}

TEST_F(DeleteTest, DefaultNamespacesStay) {
  for (const char* name : {"default", "kube-system", "kube-public"}) {
    const absl::Status status = client::Delete<Namespace>(*client_, {"", name});
    EXPECT_TRUE(api::IsForbidden(status));
    EXPECT_EQ(status.message(),
              absl::StrCat("namespaces \"", name, "\" is forbidden: this namespace may not be deleted"));
  }
}

}  // namespace
}  // namespace kubelite::apiserver
