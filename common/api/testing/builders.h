#pragma once

// Fluent builders for the objects that tests need most:
//   MakePod("web-1").Labels({{"app", "web"}}).Node("n1").Ready().Build()
// Namespaced objects are in "default"; the uid is "uid-<name>". Build returns a value, BuildPtr a shared const one.

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "common/api/object.h"
#include "k8s/apps/v1.pb.h"
#include "k8s/core/v1.pb.h"
#include "k8s/meta/v1.pb.h"

namespace kubelite::api::testing {

using Strings = std::map<std::string, std::string>;

// The edits of metadata, behind the builders below.
void SetMeta(const std::string& name, const std::string& name_space, k8s::meta::v1::ObjectMeta* meta);
void AddOwner(const Object& owner, k8s::meta::v1::ObjectMeta* meta);
void SetTimestamp(absl::Time time, k8s::meta::v1::Time* out);

template <typename Self, typename T>
class ObjectBuilder {
 public:
  Self& Namespace(const std::string& name_space) {
    return Meta([&](auto* meta) { meta->set_namespace_(name_space); });
  }
  Self& Uid(const std::string& uid) {
    return Meta([&](auto* meta) { meta->set_uid(uid); });
  }
  Self& Version(int64_t version) {
    return Meta([&](auto* meta) { meta->set_resourceversion(std::to_string(version)); });
  }
  Self& Generation(int64_t generation) {
    return Meta([&](auto* meta) { meta->set_generation(generation); });
  }
  Self& Label(const std::string& key, const std::string& value) {
    return Meta([&](auto* meta) { (*meta->mutable_labels())[key] = value; });
  }
  Self& Labels(const Strings& labels) {
    for (const auto& [key, value] : labels) Label(key, value);
    return self();
  }
  Self& Annotation(const std::string& key, const std::string& value) {
    return Meta([&](auto* meta) { (*meta->mutable_annotations())[key] = value; });
  }
  Self& Finalizer(const std::string& finalizer) {
    return Meta([&](auto* meta) { meta->add_finalizers(finalizer); });
  }
  // A controlling owner.
  Self& Owner(const Object& owner) {
    return Meta([&](auto* meta) { AddOwner(owner, meta); });
  }
  Self& Created(absl::Time time) {
    return Meta([&](auto* meta) { SetTimestamp(time, meta->mutable_creationtimestamp()); });
  }
  Self& Deleting(absl::Time time) {
    return Meta([&](auto* meta) { SetTimestamp(time, meta->mutable_deletiontimestamp()); });
  }
  // Any other edit.
  template <typename Edit>
  Self& With(Edit edit) {
    edit(&object_);
    return self();
  }

  T Build() const { return object_; }
  std::shared_ptr<const T> BuildPtr() const { return std::make_shared<const T>(object_); }

 protected:
  ObjectBuilder(const std::string& name, const std::string& name_space) {
    SetMeta(name, name_space, object_.mutable_metadata());
  }
  Self& self() { return static_cast<Self&>(*this); }
  template <typename Edit>
  Self& Meta(Edit edit) {
    edit(object_.mutable_metadata());
    return self();
  }
  T object_;
};

// A pod with the container "main" of image "hello:1", Pending and not bound.
class PodBuilder : public ObjectBuilder<PodBuilder, k8s::core::v1::Pod> {
 public:
  explicit PodBuilder(const std::string& name);
  PodBuilder& Node(const std::string& node);
  PodBuilder& Phase(const std::string& phase);
  // Sets the Ready condition; a ready pod is also Running.
  PodBuilder& Ready(bool ready = true, absl::Time since = absl::UnixEpoch());
  PodBuilder& Condition(const std::string& type, bool holds, absl::Time since = absl::UnixEpoch());
  PodBuilder& Image(const std::string& image);  // of the first container
  PodBuilder& Container(const std::string& name, const std::string& image);
  PodBuilder& Requests(const Strings& requests);  // of the first container: {{"cpu", "100m"}}
  PodBuilder& NodeSelector(const Strings& labels);
  PodBuilder& Tolerate(const std::string& key, const std::string& effect);  // with operator Exists
  PodBuilder& Ip(const std::string& ip);
  PodBuilder& RestartPolicy(const std::string& policy);
};

// A node with capacity and allocatable of 4 CPUs, 8Gi and 110 pods.
class NodeBuilder : public ObjectBuilder<NodeBuilder, k8s::core::v1::Node> {
 public:
  explicit NodeBuilder(const std::string& name);
  NodeBuilder& Ready(bool ready = true, absl::Time heartbeat = absl::UnixEpoch());
  NodeBuilder& Allocatable(const Strings& resources);  // and capacity
  NodeBuilder& Taint(const std::string& key, const std::string& value, const std::string& effect);
  NodeBuilder& Unschedulable(bool unschedulable = true);
};

// Labels and selector are app=<name>; the template has one container as MakePod's.
class ReplicaSetBuilder : public ObjectBuilder<ReplicaSetBuilder, k8s::apps::v1::ReplicaSet> {
 public:
  explicit ReplicaSetBuilder(const std::string& name);
  ReplicaSetBuilder& Replicas(int replicas);
  ReplicaSetBuilder& Selector(const Strings& labels);  // also the template's labels
  ReplicaSetBuilder& Image(const std::string& image);
  ReplicaSetBuilder& Status(int replicas, int ready, int available);
};

class DeploymentBuilder : public ObjectBuilder<DeploymentBuilder, k8s::apps::v1::Deployment> {
 public:
  explicit DeploymentBuilder(const std::string& name);
  DeploymentBuilder& Replicas(int replicas);
  DeploymentBuilder& Selector(const Strings& labels);
  DeploymentBuilder& Image(const std::string& image);
  DeploymentBuilder& RollingUpdate(const std::string& max_surge, const std::string& max_unavailable);  // "1" or "25%"
  DeploymentBuilder& Recreate();
};

inline PodBuilder MakePod(const std::string& name) { return PodBuilder(name); }
inline NodeBuilder MakeNode(const std::string& name) { return NodeBuilder(name); }
inline ReplicaSetBuilder MakeReplicaSet(const std::string& name) { return ReplicaSetBuilder(name); }
inline DeploymentBuilder MakeDeployment(const std::string& name) { return DeploymentBuilder(name); }

}  // namespace kubelite::api::testing
