#include "kubectl-lite/describe/describe.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/api/json.h"
#include "common/api/yaml.h"
#include "common/base/file.h"
#include "common/base/simulated_executor.h"
#include "common/client/fake/fake_client.h"
#include "k8s/core/v1.pb.h"
#include "kubectl-lite/describe/events.h"

namespace kubelite::cli {
namespace {

// Objects of testdata/<name>.yaml, the first of which is described; the expected text is in testdata/<name>.txt.
class DescribeTest : public testing::TestWithParam<std::string> {
 protected:
  DescribeTest() : client_(client::FakeClient::New(&executor_, &random_)) {}

  // Seeds all objects; returns the first.
  api::ObjectPtr SeedFile(const std::string& name) {
    const std::string file = absl::StrCat(KUBELITE_TESTDATA, "/", name, ".yaml");
    const auto documents = api::ReadManifest(base::ReadFile(file).value_or(""), file);
    EXPECT_TRUE(documents.ok()) << documents.status();
    api::ObjectPtr first;
    for (const api::ManifestDocument& document : documents.value_or(std::vector<api::ManifestDocument>())) {
      const absl::StatusOr<std::unique_ptr<api::Object>> object = api::DecodeJson(document.json);
      EXPECT_TRUE(object.ok()) << file << ":" << document.line << ": " << object.status();
      if (!object.ok()) continue;
      const api::ObjectPtr seeded = client_->Seed(**object);
      if (first == nullptr) first = seeded;
    }
    return first;
  }

  std::string Text(const api::ObjectPtr& object, bool events) {
    const absl::StatusOr<std::string> text =
        Describe({.resource = *api::Scheme::Builtin().FindDescriptor(object->GetDescriptor()),
                  .object = object,
                  .client = *client_,
                  .now = executor_.clock().Now(),
                  .zone = absl::UTCTimeZone()},
                 events);
    EXPECT_TRUE(text.ok()) << text.status();
    return text.value_or("");
  }

  base::SimulatedExecutor executor_{1};
  base::Random random_{1};
  const std::unique_ptr<client::FakeClient> client_;
};

TEST_P(DescribeTest, IsAsRecorded) {
  const api::ObjectPtr object = SeedFile(GetParam());
  ASSERT_NE(object, nullptr);
  const std::string text = Text(object, true);
  const std::string file = absl::StrCat(KUBELITE_TESTDATA, "/", GetParam(), ".txt");
  if (std::getenv("KUBELITE_UPDATE_GOLDEN") != nullptr) {
    ASSERT_TRUE(base::WriteFileAtomically(file, text).ok());
  }
  EXPECT_EQ(base::ReadFile(file).value_or(""), text) << "KUBELITE_UPDATE_GOLDEN=1 records the present text in " << file;
}

INSTANTIATE_TEST_SUITE_P(Kinds, DescribeTest,
                         testing::Values("configmap", "deployment", "lease", "namespace", "namespace_limits", "node",
                                         "pod", "pod_mirror", "pod_pending", "pod_terminating", "priorityclass",
                                         "replicaset", "secret", "service"),
                         [](const auto& info) { return info.param; });

using DescribeOnceTest = DescribeTest;

TEST_F(DescribeOnceTest, EventsAreShownWhenAsked) {
  const api::ObjectPtr object = SeedFile("pod");
  EXPECT_NE(Text(object, true).find("Events:"), std::string::npos);
  EXPECT_EQ(Text(object, false).find("Events:"), std::string::npos);
}

TEST_F(DescribeOnceTest, SecretsStaySecret) {
  EXPECT_EQ(Text(SeedFile("secret"), true).find("c2VjcmV0"), std::string::npos);
}

TEST(EventAgeTest, OnceAndRepeated) {
  k8s::core::v1::Event event;
  const absl::Time now = absl::FromUnixSeconds(10'000);
  event.mutable_firsttimestamp()->set_seconds(10'000 - 180);
  event.mutable_lasttimestamp()->set_seconds(10'000 - 10);
  EXPECT_EQ(EventAge(event, now), "3m");
  event.set_count(4);
  EXPECT_EQ(EventAge(event, now), "10s (x4 over 3m)");
  event.mutable_series()->set_count(9);
  event.mutable_series()->mutable_lastobservedtime()->set_seconds(10'000 - 5);
  EXPECT_EQ(EventAge(event, now), "5s (x9 over 3m)");
}

}  // namespace
}  // namespace kubelite::cli
