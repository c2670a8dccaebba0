#include "common/api/managed_fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/api/object_fields.h"
#include "common/api/testing/builders.h"
#include "common/base/testing/status_matchers.h"
#include "k8s/apps/v1.pb.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::api {
namespace {

using k8s::core::v1::ConfigMap;
using k8s::core::v1::Pod;

bool Everything(absl::string_view) { return true; }

absl::Time At(int64_t seconds) { return absl::FromUnixSeconds(seconds); }

Pod SomePod() {
  Pod pod;
  pod.mutable_metadata()->set_name("p");
  (*pod.mutable_metadata()->mutable_labels())["app"] = "x";
  auto* container = pod.mutable_spec()->add_containers();
  container->set_name("c");
  container->set_image("i");
  container->add_ports()->set_containerport(443);
  container->add_ports()->set_containerport(80);
  (*container->mutable_resources()->mutable_limits())["cpu"].set_string("1");
  return pod;
}

TEST(CompareObjects, NewObjectsHaveUpstreamsSet) {
  const FieldChanges changes = CompareObjects(nullptr, SomePod(), Everything);
  EXPECT_EQ(changes.added.ToFieldsV1(),
            R"({"f:metadata":{"f:labels":{".":{},"f:app":{}}},"f:spec":{"f:containers":{"k:{\"name\":\"c\"}":{".":{},)"
            R"("f:image":{},"f:name":{},"f:ports":{".":{},"k:{\"containerPort\":80,\"protocol\":\"TCP\"}":{".":{},)"
            R"("f:containerPort":{}},"k:{\"containerPort\":443,\"protocol\":\"TCP\"}":{".":{},"f:containerPort":{}}},)"
            R"("f:resources":{".":{},"f:limits":{".":{},"f:cpu":{}}}}}}})");
  EXPECT_TRUE(changes.modified.empty());
  EXPECT_TRUE(changes.removed.empty());
}

TEST(CompareObjects, TellsWhatChanged) {
  const Pod old = SomePod();
  Pod now = old;
  now.mutable_metadata()->set_resourceversion("7");
  (*now.mutable_metadata()->mutable_labels())["b"] = "y";
  auto* container = now.mutable_spec()->mutable_containers(0);
  container->set_image("j");
  container->mutable_ports()->DeleteSubrange(0, 1);
  (*container->mutable_resources()->mutable_limits())["cpu"].set_string("2");
  now.mutable_spec()->add_tolerations()->set_key("t");
  const FieldChanges changes = CompareObjects(&old, now, Everything);
  EXPECT_EQ(changes.added.ToFieldsV1(), R"({"f:metadata":{"f:labels":{"f:b":{}}},"f:spec":{"f:tolerations":{}}})");
  EXPECT_EQ(
      changes.modified.ToFieldsV1(),
      R"({"f:spec":{"f:containers":{"k:{\"name\":\"c\"}":{"f:image":{},"f:resources":{"f:limits":{"f:cpu":{}}}}}}})");
  EXPECT_EQ(changes.removed.ToFieldsV1(),
            R"({"f:spec":{"f:containers":{"k:{\"name\":\"c\"}":{"f:ports":{)"
            R"("k:{\"containerPort\":443,\"protocol\":\"TCP\"}":{".":{},"f:containerPort":{}}}}}}})");
  EXPECT_TRUE(CompareObjects(&old, old, Everything).empty());
}

TEST(CompareObjects, SeesOnlyWhatIsWanted) {
  Pod now = SomePod();
  now.mutable_status()->set_phase("Running");
  const FieldChanges changes =
      CompareObjects(nullptr, now, [](absl::string_view member) { return member == "status"; });
  EXPECT_EQ(changes.added.ToFieldsV1(), R"({"f:status":{"f:phase":{}}})");
}

FieldChanges Added(absl::string_view fields) { return {.added = FieldSet::Parse(fields).value()}; }

std::vector<std::string> Texts(const ManagedFields& managed) {
  ManagedFields::Proto out;
  managed.Encode(&out);
  std::vector<std::string> texts;
  for (const auto& entry : out) {
    texts.push_back(absl::StrCat(entry.manager(), " ", entry.operation(), " ", entry.time().seconds(), " ",
                                 entry.fieldsv1().raw()));
  }
  return texts;
}

