#include "controllers/deployment/rollout.h"

#include <algorithm>
#include <cmath>

#include "common/api/int_or_string.h"
#include "common/api/time.h"
#include "controllers/deployment/revision.h"

namespace kubelite::controllers {
namespace {

using k8s::apimachinery::intstr::IntOrString;
using k8s::apps::v1::DeploymentSpec;
using k8s::apps::v1::ReplicaSet;

int Scaled(const IntOrString& value, bool is_set, int replicas, bool round_up) {
  // 25% is the API's default for both.
  return std::max(0, api::ScaledValue(is_set ? value : api::MakeString("25%"), replicas, round_up).value_or(0));
}

int Sum(const std::vector<PlannedReplicaSet*>& sets, int (PlannedReplicaSet::*value)() const) {
  int sum = 0;
  for (const PlannedReplicaSet* set : sets) sum += (set->*value)();
  return sum;
}

std::vector<PlannedReplicaSet*> Active(const std::vector<PlannedReplicaSet*>& sets) {
  std::vector<PlannedReplicaSet*> active;
  for (PlannedReplicaSet* set : sets) {
    if (set->replicas() > 0) active.push_back(set);
  }
  return active;
}

absl::Time CreatedAt(const PlannedReplicaSet& set) { return api::FromProto(set.after->metadata().creationtimestamp()); }

// The only ReplicaSet that counts, or null when there are several.
PlannedReplicaSet* ActiveOrLatest(const Rollout& rollout) {
  const std::vector<PlannedReplicaSet*> active = Active(rollout.all());
  if (active.size() == 1) return active.front();
  if (!active.empty()) return nullptr;
  if (rollout.current != nullptr) return rollout.current;
  return rollout.old.empty() ? nullptr : rollout.old.back();
}

// `current` has all replicas the deployment wants, and all of them are available.
bool IsSaturated(const Rollout& rollout) {
  int desired = 0;
  return rollout.current != nullptr && ReplicasAnnotation(*rollout.current->after, kDesiredReplicas, &desired) &&
         rollout.current->replicas() == rollout.bounds.replicas && desired == rollout.bounds.replicas &&
         rollout.current->available() == rollout.bounds.replicas;
}

// How many replicas to add to (or take from) one ReplicaSet so that it keeps its part of the deployment.
int Share(const PlannedReplicaSet& set, const Rollout& rollout) {
  if (rollout.bounds.replicas == 0) return -set.replicas();
  int old_max = 0;
  if (!ReplicasAnnotation(*set.after, kMaxReplicas, &old_max) || old_max == 0) old_max = rollout.status_replicas;
  if (old_max == 0) return 0;
  const double size = static_cast<double>(set.replicas()) * rollout.bounds.max_replicas / old_max;
  return static_cast<int>(std::lround(size)) - set.replicas();
}

// Larger ones first. Among equals newer ones first when growing, older ones first when shrinking.
void SortBySize(bool growing, std::vector<PlannedReplicaSet*>* sets) {
  std::stable_sort(sets->begin(), sets->end(), [growing](const PlannedReplicaSet* a, const PlannedReplicaSet* b) {
    if (a->replicas() != b->replicas()) return a->replicas() > b->replicas();
    return growing ? CreatedAt(*a) > CreatedAt(*b) : CreatedAt(*a) < CreatedAt(*b);
  });
}

// Old pods that are not available serve nobody: they go first. Returns how many were removed.
int RemoveUnhealthy(int limit, Rollout* rollout) {
  int removed = 0;
  for (PlannedReplicaSet* set : rollout->old) {
    const int count = std::min(limit - removed, set->replicas() - set->after->status().availablereplicas());
    if (count <= 0) continue;
    set->Scale(set->replicas() - count, rollout->bounds);
    removed += count;
  }
  return removed;
}

}  // namespace

RolloutBounds BoundsOf(const DeploymentSpec& spec) {
  RolloutBounds bounds;
  bounds.replicas = spec.has_replicas() ? spec.replicas() : 1;
  bounds.max_replicas = bounds.min_available = bounds.replicas;
  bounds.recreate = spec.strategy().type() == "Recreate";
  if (bounds.recreate) return bounds;
  const auto& rolling = spec.strategy().rollingupdate();
  const int surge = Scaled(rolling.maxsurge(), rolling.has_maxsurge(), bounds.replicas, true);
  int unavailable = Scaled(rolling.maxunavailable(), rolling.has_maxunavailable(), bounds.replicas, false);
  if (surge == 0 && unavailable == 0) unavailable = 1;
  bounds.max_replicas += surge;
  bounds.min_available -= std::min(unavailable, bounds.replicas);
  return bounds;
}

int PlannedReplicaSet::replicas() const { return after->spec().replicas(); }
int PlannedReplicaSet::before_replicas() const { return before == nullptr ? 0 : before->spec().replicas(); }
int PlannedReplicaSet::available() const {
  if (after->status().observedgeneration() < after->metadata().generation()) return 0;
  return std::min(after->status().availablereplicas(), replicas());
}

void PlannedReplicaSet::Scale(int replicas, const RolloutBounds& bounds) {
  if (SetReplicasAnnotations(bounds.replicas, bounds.max_replicas, after.get())) changed = true;
  if (after->spec().replicas() == replicas) return;
  after->mutable_spec()->set_replicas(replicas);
  changed = true;
}

std::vector<PlannedReplicaSet*> Rollout::all() const {
  std::vector<PlannedReplicaSet*> sets = old;
  if (current != nullptr) sets.push_back(current);
  return sets;
}

int Rollout::total() const { return Sum(all(), &PlannedReplicaSet::replicas); }

int NextReplicasOfCurrent(const Rollout& rollout) {
  const int present = rollout.current == nullptr ? 0 : rollout.current->replicas();
  const int wanted = rollout.bounds.replicas;
  if (rollout.bounds.recreate || present >= wanted) return wanted;
  const int room = std::max(0, rollout.bounds.max_replicas - rollout.total());
  return present + std::min(room, wanted - present);
}

bool RollCurrent(Rollout* rollout) {
  const int next = NextReplicasOfCurrent(*rollout);
  if (rollout->current == nullptr || rollout->current->replicas() == next) return false;
  rollout->current->Scale(next, rollout->bounds);
  return true;
}

bool RollOld(Rollout* rollout) {
  const int old_total = Sum(rollout->old, &PlannedReplicaSet::replicas);
  if (old_total == 0 || rollout->current == nullptr) return false;
  // Every pod of `current` that is not available yet counts as missing, so even if it never becomes available enough
  // others remain: a broken image stops here.
  const int missing = rollout->current->replicas() - rollout->current->available();
  const int limit = rollout->total() - rollout->bounds.min_available - missing;
  if (limit <= 0) return false;
  const int unhealthy = RemoveUnhealthy(limit, rollout);
  int healthy =
      std::min(Sum(rollout->all(), &PlannedReplicaSet::available) - rollout->bounds.min_available, limit - unhealthy);
  bool changed = unhealthy > 0;
  for (PlannedReplicaSet* set : rollout->old) {
    const int count = std::min(healthy, set->replicas());
    if (count <= 0) continue;
    set->Scale(set->replicas() - count, rollout->bounds);
    healthy -= count;
    changed = true;
  }
  return changed;
}

bool DrainOld(Rollout* rollout) {
  bool changed = false;
  for (PlannedReplicaSet* set : Active(rollout->old)) {
    set->Scale(0, rollout->bounds);
    changed = true;
  }
  return changed;
}

void ScaleProportionally(Rollout* rollout) {
  const RolloutBounds& bounds = rollout->bounds;
  if (PlannedReplicaSet* only = ActiveOrLatest(*rollout)) {
    only->Scale(bounds.replicas, bounds);
    return;
  }
  if (IsSaturated(*rollout)) {
    DrainOld(rollout);
    return;
  }
  if (bounds.recreate) return;
  std::vector<PlannedReplicaSet*> sets = Active(rollout->all());
  const int allowed = bounds.replicas > 0 ? bounds.max_replicas : 0;
  const int delta = allowed - Sum(sets, &PlannedReplicaSet::replicas);
  SortBySize(delta > 0, &sets);
  std::vector<int> sizes;
  int added = 0;
  for (const PlannedReplicaSet* set : sets) {
    const int rest = delta - added;
    const int share = rest == 0 ? 0 : Share(*set, *rollout);
    const int change = delta > 0 ? std::min(share, rest) : std::max(share, rest);
    sizes.push_back(set->replicas() + change);
    added += change;
  }
  if (!sizes.empty()) sizes.front() = std::max(0, sizes.front() + delta - added);
  for (size_t i = 0; i < sets.size(); ++i) sets[i]->Scale(sizes[i], bounds);
}

bool IsScalingEvent(const Rollout& rollout) {
  for (const PlannedReplicaSet* set : Active(rollout.all())) {
    int desired = 0;
    if (ReplicasAnnotation(*set->after, kDesiredReplicas, &desired) && desired != rollout.bounds.replicas) return true;
  }
  return false;
}

}  // namespace kubelite::controllers
