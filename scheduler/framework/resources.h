#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "google/protobuf/map.h"

namespace k8s::apimachinery::resource {
class Quantity;
}
namespace k8s::core::v1 {
class Pod;
}

namespace kubelite::scheduler {

// Amounts by resource name: cpu in thousandths, everything else in whole units. "pods" counts pods.
class Resources {
 public:
  using QuantityMap = google::protobuf::Map<std::string, k8s::apimachinery::resource::Quantity>;
  static Resources From(const QuantityMap& quantities);

  int64_t Get(const std::string& name) const;
  void Set(const std::string& name, int64_t amount) { amounts_[name] = amount; }
  void Add(const Resources& other);
  void Subtract(const Resources& other);
  // The larger amount of each.
  void Max(const Resources& other);
  const std::map<std::string, int64_t>& amounts() const { return amounts_; }

 private:
  std::map<std::string, int64_t> amounts_;
};

// What a pod asks for: the larger of its containers' sum and its init sequence (sidecars run along with what comes
// after them), plus overhead; pod-level requests win. Includes one of "pods".
Resources PodRequests(const k8s::core::v1::Pod& pod);
// The same, with 100m CPU and 200Mi memory for each container that names none: what scores count.
Resources PodRequestsForScore(const k8s::core::v1::Pod& pod);

}  // namespace kubelite::scheduler
