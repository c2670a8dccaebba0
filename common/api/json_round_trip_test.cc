#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/api/json.h"
#include "common/api/schema_files.h"
#include "common/api/scheme.h"
#include "common/api/stored.h"
#include "common/api/testing/proto_matchers.h"
#include "common/api/testing/random_object.h"
#include "common/api/yaml.h"
#include "common/base/testing/status_matchers.h"

namespace kubelite::api {
namespace {

using ::kubelite::api::testing::EqualsProto;
using ::kubelite::api::testing::RandomObject;

std::vector<const google::protobuf::Descriptor*> AllKinds() {
  std::vector<const google::protobuf::Descriptor*> kinds;
  for (const google::protobuf::FileDescriptor* file : SchemaFiles()) {
    for (int i = 0; i < file->message_type_count(); ++i) {
      if (Scheme::Builtin().KindOf(file->message_type(i)) != nullptr) kinds.push_back(file->message_type(i));
    }
  }
  return kinds;
}

class RoundTrip : public ::testing::TestWithParam<uint64_t> {};

TEST_P(RoundTrip, EveryKindSurvivesJson) {
  base::Random random(GetParam());
  for (const google::protobuf::Descriptor* kind : AllKinds()) {
    SCOPED_TRACE(kind->full_name() + ", seed " + std::to_string(GetParam()));
    const std::unique_ptr<Object> object = RandomObject(kind, &random);
    const std::string json = EncodeJson(*object);
    std::unique_ptr<Object> decoded(object->New());
    ASSERT_OK(DecodeJsonInto(json, decoded.get())) << json;
    ASSERT_THAT(*decoded, EqualsProto(*object)) << json;
    ASSERT_EQ(EncodeJson(*decoded), json);
  }
}

TEST_P(RoundTrip, EveryKindSurvivesYaml) {
  base::Random random(GetParam());
  for (const google::protobuf::Descriptor* kind : AllKinds()) {
    SCOPED_TRACE(kind->full_name() + ", seed " + std::to_string(GetParam()));
    const std::unique_ptr<Object> object = RandomObject(kind, &random);
    ASSERT_OK_AND_ASSIGN(const std::string yaml, JsonToYaml(EncodeJson(*object)));
    // A list would be taken apart.
    if (kind->name().size() >= 4 && kind->name().substr(kind->name().size() - 4) == "List") continue;
    ASSERT_OK_AND_ASSIGN(const auto documents, ReadManifest(yaml, "test.yaml"));
    ASSERT_EQ(documents.size(), 1U) << yaml;
    std::unique_ptr<Object> decoded(object->New());
    ASSERT_OK(DecodeJsonInto(documents[0].json, decoded.get())) << yaml;
    ASSERT_THAT(*decoded, EqualsProto(*object)) << yaml;
  }
}

TEST_P(RoundTrip, EveryKindSurvivesTheStoredForm) {
  base::Random random(GetParam());
  for (const google::protobuf::Descriptor* kind : AllKinds()) {
    SCOPED_TRACE(kind->full_name() + ", seed " + std::to_string(GetParam()));
    if (kind->full_name() == "k8s.meta.v1.List") continue;  // shares its kind with k8s.core.v1.List
    const std::unique_ptr<Object> object = RandomObject(kind, &random);
    const std::string bytes = EncodeStored(*object);
    ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Object> decoded, DecodeStored(bytes));
    ASSERT_THAT(*decoded, EqualsProto(*object));
    ASSERT_EQ(EncodeStored(*decoded), bytes);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RoundTrip, ::testing::Range<uint64_t>(1, 9));

TEST(Encoding, PrettyTextDecodesToTheSameObject) {
  base::Random random(7);
  for (const google::protobuf::Descriptor* kind : AllKinds()) {
    const std::unique_ptr<Object> object = RandomObject(kind, &random);
    std::unique_ptr<Object> decoded(object->New());
    ASSERT_OK(DecodeJsonInto(EncodeJsonPretty(*object), decoded.get()));
    ASSERT_THAT(*decoded, EqualsProto(*object));
  }
}

}  // namespace
}  // namespace kubelite::api
