#pragma once

// Test bodies for any kind of cluster. Each program instantiates them for its kinds.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "k8s/apps/v1.pb.h"
#include "k8s/core/v1.pb.h"
#include "tests/integration/cluster.h"

namespace kubelite::testing {

class WorkloadTest : public ::testing::TestWithParam<ClusterKind> {
 protected:
  void StartCluster(int nodes = 1);

  // `hello` as in deploy/samples: kube-lite/hello:<tag>, a readiness probe, and the given strategy values.
  k8s::apps::v1::Deployment MakeDeployment(const std::string& name, int replicas, const std::string& tag = "1");
  void Apply(const k8s::apps::v1::Deployment& deployment);
  void Edit(const std::string& name, const std::function<void(k8s::apps::v1::Deployment*)>& change);

  std::vector<std::shared_ptr<const k8s::core::v1::Pod>> Pods(const std::string& app);
  int ReadyPods(const std::string& app, const std::string& image = "");
  std::shared_ptr<const k8s::apps::v1::Deployment> Get(const std::string& name);
  // updated = ready = available = replicas = spec.replicas, and no pod more.
  bool IsComplete(const std::string& name);
  bool WaitUntil(const std::function<bool()>& condition, absl::Duration limit = absl::Seconds(60)) {
    return cluster_->WaitUntil(condition, limit);
  }
  client::Client& client() { return cluster_->client(); }

  std::unique_ptr<Cluster> cluster_;
};

}  // namespace kubelite::testing
