#pragma once

#include <memory>
#include <string>

#include "common/api/object.h"
#include "common/api/scheme.h"

namespace k8s::apps::v1 {
class ReplicaSet;
class ReplicaSetStatus;
}  // namespace k8s::apps::v1

namespace kubelite::controllers {

// ReplicaSet and ReplicationController are one controller over two kinds: the second is read as the first.
struct ReplicaKind {
  std::string controller_name;
  const api::ResourceInfo* resource = nullptr;
  // A view of an object of this kind; shares it where it can.
  std::shared_ptr<const k8s::apps::v1::ReplicaSet> (*view)(const api::ObjectPtr& object) = nullptr;
  // A copy of `object` with this status.
  std::unique_ptr<api::Object> (*with_status)(const api::Object& object,
                                              const k8s::apps::v1::ReplicaSetStatus& status) = nullptr;
};

const ReplicaKind& ReplicaSetKind();
const ReplicaKind& ReplicationControllerKind();

}  // namespace kubelite::controllers
