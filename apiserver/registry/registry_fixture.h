#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "apiserver/testing/test_server.h"
#include "common/api/errors.h"
#include "common/api/json.h"
#include "common/api/time.h"
#include "common/base/simulated_executor.h"
#include "common/base/testing/status_matchers.h"
#include "common/client/client.h"
#include "kubelite/v1/table.pb.h"

namespace kubelite::apiserver {

using api::ObjectKey;
using api::ObjectPtr;
using api::ResourceOf;
using client::WatchEvent;
using k8s::apps::v1::Deployment;
using k8s::core::v1::ConfigMap;
using k8s::core::v1::Namespace;
using k8s::core::v1::Node;
using k8s::core::v1::Pod;

// A server in virtual time and its administrator.
class RegistryTest : public ::testing::Test {
 protected:
  explicit RegistryTest(TestServer::Config config = {})
      : server_(&executor_, &random_, config), client_(server_.AdminClient()) {}

  static ConfigMap MakeConfigMap(const std::string& name, const std::string& name_space = "default") {
    ConfigMap map;
    map.mutable_metadata()->set_name(name);
    map.mutable_metadata()->set_namespace_(name_space);
    return map;
  }
  static Pod MakePod(const std::string& name, const std::string& node = "") {
    Pod pod;
    pod.mutable_metadata()->set_name(name);
    pod.mutable_metadata()->set_namespace_("default");
    pod.mutable_spec()->set_nodename(node);
    auto* container = pod.mutable_spec()->add_containers();
    container->set_name("app");
    container->set_image("host");
    return pod;
  }
  static Deployment MakeDeployment(const std::string& name) {
    Deployment deployment;
    deployment.mutable_metadata()->set_name(name);
    deployment.mutable_metadata()->set_namespace_("default");
    (*deployment.mutable_spec()->mutable_selector()->mutable_matchlabels())["app"] = name;
    auto* pod_template = deployment.mutable_spec()->mutable_template_();
    (*pod_template->mutable_metadata()->mutable_labels())["app"] = name;
    auto* container = pod_template->mutable_spec()->add_containers();
    container->set_name("app");
    container->set_image("host");
    return deployment;
  }

  template <typename T>
  absl::StatusOr<std::shared_ptr<const T>> Create(const T& object) {
    return client::Create(*client_, object);
  }
  template <typename T>
  absl::StatusOr<std::shared_ptr<const T>> Get(const std::string& name, const std::string& name_space = "default") {
    return client::Get<T>(*client_, {ResourceOf<T>().namespaced ? name_space : "", name});
  }
  template <typename T>
  std::vector<std::string> Names(const client::ListOptions& options = {}) {
    const auto list = client_->List(ResourceOf<T>(), options);
    std::vector<std::string> names;
    if (!list.ok()) {
      names.push_back(list.status().ToString());
    } else {
      for (const ObjectPtr& object : list->items) names.push_back(api::Meta(*object).name());
    }
    return names;
  }
  template <typename T>
  std::unique_ptr<client::WatchStream> Watch(const client::WatchOptions& options = {}) {
    auto watch = client_->Watch(ResourceOf<T>(), options, [this] { ++ready_; });
    EXPECT_OK(watch);
    return watch.ok() ? *std::move(watch) : nullptr;
  }
  // "ADDED a", "BOOKMARK": all that a poll gives, or the error.
  static std::vector<std::string> Texts(client::WatchStream* watch) {
    std::vector<std::string> texts;
    const auto events = watch->Poll(100);
    if (!events.ok()) return {events.status().ToString()};
    for (const WatchEvent& event : *events) {
      static constexpr const char* kNames[] = {"ADDED", "MODIFIED", "DELETED", "BOOKMARK"};
      std::string text = kNames[static_cast<int>(event.type)];
      if (event.object != nullptr) text += " " + api::Meta(*event.object).name();
      texts.push_back(text);
    }
    return texts;
  }

  base::SimulatedExecutor executor_{1};
  base::Random random_{2};
  TestServer server_;
  std::unique_ptr<client::Client> client_;
  int ready_ = 0;
};

}  // namespace kubelite::apiserver
