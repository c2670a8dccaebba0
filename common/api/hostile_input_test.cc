// Damaged texts must be answered with an error or a value, never with a crash or a hang.
#include <gtest/gtest.h>

#include "common/api/json.h"
#include "common/api/patch.h"
#include "common/api/quantity.h"
#include "common/api/schema_files.h"
#include "common/api/selectors.h"
#include "common/api/stored.h"
#include "common/api/testing/builders.h"
#include "common/api/testing/random_object.h"
#include "common/api/time.h"
#include "common/api/yaml.h"
#include "google/protobuf/stubs/logging.h"

namespace kubelite::api {
namespace {

// Replaces, removes, inserts and repeats a few bytes.
std::string Damage(std::string text, base::Random* random) {
  static constexpr char kBytes[] = "{}[]\",:\\-+0129eE.\n \t#&*!|>'%@`~nultrf\x00\x80\xff\xc3";
  for (uint64_t count = 1 + random->Uniform(4); count > 0 && !text.empty(); --count) {
    const size_t at = random->Uniform(text.size());
    const char byte = kBytes[random->Uniform(sizeof(kBytes) - 1)];
    switch (random->Uniform(4)) {
      case 0:
        text[at] = byte;
        break;
      case 1:
        text.erase(at, 1 + random->Uniform(5));
        break;
      case 2:
        text.insert(at, 1, byte);
        break;
      default:
        text.insert(at, text.substr(random->Uniform(text.size()), random->Uniform(20)));
    }
  }
  return text;
}

class HostileInput : public ::testing::TestWithParam<uint64_t> {
 protected:
  base::Random random_{GetParam()};
};

TEST_P(HostileInput, Json) {
  const std::string good = EncodeJson(testing::MakeDeployment("web").Created(absl::FromUnixSeconds(5)).Build());
  for (int i = 0; i < 300; ++i) {
    const std::string bad = Damage(good, &random_);
    SCOPED_TRACE(bad);
    const absl::StatusOr<std::unique_ptr<Object>> object = DecodeJson(bad);
    if (object.ok()) {
      EXPECT_TRUE(DecodeJson(EncodeJson(**object)).ok());
    }
    const absl::StatusOr<std::string> pretty = PrettyJson(bad);
    if (pretty.ok()) {
      EXPECT_TRUE(PrettyJson(*pretty).ok());
    }
    const absl::StatusOr<std::string> yaml = JsonToYaml(bad);
    if (object.ok() && yaml.ok()) {
      const auto documents = ReadManifest(*yaml, "t");
      ASSERT_TRUE(documents.ok()) << documents.status();
      ASSERT_EQ(documents->size(), 1U);
      const absl::StatusOr<std::unique_ptr<Object>> again = DecodeJson(documents->front().json);
      ASSERT_TRUE(again.ok()) << again.status();
      EXPECT_EQ(EncodeJson(**again), EncodeJson(**object));
    }
    CreateThreeWayMergePatch(good, bad, good).IgnoreError();
    ApplyMergePatch(good, bad).IgnoreError();
  }
}

TEST_P(HostileInput, Yaml) {
  const std::string good = JsonToYaml(EncodeJson(testing::MakePod("web").Labels({{"a", "b"}}).Build())).value();
  for (int i = 0; i < 300; ++i) {
    const std::string bad = Damage(good, &random_);
    SCOPED_TRACE(bad);
    const auto documents = ReadManifest(bad, "t");
    if (!documents.ok()) continue;
    for (const ManifestDocument& document : *documents) EXPECT_TRUE(PrettyJson(document.json).ok()) << document.json;
  }
}

TEST_P(HostileInput, Values) {
  for (int i = 0; i < 300; ++i) {
    const auto quantity = Quantity::Parse(Damage("12.5e3Gi", &random_));
    if (quantity.ok()) {
      EXPECT_TRUE(Quantity::Parse(quantity->ToString()).ok());
    }
    const auto selector = LabelSelector::Parse(Damage("a=b,c in (d,e),!f,g>1", &random_));
    if (selector.ok()) {
      EXPECT_TRUE(LabelSelector::Parse(selector->ToString()).ok()) << selector->ToString();
    }
    ParseRfc3339(Damage("2023-11-14T22:13:20Z", &random_)).IgnoreError();
    ParseGoDuration(Damage("1h2m3.5s", &random_)).IgnoreError();
    FieldSelector::Parse(Damage("a.b=c,d!=e", &random_)).IgnoreError();
  }
}

TEST_P(HostileInput, Stored) {
  const google::protobuf::LogSilencer quiet;
  const std::string good = EncodeStored(testing::MakePod("web").Build());
  for (int i = 0; i < 300; ++i) DecodeStored(Damage(good, &random_)).IgnoreError();
}

INSTANTIATE_TEST_SUITE_P(Seeds, HostileInput, ::testing::Range<uint64_t>(1, 6));

}  // namespace
}  // namespace kubelite::api
