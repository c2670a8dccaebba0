#include "common/api/object.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/api/testing/builders.h"
#include "common/api/testing/proto_matchers.h"

namespace kubelite::api {
namespace {

using testing::EqualsProto;
using testing::MakeNode;
using testing::MakePod;
using testing::MakeReplicaSet;

TEST(Object, Keys) {
  EXPECT_EQ(KeyOf(MakePod("p").Build()).ToString(), "default/p");
  EXPECT_EQ(KeyOf(MakeNode("n").Build()).ToString(), "n");
  for (const char* text : {"default/p", "n"}) EXPECT_EQ(ObjectKey::Parse(text).ToString(), text);
  EXPECT_EQ(ObjectKey::Parse("a/b"), (ObjectKey{"a", "b"}));
}

TEST(Object, Metadata) {
  EXPECT_TRUE(HasMetadata(k8s::core::v1::Pod::descriptor()));
  EXPECT_FALSE(HasMetadata(k8s::core::v1::PodList::descriptor()));
  EXPECT_FALSE(HasMetadata(k8s::core::v1::Container::descriptor()));
  const auto pod = MakePod("p").Version(42).Label("a", "b").Annotation("c", "d").Build();
  EXPECT_EQ(ResourceVersion(pod), 42);
  EXPECT_EQ(ResourceVersion(MakePod("p").Build()), 0);
  EXPECT_EQ(GetLabel(pod, "a"), "b");
  EXPECT_EQ(GetLabel(pod, "x"), "");
  EXPECT_EQ(GetAnnotation(pod, "c"), "d");
  EXPECT_THAT(*Clone(pod), EqualsProto(pod));
}

TEST(Object, Owners) {
  const auto owner = MakeReplicaSet("rs").Build();
  const auto pod = MakePod("p").Owner(owner).Build();
  ASSERT_NE(ControllerOf(pod), nullptr);
  EXPECT_EQ(ControllerOf(pod)->apiversion(), "apps/v1");
  EXPECT_EQ(ControllerOf(pod)->kind(), "ReplicaSet");
  EXPECT_TRUE(ControllerOf(pod)->blockownerdeletion());
  EXPECT_TRUE(IsControlledBy(pod, owner));
  EXPECT_FALSE(IsControlledBy(pod, MakeReplicaSet("rs").Uid("other").Build()));
  EXPECT_EQ(ControllerOf(owner), nullptr);
  EXPECT_FALSE(IsControlledBy(owner, pod));
}

TEST(Object, Finalizers) {
  auto pod = MakePod("p").Finalizer("a").Build();
  EXPECT_TRUE(AddFinalizer(&pod, "b"));
  EXPECT_FALSE(AddFinalizer(&pod, "b"));
  EXPECT_TRUE(HasFinalizer(pod, "a"));
  EXPECT_TRUE(RemoveFinalizer(&pod, "a"));
  EXPECT_FALSE(RemoveFinalizer(&pod, "a"));
  EXPECT_THAT(pod.metadata().finalizers(), ::testing::ElementsAre("b"));
}

TEST(Object, Deletion) {
  EXPECT_FALSE(IsBeingDeleted(MakePod("p").Build()));
  EXPECT_TRUE(IsBeingDeleted(MakePod("p").Deleting(absl::UnixEpoch() + absl::Seconds(1)).Build()));
}

TEST(Object, TypedView) {
  const ObjectPtr object = MakePod("p").BuildPtr();
  EXPECT_EQ(As<k8s::core::v1::Pod>(object)->metadata().name(), "p");
}

}  // namespace
}  // namespace kubelite::api
