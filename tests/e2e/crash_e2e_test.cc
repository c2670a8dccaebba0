// kill -9 at bad moments, on real daemons.

#include <gtest/gtest.h>

#include <map>

#include "absl/strings/str_cat.h"
#include "common/api/errors.h"
#include "common/base/testing/status_matchers.h"
#include "k8s/core/v1.pb.h"
#include "tests/integration/cluster.h"

namespace kubelite::testing {
namespace {

using k8s::core::v1::ConfigMap;

ConfigMap MakeConfig(int number, const std::string& value) {
  ConfigMap config;
  config.mutable_metadata()->set_name(absl::StrCat("c", number));
  config.mutable_metadata()->set_namespace_("default");
  (*config.mutable_data())["value"] = value;
  return config;
}

TEST(CrashTest, EveryAcknowledgedWriteSurvivesAndWatchesResume) {
  const auto cluster = NewRealCluster({});
  client::Client& client = cluster->client();
  const auto list = client.List(api::ResourceOf<ConfigMap>(), {.name_space = "default"});
  ASSERT_OK(list);

  std::map<std::string, std::string> acknowledged;  // name to resourceVersion
  client::WatchOptions options{.name_space = "default", .resource_version = list->resource_version};
  std::unique_ptr<client::WatchStream> watch;
  std::map<std::string, int> seen;
  const auto drain = [&] {
    if (watch == nullptr) {
      auto opened = client.Watch(api::ResourceOf<ConfigMap>(), options, [] {});
      if (opened.ok()) watch = *std::move(opened);
    }
    while (watch != nullptr) {
      const auto events = watch->Poll(1000);
      if (!events.ok()) {
        watch.reset();
        break;
      }
      if (events->empty()) break;
      for (const client::WatchEvent& event : *events) {
        options.resource_version = event.resource_version;
        if (event.type == client::WatchEvent::Type::kAdded) ++seen[api::KeyOf(*event.object).name];
      }
    }
  };

  int number = 0;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 50; ++i, ++number) {
      if (i == 25) cluster->Kill(Component::kApiServer);
      const auto created = client::Create(client, MakeConfig(number, absl::StrCat(round)));
      if (created.ok()) acknowledged[(*created)->metadata().name()] = (*created)->metadata().resourceversion();
      drain();
    }
  }
  EXPECT_GE(acknowledged.size(), 100u) << "the API server must come back between the kills";
  ASSERT_TRUE(cluster->WaitUntil([&] { return client::List<ConfigMap>(client, {.name_space = "default"}).ok(); },
                                 absl::Seconds(30)));
  for (const auto& [name, version] : acknowledged) {
    const auto found = client::Get<ConfigMap>(client, {"default", name});
    ASSERT_OK(found);
    EXPECT_EQ((*found)->metadata().resourceversion(), version);
  }
  const auto all = client::List<ConfigMap>(client, {.name_space = "default"});
  ASSERT_OK(all);
  ASSERT_TRUE(cluster->WaitUntil(
      [&] {
        drain();
        return seen.size() >= all->size();
      },
      absl::Seconds(30)));
  for (const auto& [name, times] : seen) EXPECT_EQ(times, 1) << name;
  EXPECT_EQ(seen.size(), all->size());
}

}  // namespace
}  // namespace kubelite::testing
