#include "common/api/structured_merge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/api/errors.h"
#include "common/api/typed_tree.h"
#include "common/base/testing/status_matchers.h"
#include "k8s/apps/v1.pb.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::api {
namespace {

using k8s::core::v1::Pod;
using k8s::core::v1::Service;

const absl::Time kNow = absl::FromUnixSeconds(1000);

bool Everything(absl::string_view) { return true; }

JsonTree Tree(const std::string& json) {
  absl::StatusOr<JsonTree> tree = JsonTree::Parse(json);
  EXPECT_OK(tree.status()) << json;
  SortMembers(&*tree);
  return *tree;
}

// An object with its managers, to which things are applied one after the other.
class Scenario {
 public:
  explicit Scenario(const google::protobuf::Descriptor* kind) : plan_(PlanFor(kind)) {}

  std::vector<ApplyConflict> Apply(const std::string& manager, const std::string& json, bool force = false) {
    const JsonTree applied = Tree(json);
    absl::StatusOr<StructuredResult> result = ApplyStructured({.live = live_,
                                                               .applied = applied,
                                                               .plan = plan_,
                                                               .manager = {manager, "Apply", "v1", ""},
                                                               .now = kNow,
                                                               .force = force,
                                                               .wanted = Everything},
                                                              &managed_);
    EXPECT_OK(result.status());
    if (!result.ok()) return {};
    if (result->conflicts.empty()) live_ = result->object;
    return result->conflicts;
  }

  std::string object() const { return live_.ToJson(); }
  std::string FieldsOf(const std::string& manager) {
    const ManagedFields::Entry* entry = managed_.Find({manager, "Apply", "v1", ""});
    return entry == nullptr ? "" : entry->set().ToFieldsV1();
  }

 private:
  const MessagePlan& plan_;
  JsonTree live_ = Tree("{}");
  ManagedFields managed_;
};

TEST(StructuredMerge, OwnsWhatItLists) {
  Scenario pod(Pod::descriptor());
  pod.Apply("a", R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","labels":{"x":"1"},"finalizers":["q/r"]},
                     "spec":{"nodeSelector":{"k":"v"},"containers":[{"name":"c","ports":[{"containerPort":80}]}],
                             "tolerations":[{"key":"t"}]}})");
  EXPECT_EQ(pod.FieldsOf("a"), R"({"f:metadata":{"f:finalizers":{"v:\"q/r\"":{}},"f:labels":{"f:x":{}}},)"
                               R"("f:spec":{"f:containers":{"k:{\"name\":\"c\"}":{".":{},"f:name":{},"f:ports":{)"
                               R"("k:{\"containerPort\":80,\"protocol\":\"TCP\"}":{".":{},"f:containerPort":{}}}}},)"
                               R"("f:nodeSelector":{},"f:tolerations":{}}})");
}

TEST(StructuredMerge, RemovesWhatItNoLongerLists) {
  Scenario pod(Pod::descriptor());
  pod.Apply("a", R"({"metadata":{"labels":{"x":"1","y":"2"},"finalizers":["q/r","q/s"]},
                     "spec":{"containers":[{"name":"c","image":"i"},{"name":"d"}],"hostNetwork":true}})");
  pod.Apply("a", R"({"metadata":{"labels":{"y":"2"},"finalizers":["q/s"]},"spec":{"containers":[{"name":"c"}]}})");
  EXPECT_EQ(pod.object(),
            R"({"metadata":{"finalizers":["q/s"],"labels":{"y":"2"}},"spec":{"containers":[{"name":"c"}]}})");
}

TEST(StructuredMerge, KeepsWhatOthersOwn) {
  Scenario pod(Pod::descriptor());
  pod.Apply("a", R"({"metadata":{"labels":{"x":"1","y":"2"}}})");
  EXPECT_TRUE(pod.Apply("b", R"({"metadata":{"labels":{"x":"1"}}})").empty());  // the same value: shared
  pod.Apply("a", R"({"metadata":{"labels":{"z":"3"}}})");
  EXPECT_EQ(pod.object(), R"({"metadata":{"labels":{"x":"1","z":"3"}}})");
  EXPECT_EQ(pod.FieldsOf("a"), R"({"f:metadata":{"f:labels":{"f:z":{}}}})");
  EXPECT_EQ(pod.FieldsOf("b"), R"({"f:metadata":{"f:labels":{"f:x":{}}}})");
}

TEST(StructuredMerge, ConflictsOnOtherValues) {
  Scenario pod(Pod::descriptor());
  pod.Apply("a", R"({"spec":{"containers":[{"name":"c","image":"1"}]}})");
  const std::vector<ApplyConflict> conflicts = pod.Apply("b", R"({"spec":{"containers":[{"name":"c","image":"2"}]}})");
  ASSERT_EQ(conflicts.size(), 1u);
  const k8s::meta::v1::Status status = ToApiStatus(ConflictStatus(conflicts));
  EXPECT_EQ(status.message(), R"(Apply failed with 1 conflict: conflict with "a": .spec.containers[name="c"].image)");
  EXPECT_EQ(status.code(), 409);
  EXPECT_EQ(status.details().causes(0).reason(), "FieldManagerConflict");
  EXPECT_EQ(pod.FieldsOf("b"), "");

  EXPECT_TRUE(pod.Apply("b", R"({"spec":{"containers":[{"name":"c","image":"2"}]}})", /*force=*/true).empty());
  EXPECT_EQ(pod.object(), R"({"spec":{"containers":[{"image":"2","name":"c"}]}})");
  EXPECT_EQ(pod.FieldsOf("a"), R"({"f:spec":{"f:containers":{"k:{\"name\":\"c\"}":{".":{},"f:name":{}}}}})");
}