TEST(ManagedFields, FieldsGoToWhoeverWritesThem) {
  ManagedFields managed;
  RecordUpdate(Added(R"({"f:data":{"f:a":{},"f:b":{}}})"), {"one", "Update", "v1", ""}, At(1), &managed);
  RecordUpdate({.modified = FieldSet::Parse(R"({"f:data":{"f:a":{}}})").value()}, {"two", "Update", "v1", ""}, At(2),
               &managed);
  EXPECT_THAT(Texts(managed),
              ::testing::ElementsAre(R"(one Update 1 {"f:data":{"f:b":{}}})", R"(two Update 2 {"f:data":{"f:a":{}}})"));
  RecordUpdate({.removed = FieldSet::Parse(R"({"f:data":{"f:b":{}}})").value()}, {"two", "Update", "v1", ""}, At(3),
               &managed);
  EXPECT_THAT(Texts(managed), ::testing::ElementsAre(R"(two Update 2 {"f:data":{"f:a":{}}})"));
}

TEST(ManagedFields, TheSameWriterOnlyMovesItsTime) {
  ManagedFields managed;
  const FieldManager manager = {"one", "Update", "v1", ""};
  RecordUpdate(Added(R"({"f:data":{"f:a":{}}})"), manager, At(1), &managed);
  RecordUpdate({.modified = FieldSet::Parse(R"({"f:data":{"f:a":{}}})").value()}, manager, At(5), &managed);
  EXPECT_THAT(Texts(managed), ::testing::ElementsAre(R"(one Update 5 {"f:data":{"f:a":{}}})"));
  RecordUpdate({}, manager, At(9), &managed);
  EXPECT_THAT(Texts(managed), ::testing::ElementsAre(R"(one Update 5 {"f:data":{"f:a":{}}})"));
}

TEST(ManagedFields, ManyUpdatersBecomeAncient) {
  ManagedFields managed;
  for (int i = 0; i < 13; ++i) {
    RecordUpdate(Added(absl::StrCat("{\"f:", i, "\":{}}")), {absl::StrCat("m", i), "Update", "v1", ""}, At(i + 1),
                 &managed);
  }
  const std::vector<std::string> texts = Texts(managed);
  ASSERT_EQ(texts.size(), 10u);
  EXPECT_EQ(texts[0], R"(ancient-changes Update 4 {"f:0":{},"f:1":{},"f:2":{},"f:3":{}})");
  EXPECT_EQ(texts[9], R"(m12 Update 13 {"f:12":{}})");
}

TEST(ManagedFields, RefusesWhatIsNoEntry) {
  const auto decode = [](const char* operation, const char* version, const char* type, const char* raw) {
    ManagedFields::Proto entries;
    auto* entry = entries.Add();
    entry->set_operation(operation);
    entry->set_apiversion(version);
    entry->set_fieldstype(type);
    entry->mutable_fieldsv1()->set_raw(raw);
    return ManagedFields::Decode(entries).status();
  };
  EXPECT_OK(decode("Update", "v1", "FieldsV1", R"({"f:a":{}})"));
  EXPECT_FALSE(decode("Other", "v1", "FieldsV1", "{}").ok());
  EXPECT_FALSE(decode("Update", "", "FieldsV1", "{}").ok());
  EXPECT_FALSE(decode("Update", "v1", "", "{}").ok());
  EXPECT_FALSE(decode("Update", "v1", "FieldsV2", "{}").ok());
  EXPECT_FALSE(decode("Update", "v1", "FieldsV1", R"({"a":{}})").ok());
}

TEST(ManagedFields, SortsAppliesFirstThenByTime) {
  ManagedFields managed;
  const FieldSet set = FieldSet::Parse(R"({"f:a":{}})").value();
  managed.Put({"c", "Update", "v1", ""}, set, At(1));
  managed.Put({"b", "Apply", "v1", ""}, set, At(9));
  managed.Put({"a", "Update", "v1", ""}, set, At(5));
  EXPECT_THAT(Texts(managed), ::testing::ElementsAre(R"(b Apply 9 {"f:a":{}})", R"(c Update 1 {"f:a":{}})",
                                                     R"(a Update 5 {"f:a":{}})"));
}

}  // namespace
}  // namespace kubelite::api
