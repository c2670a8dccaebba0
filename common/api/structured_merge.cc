#include "common/api/structured_merge.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/api/errors.h"
#include "common/api/object_fields.h"
#include "common/api/typed_tree.h"
#include "common/base/status_macros.h"

namespace kubelite::api {
namespace {

FieldSet OnlyWanted(const FieldSet& fields, absl::FunctionRef<bool(absl::string_view)> wanted) {
  FieldSet out;
  for (const FieldSet::Node& node : fields.nodes()) {
    if (wanted(node.element.text)) out.Add(node.element, node.member, node.below);
  }
  return out;
}

// `merged` without what `last` had and nobody owns now. Fields that nobody ever owned (defaults) stay in a struct of
// which something is still owned.
JsonTree Prune(const JsonTree& merged, const FieldSet& last, const FieldSet& owned, const MessagePlan& plan) {
  const FieldSet last_fields = WithStructs(last, plan);
  const FieldSet all = WithStructs(PresentFields(merged, plan), plan);
  const auto without = [&](const FieldSet& fields) {
    JsonTree tree = merged;
    RemoveFields(fields, plan, &tree);
    return tree;
  };
  const auto left_of = [&](const JsonTree& tree) { return WithStructs(PresentFields(tree, plan), plan); };
  const FieldSet kept = left_of(without(last_fields)).Union(WithStructs(owned, plan));
  const FieldSet left = left_of(without(all.Difference(kept)));
  return without(all.Difference(left).Intersection(last_fields));
}

std::vector<ApplyConflict> FindConflicts(const ManagedFields& managed, const FieldManager& self,
                                         const FieldSet& changed) {
  std::vector<ApplyConflict> conflicts;
  for (const ManagedFields::Entry& entry : managed.entries()) {
    if (entry.manager.SameIdentity(self)) continue;
    FieldSet fields = entry.set().Intersection(changed);
    if (!fields.empty()) conflicts.push_back({entry.manager, std::move(fields)});
  }
  std::sort(conflicts.begin(), conflicts.end(),
            [](const ApplyConflict& a, const ApplyConflict& b) { return a.manager.ToString() < b.manager.ToString(); });
  return conflicts;
}

}  // namespace

absl::StatusOr<StructuredResult> ApplyStructured(const StructuredApply& apply, ManagedFields* managed) {
  ASSIGN_OR_RETURN(const FieldSet listed, FieldsOf(apply.applied, apply.plan));
  const FieldSet own = OnlyWanted(listed, apply.wanted).Difference(UntrackedFields());
  StructuredResult result;
  result.object = MergeTrees(apply.live, apply.applied, apply.plan);
  const ManagedFields::Entry* previous = managed->Find(apply.manager);
  // A set in another version of the kind may name other fields, so nothing is taken out because of it.
  if (previous != nullptr && previous->proto.apiversion() == apply.manager.api_version) {
    FieldSet owned = listed;
    for (const ManagedFields::Entry& entry : managed->entries()) {
      if (&entry != previous) owned = owned.Union(entry.set());
    }
    result.object = Prune(result.object, previous->set(), owned, apply.plan);
  }
  const FieldChanges all = CompareTrees(apply.live, result.object, apply.plan);
  const FieldSet changed = OnlyWanted(all.added.Union(all.modified), apply.wanted);
  const FieldSet removed = OnlyWanted(all.removed, apply.wanted);
  result.conflicts = FindConflicts(*managed, apply.manager, changed);
  if (!result.conflicts.empty() && !apply.force) return result;
  result.conflicts.clear();
  const FieldSet lost = changed.Union(removed);
  for (ManagedFields::Entry& entry : managed->entries()) {
    if (!entry.manager.SameIdentity(apply.manager) && entry.set().Intersects(lost)) {
      entry.set_set(entry.set().Difference(lost));
    }
  }
  managed->Put(apply.manager, own, apply.now);
  managed->DropEmpty();
  return result;
}

FieldSet LastAppliedFields(const JsonTree& last_applied, const JsonTree& live, const MessagePlan& plan) {
  const FieldChanges changes = CompareTrees(last_applied, live, plan);
  return PresentFields(last_applied, plan)
      .Difference(changes.modified)
      .Difference(changes.added)
      .Difference(changes.removed);
}

std::vector<ApplyConflict> WithoutFields(const std::vector<ApplyConflict>& conflicts, const FieldSet& fields) {
  std::vector<ApplyConflict> left;
  for (const ApplyConflict& conflict : conflicts) {
    FieldSet other = conflict.fields.Difference(fields);
    if (!other.empty()) left.push_back({conflict.manager, std::move(other)});
  }
  return left;
}

absl::Status ConflictStatus(const std::vector<ApplyConflict>& conflicts) {
  k8s::meta::v1::Status status;
  status.set_status("Failure");
  status.set_reason("Conflict");
  status.set_code(409);
  size_t count = 0;
  std::string single;
  std::string several;
  for (const ApplyConflict& conflict : conflicts) {
    const std::string manager = conflict.manager.ToString();
    absl::StrAppend(&several, several.empty() ? "" : "\n", "conflicts with ", manager, ":");
    for (const std::string& path : conflict.fields.Paths()) {
      k8s::meta::v1::StatusCause* cause = status.mutable_details()->add_causes();
      cause->set_reason("FieldManagerConflict");
      cause->set_message(absl::StrCat("conflict with ", manager));
      cause->set_field(path);
      absl::StrAppend(&several, "\n- ", path);
      single = absl::StrCat("conflict with ", manager, ": ", path);
      ++count;
    }
  }
  status.set_message(count == 1 ? absl::StrCat("Apply failed with 1 conflict: ", single)
                                : absl::StrCat("Apply failed with ", count, " conflicts: ", several));
  return FromApiStatus(status);
}

}  // namespace kubelite::api
