#include "scheduler/framework/pick_node.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::scheduler {
namespace {

using States = std::vector<std::unique_ptr<CycleState>>;

std::vector<const NodeInfo*> FeasibleNodes(const k8s::core::v1::Pod& pod, const Snapshot& snapshot,
                                           const PluginList& plugins, const States& states, Decision* decision) {
  std::vector<const NodeInfo*> feasible;
  for (const NodeInfoPtr& node : snapshot.nodes) {
    bool accepted = true;
    for (size_t i = 0; i < plugins.size() && accepted; ++i) {
      const Verdict verdict = plugins[i]->Filter(pod, *node, states[i].get());
      if (verdict.ok()) continue;
      accepted = false;
      for (const std::string& reason : verdict.reasons) ++decision->reasons[reason];
      decision->rejecting_plugins.insert(plugins[i]->name());
    }
    if (accepted) feasible.push_back(node.get());
  }
  return feasible;
}

std::vector<int64_t> TotalScores(const k8s::core::v1::Pod& pod, const std::vector<const NodeInfo*>& nodes,
                                 const PluginList& plugins, const States& states) {
  std::vector<int64_t> totals(nodes.size(), 0);
  for (size_t i = 0; i < plugins.size(); ++i) {
    if (plugins[i]->weight() == 0) continue;
    std::vector<int64_t> scores;
    scores.reserve(nodes.size());
    for (const NodeInfo* node : nodes) scores.push_back(plugins[i]->Score(pod, *node, states[i].get()));
    plugins[i]->Normalize(&scores);
    for (size_t n = 0; n < nodes.size(); ++n) totals[n] += plugins[i]->weight() * scores[n];
  }
  return totals;
}

}  // namespace

std::string Decision::Message() const {
  if (nodes_total == 0) return "no nodes available to schedule pods";
  std::vector<std::string> parts;
  for (const auto& [reason, count] : reasons) parts.push_back(absl::StrCat(count, " ", reason));
  std::sort(parts.begin(), parts.end());
  return absl::StrCat("0/", nodes_total, " nodes are available: ", absl::StrJoin(parts, ", "), ".");
}

Decision PickNode(const k8s::core::v1::Pod& pod, const Snapshot& snapshot, const PluginList& plugins,
                  base::Random* random) {
  Decision decision;
  decision.nodes_total = static_cast<int>(snapshot.nodes.size());
  States states;
  states.reserve(plugins.size());
  for (const auto& plugin : plugins) states.push_back(plugin->PreFilter(pod, snapshot));
  const std::vector<const NodeInfo*> feasible = FeasibleNodes(pod, snapshot, plugins, states, &decision);
  if (feasible.empty()) return decision;
  const std::vector<int64_t> totals = TotalScores(pod, feasible, plugins, states);
  const int64_t best = *std::max_element(totals.begin(), totals.end());
  std::vector<const NodeInfo*> ties;
  for (size_t i = 0; i < feasible.size(); ++i) {
    if (totals[i] == best) ties.push_back(feasible[i]);
  }
  decision.node = ties[random->Uniform(ties.size())]->node->metadata().name();
  return decision;
}

void NormalizeToMax(bool reverse, std::vector<int64_t>* scores) {
  const int64_t max = scores->empty() ? 0 : *std::max_element(scores->begin(), scores->end());
  for (int64_t& score : *scores) {
    score = max == 0 ? 0 : score * 100 / max;
    if (reverse) score = 100 - score;
  }
}

}  // namespace kubelite::scheduler
