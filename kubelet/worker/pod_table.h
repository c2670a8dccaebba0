#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/api/object.h"
#include "common/base/mutex.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::kubelet {

enum class PodSource { kApi, kFile };

// A pod that this node is to run, or to end.
struct DesiredPod {
  std::shared_ptr<const k8s::core::v1::Pod> pod;
  PodSource source = PodSource::kApi;
  bool removed = false;                 // its source no longer has it: stop it and forget it
  std::optional<absl::Duration> grace;  // of a removed pod, instead of its own
};

// What the sources say, by uid. A removed pod stays until it is forgotten, when nothing of it is left on the node; a
// pod of the same name waits for that. Thread-safe.
class PodTable {
 public:
  using PodPtr = std::shared_ptr<const k8s::core::v1::Pod>;

  // Adds or updates a pod. False when it was removed before: what ends does not come back.
  bool Set(PodPtr pod, PodSource source);
  // False when it is unknown or removed already.
  bool Remove(const std::string& uid);
  // A pod that only the runtime knows: to be ended.
  void AddOrphan(PodPtr pod, PodSource source, absl::Duration grace);
  // Returns the uids of pods that waited for the name.
  std::vector<std::string> Forget(const std::string& uid);

  std::optional<DesiredPod> Find(const std::string& uid) const;
  // The one that is not removed.
  std::optional<DesiredPod> FindByName(const api::ObjectKey& key) const;
  // Another pod of this name is still ending.
  bool NameIsTaken(const std::string& uid) const;
  std::vector<DesiredPod> List() const;

 private:
  mutable base::Mutex mutex_;
  std::map<std::string, DesiredPod> pods_ ABSL_GUARDED_BY(mutex_);
  std::map<api::ObjectKey, std::vector<std::string>> by_name_ ABSL_GUARDED_BY(mutex_);  // uids in order of arrival
};

}  // namespace kubelite::kubelet