TEST(StructuredMerge, AWrittenZeroIsAValue) {
  Scenario pod(Pod::descriptor());
  pod.Apply("a", R"({"spec":{"hostNetwork":true}})");
  EXPECT_EQ(pod.Apply("b", R"({"spec":{"hostNetwork":false}})").size(), 1u);
}

TEST(StructuredMerge, AtomicValuesConflictAsAWhole) {
  Scenario pod(Pod::descriptor());
  pod.Apply("a", R"({"spec":{"tolerations":[{"key":"a"}],"nodeSelector":{"a":"1"}}})");
  const auto conflicts = pod.Apply("b", R"({"spec":{"tolerations":[{"key":"b"}],"nodeSelector":{"a":"1","b":"2"}}})");
  ASSERT_EQ(conflicts.size(), 1u);
  EXPECT_EQ(ToApiStatus(ConflictStatus(conflicts)).message(),
            "Apply failed with 2 conflicts: conflicts with \"a\":\n- .spec.nodeSelector\n- .spec.tolerations");
}

TEST(StructuredMerge, ListsKeepTheAppliedOrder) {
  struct Row {
    const char* live;
    const char* applied;
    const char* merged;
  };
  for (const Row& row : std::vector<Row>{{"abc", "ca", "bca"},
                                         {"abc", "d", "abcd"},
                                         {"ab", "bxa", "bxa"},
                                         {"abcd", "bd", "abcd"},
                                         {"", "ab", "ab"},
                                         {"ab", "xa", "xab"}}) {
    const auto object = [](const std::string& names) {
      std::string items;
      for (const char name : names) items += std::string(items.empty() ? "" : ",") + "\"x/" + name + "\"";
      return Tree("{\"metadata\":{\"finalizers\":[" + items + "]}}");
    };
    const JsonTree merged = MergeTrees(object(row.live), object(row.applied), PlanFor(Pod::descriptor()));
    EXPECT_EQ(merged.ToJson(), object(row.merged).ToJson()) << row.live << " " << row.applied;
  }
}

TEST(StructuredMerge, KeysHaveTheirDefaults) {
  Scenario service(Service::descriptor());
  service.Apply("a", R"({"spec":{"ports":[{"port":53,"protocol":"UDP","name":"u"},{"port":53,"name":"t"}]}})");
  service.Apply("b", R"({"spec":{"ports":[{"port":53,"protocol":"TCP","targetPort":54}]}})");
  EXPECT_EQ(service.object(), R"({"spec":{"ports":[{"name":"u","port":53,"protocol":"UDP"},)"
                              R"({"name":"t","port":53,"protocol":"TCP","targetPort":54}]}})");
}

// What nobody owns was put there by defaulting: it stays as long as somebody owns something in the struct around it.
TEST(StructuredMerge, DefaultsStayInAnOwnedStruct) {
  const MessagePlan& plan = PlanFor(k8s::apps::v1::Deployment::descriptor());
  const auto apply = [&plan](const char* applied_json) {
    ManagedFields managed;
    managed.Put({"a", "Apply", "v1", ""}, FieldSet::Parse(R"({"f:spec":{"f:paused":{},"f:replicas":{}}})").value(),
                kNow);
    const JsonTree live = Tree(R"({"spec":{"paused":true,"progressDeadlineSeconds":600,"replicas":2}})");
    const JsonTree applied = Tree(applied_json);
    const auto result = ApplyStructured({.live = live,
                                         .applied = applied,
                                         .plan = plan,
                                         .manager = {"a", "Apply", "v1", ""},
                                         .now = kNow,
                                         .wanted = Everything},
                                        &managed);
    EXPECT_OK(result.status());
    return result.ok() ? result->object.ToJson() : "";
  };
  EXPECT_EQ(apply(R"({"spec":{"replicas":2}})"), R"({"spec":{"progressDeadlineSeconds":600,"replicas":2}})");
  EXPECT_EQ(apply(R"({"metadata":{"labels":{"x":"1"}}})"), R"({"metadata":{"labels":{"x":"1"}}})");
}

TEST(StructuredMerge, RefusesWhatDoesNotFit) {
  struct Row {
    const char* json;
    const char* message;
  };
  for (const Row& row : std::vector<Row>{
           {R"({"spec":{"foo":1}})", ".spec.foo: field not declared in schema"},
           {R"({"spec":{"containers":[{"name":"a"},{"name":"a"}]}})",
            R"(.spec.containers: duplicate entries for key [name="a"])"},
           {R"({"spec":{"containers":[{"image":"a"}]}})",
            ".spec.containers: element 0: associative list with keys has an element that omits key field \"name\" (and "
            "doesn't have default value)"},
           {R"({"spec":{"containers":{}}})", ".spec.containers: expected list, got {}"},
           {R"({"spec":[]})", ".spec: expected map, got []"},
       }) {
    EXPECT_EQ(FieldsOf(Tree(row.json), PlanFor(Pod::descriptor())).status().message(), row.message);
  }
}

TEST(StructuredMerge, LastAppliedFieldsAreThoseStillSo) {
  const FieldSet fields = LastAppliedFields(Tree(R"({"spec":{"replicas":3,"paused":true,"minReadySeconds":1}})"),
                                            Tree(R"({"spec":{"replicas":3,"paused":false}})"),
                                            PlanFor(k8s::apps::v1::Deployment::descriptor()));
  EXPECT_EQ(fields.ToFieldsV1(), R"({"f:spec":{"f:replicas":{}}})");
}

}  // namespace
}  // namespace kubelite::api
