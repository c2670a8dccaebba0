#include "scheduler/framework/resources.h"

#include <algorithm>

#include "common/api/quantity.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::scheduler {
namespace {

using k8s::core::v1::Container;
using k8s::core::v1::Pod;

constexpr int64_t kDefaultMilliCpu = 100;
constexpr int64_t kDefaultMemory = 200LL * 1024 * 1024;

Resources ContainerRequests(const Container& container, bool for_score) {
  Resources requests = Resources::From(container.resources().requests());
  if (for_score) {
    if (requests.amounts().count("cpu") == 0) requests.Set("cpu", kDefaultMilliCpu);
    if (requests.amounts().count("memory") == 0) requests.Set("memory", kDefaultMemory);
  }
  return requests;
}

Resources Compute(const Pod& pod, bool for_score) {
  Resources total;
  for (const Container& container : pod.spec().containers()) total.Add(ContainerRequests(container, for_score));
  Resources sidecars;
  Resources init_peak;
  for (const Container& container : pod.spec().initcontainers()) {
    const Resources requests = ContainerRequests(container, for_score);
    if (container.restartpolicy() == "Always") {
      sidecars.Add(requests);
      init_peak.Max(sidecars);
      continue;
    }
    Resources during = sidecars;
    during.Add(requests);
    init_peak.Max(during);
  }
  total.Add(sidecars);
  total.Max(init_peak);
  const Resources of_pod = Resources::From(pod.spec().resources().requests());
  for (const auto& [name, amount] : of_pod.amounts()) total.Set(name, amount);
  total.Add(Resources::From(pod.spec().overhead()));
  total.Set("pods", 1);
  return total;
}

}  // namespace

Resources Resources::From(const QuantityMap& quantities) {
  Resources resources;
  for (const auto& [name, quantity] : quantities) {
    const api::Quantity value = api::Quantity::From(quantity);
    resources.Set(name, name == "cpu" ? value.MilliValue() : value.Value());
  }
  return resources;
}

int64_t Resources::Get(const std::string& name) const {
  const auto found = amounts_.find(name);
  return found == amounts_.end() ? 0 : found->second;
}

void Resources::Add(const Resources& other) {
  for (const auto& [name, amount] : other.amounts_) amounts_[name] += amount;
}

void Resources::Subtract(const Resources& other) {
  for (const auto& [name, amount] : other.amounts_) amounts_[name] -= amount;
}

void Resources::Max(const Resources& other) {
  for (const auto& [name, amount] : other.amounts_) {
    int64_t& mine = amounts_[name];
    mine = std::max(mine, amount);
  }
}

Resources PodRequests(const Pod& pod) { return Compute(pod, false); }
Resources PodRequestsForScore(const Pod& pod) { return Compute(pod, true); }

}  // namespace kubelite::scheduler
