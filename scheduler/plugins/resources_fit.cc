#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "k8s/core/v1.pb.h"
#include "scheduler/plugins/all.h"

namespace kubelite::scheduler {
namespace {

using k8s::core::v1::Pod;

constexpr const char* kScored[] = {"cpu", "memory"};

struct Requests : CycleState {
  Resources filter;
  Resources score;
};

std::unique_ptr<CycleState> ComputeRequests(const Pod& pod) {
  auto requests = std::make_unique<Requests>();
  requests->filter = PodRequests(pod);
  requests->score = PodRequestsForScore(pod);
  return requests;
}

// Filters by requests and prefers the node with most left (LeastAllocated).
class NodeResourcesFit : public Plugin {
 public:
  std::string name() const override { return "NodeResourcesFit"; }
  std::vector<ClusterEvent> events() const override {
    return {ClusterEvent::kNodeAdded, ClusterEvent::kNodeUpdated, ClusterEvent::kPodFreed};
  }
  std::unique_ptr<CycleState> PreFilter(const Pod& pod, const Snapshot&) const override { return ComputeRequests(pod); }
  Verdict Filter(const Pod&, const NodeInfo& node, const CycleState* state) const override {
    Verdict verdict;
    for (const auto& [name, amount] : static_cast<const Requests*>(state)->filter.amounts()) {
      if (amount == 0 || node.requested.Get(name) + amount <= node.allocatable.Get(name)) continue;
      verdict.reasons.push_back(name == "pods" ? "Too many pods" : absl::StrCat("Insufficient ", name));
    }
    return verdict;
  }
  int weight() const override { return 1; }
  int64_t Score(const Pod&, const NodeInfo& node, const CycleState* state) const override {
    int64_t sum = 0;
    int64_t counted = 0;
    for (const char* name : kScored) {
      const int64_t allocatable = node.allocatable.Get(name);
      if (allocatable == 0) continue;
      const int64_t requested =
          node.requested_for_score.Get(name) + static_cast<const Requests*>(state)->score.Get(name);
      if (requested <= allocatable) sum += (allocatable - requested) * 100 / allocatable;
      ++counted;
    }
    return counted == 0 ? 0 : sum / counted;
  }
};

// Prefers nodes whose CPU and memory stay used to a similar degree.
class BalancedAllocation : public Plugin {
 public:
  std::string name() const override { return "NodeResourcesBalancedAllocation"; }
  std::unique_ptr<CycleState> PreFilter(const Pod& pod, const Snapshot&) const override { return ComputeRequests(pod); }
  int weight() const override { return 1; }
  int64_t Score(const Pod&, const NodeInfo& node, const CycleState* state) const override {
    const Resources& wanted = static_cast<const Requests*>(state)->filter;
    if (wanted.Get("cpu") == 0 && wanted.Get("memory") == 0) return 0;
    Resources with = node.requested;
    with.Add(wanted);
    return 50 + (50 + Balance(with, node.allocatable) - Balance(node.requested, node.allocatable)) / 2;
  }

 private:
  static int64_t Balance(const Resources& requested, const Resources& allocatable) {
    std::vector<double> fractions;
    for (const char* name : kScored) {
      if (allocatable.Get(name) == 0) continue;
      fractions.push_back(
          std::min(1.0, static_cast<double>(requested.Get(name)) / static_cast<double>(allocatable.Get(name))));
    }
    const double deviation = fractions.size() == 2 ? std::abs(fractions[0] - fractions[1]) / 2 : 0;
    return static_cast<int64_t>((1 - deviation) * 100);
  }
};

}  // namespace

std::unique_ptr<const Plugin> NewNodeResourcesFit() { return std::make_unique<NodeResourcesFit>(); }
std::unique_ptr<const Plugin> NewNodeResourcesBalancedAllocation() { return std::make_unique<BalancedAllocation>(); }

}  // namespace kubelite::scheduler
