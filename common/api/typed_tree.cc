#include "common/api/typed_tree.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "common/api/json_text.h"
#include "common/base/status_macros.h"

namespace kubelite::api {
namespace {

// How a value is seen. A leaf has neither.
struct TreeType {
  Topology topology = Topology::kLeaf;
  const FieldPlan* field = nullptr;      // of maps and lists
  const MessagePlan* message = nullptr;  // of structs
};

TreeType StructOf(const MessagePlan& plan) { return {Topology::kStruct, nullptr, &plan}; }

// The type of a member, or of an element of a list; `known` is false for a member that no schema has.
TreeType ChildOf(const TreeType& parent, const PathElement& element, bool* known) {
  *known = true;
  switch (parent.topology) {
    case Topology::kStruct: {
      const auto found = parent.message->index.find(element.text);
      if (found != parent.message->index.end()) {
        const FieldPlan& field = parent.message->fields[static_cast<size_t>(found->second)];
        return {field.topology, &field, field.topology == Topology::kStruct ? field.message : nullptr};
      }
      *known = parent.message->type_meta != nullptr && (element.text == "apiVersion" || element.text == "kind");
      return {};
    }
    case Topology::kMap:
      return parent.field->struct_values ? StructOf(*parent.field->message) : TreeType();
    case Topology::kKeyed:
      return StructOf(*parent.field->message);
    default:
      return {};
  }
}

TreeType ChildOf(const TreeType& parent, const PathElement& element) {
  bool known = false;
  return ChildOf(parent, element, &known);
}

bool IsList(const TreeType& type) { return type.topology == Topology::kSet || type.topology == Topology::kKeyed; }
bool IsMap(const TreeType& type) { return type.topology == Topology::kStruct || type.topology == Topology::kMap; }
bool IsEmpty(const JsonTree* tree) { return tree == nullptr || (tree->members.empty() && tree->items.empty()); }

// A list's element by its keys. What the element omits has the schema's default; else InvalidArgument.
absl::StatusOr<PathElement> ElementOf(const TreeType& list, const JsonTree& item) {
  if (list.topology == Topology::kSet) return PathElement{PathElement::Kind::kValue, item.ToJson()};
  if (!item.is_object()) return absl::InvalidArgumentError("associative list with keys may not have non-map elements");
  std::string keys = "{";
  for (const std::string& name : list.field->list_keys) {
    const JsonTree* value = item.Find(name);
    std::string text = value == nullptr ? "" : value->ToJson();
    if (value == nullptr) {
      const MessagePlan& message = *list.field->message;
      const auto found = message.index.find(name);
      if (found != message.index.end()) text = message.fields[static_cast<size_t>(found->second)].default_json;
    }
    if (text.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("associative list with keys has an element that omits key field \"", name,
                       "\" (and doesn't have default value)"));
    }
    if (keys.size() > 1) keys.push_back(',');
    AppendJsonString(name, &keys);
    absl::StrAppend(&keys, ":", text);
  }
  keys.push_back('}');
  return PathElement{PathElement::Kind::kKey, std::move(keys)};
}

// The live object may have been written before there were rules: such elements are told apart by their text.
PathElement AnyElementOf(const TreeType& list, const JsonTree& item) {
  absl::StatusOr<PathElement> element = ElementOf(list, item);
  return element.ok() ? *std::move(element) : PathElement{PathElement::Kind::kValue, item.ToJson()};
}

// Walks a value and adds its fields; of one that is to be applied, checks it too.
class FieldCollector {
 public:
  explicit FieldCollector(bool strict) : strict_(strict) {}

  absl::Status Collect(const TreeType& type, const JsonTree& value, const std::string& path, FieldSet* out) {
    if (value.is_null()) return absl::OkStatus();
    if (IsMap(type)) return Members(type, value, path, out);
    if (IsList(type)) return Items(type, value, path, out);
    return absl::OkStatus();
  }

 private:
  // Nothing when it does not matter.
  absl::Status At(const std::string& path, absl::string_view problem) const {
    if (!strict_) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat(path.empty() ? "." : path, ": ", problem));
  }

  absl::Status Members(const TreeType& type, const JsonTree& value, const std::string& path, FieldSet* out) {
    if (!value.is_object()) return At(path, absl::StrCat("expected map, got ", value.ToJson()));
    for (const auto& [name, member] : value.members) {
      PathElement element = PathElement::Field(name);
      const std::string here = absl::StrCat(path, element.ToString());
      bool known = false;
      const TreeType child = ChildOf(type, element, &known);
      if (!known) RETURN_IF_ERROR(At(here, "field not declared in schema"));
      FieldSet below;
      RETURN_IF_ERROR(Collect(child, member, here, &below));
      const bool empty = member.is_null() || (member.is_object() && member.members.empty());
      const bool whole = child.topology == Topology::kLeaf || type.topology == Topology::kMap || empty;
      out->Add(std::move(element), whole, std::move(below));
    }
    return absl::OkStatus();
  }

  absl::Status Items(const TreeType& type, const JsonTree& value, const std::string& path, FieldSet* out) {
    if (!value.is_array()) return At(path, absl::StrCat("expected list, got ", value.ToJson()));
    absl::flat_hash_set<std::string> seen;
    std::vector<FieldSet::Node> nodes;
    for (size_t i = 0; i < value.items.size(); ++i) {
      const absl::Status keyed = ElementOf(type, value.items[i]).status();
      if (!keyed.ok()) RETURN_IF_ERROR(At(path, absl::StrCat("element ", i, ": ", keyed.message())));
      PathElement element = AnyElementOf(type, value.items[i]);
      const std::string here = absl::StrCat(path, strict_ ? element.ToString() : "");
      if (!seen.insert(element.text).second) {
        RETURN_IF_ERROR(At(path, absl::StrCat("duplicate entries for key ", element.ToString())));
      }
      FieldSet below;
      RETURN_IF_ERROR(Collect(ChildOf(type, element), value.items[i], here, &below));
      nodes.push_back({std::move(element), true, std::move(below)});
    }
    *out = FieldSet::FromNodes(std::move(nodes));
    return absl::OkStatus();
  }

  const bool strict_;
};

JsonTree Merge(const TreeType& type, const JsonTree* live, const JsonTree* applied);

JsonTree MergeMembers(const TreeType& type, const JsonTree& live, const JsonTree& applied) {
  JsonTree out;
  out.kind = JsonTree::Kind::kObject;
  auto a = live.members.begin();
  auto b = applied.members.begin();
  while (a != live.members.end() || b != applied.members.end()) {
    const int order = a == live.members.end() ? 1 : b == applied.members.end() ? -1 : a->first.compare(b->first);
    const auto* left = order <= 0 ? &*a++ : nullptr;
    const auto* right = order >= 0 ? &*b++ : nullptr;
    const std::string& name = (left != nullptr ? left : right)->first;
    out.members.emplace_back(name,
                             Merge(ChildOf(type, PathElement::Field(name)), left == nullptr ? nullptr : &left->second,
                                   right == nullptr ? nullptr : &right->second));
  }
  return out;
}

// Merges two lists in upstream's order: what both have comes in `applied`'s order, what only `live` has before the next
// element that both have.
class ListMerger {
 public:
  ListMerger(const TreeType& type, const JsonTree& live, const JsonTree& applied)
      : item_type_(type.topology == Topology::kKeyed ? StructOf(*type.field->message) : TreeType()),
        live_(live.items),
        applied_(applied.items),
        left_(Names(type, live_)),
        right_(Names(type, applied_)) {
    for (size_t i = 0; i < left_.size(); ++i) in_live_.emplace(left_[i], i);
    in_applied_.insert(right_.begin(), right_.end());
    for (const std::string& name : right_) {
      if (in_live_.contains(name)) shared_.push_back(name);
    }
  }

  JsonTree Run() {
    JsonTree out;
    out.kind = JsonTree::Kind::kArray;
    size_t l = 0;
    size_t r = 0;
    while (l < left_.size() || r < right_.size()) {
      if (l < left_.size() && SkipLive(l, r)) {
        ++l;
      } else if (l < left_.size() && !in_applied_.contains(left_[l])) {
        out.items.push_back(live_[l++]);
      } else if (r < right_.size()) {
        out.items.push_back(TakeApplied(r));
        if (l < left_.size() && left_[l] == right_[r]) ++l;
        ++r;
      } else {
        ++l;  // merged already
      }
    }
    return out;
  }

 private:
  static std::vector<std::string> Names(const TreeType& type, const std::vector<JsonTree>& items) {
    std::vector<std::string> names;
    names.reserve(items.size());
    for (const JsonTree& item : items) names.push_back(AnyElementOf(type, item).text);
    return names;
  }

  // An element that both have, but another one is next; or that was merged before.
  bool SkipLive(size_t l, size_t r) const {
    if (!in_applied_.contains(left_[l])) return false;
    if (merged_.contains(left_[l])) return true;
    return r < right_.size() && left_[l] != right_[r] && next_shared_ < shared_.size() &&
           shared_[next_shared_] != left_[l];
  }

  JsonTree TakeApplied(size_t r) {
    const std::string& name = right_[r];
    merged_.insert(name);
    if (next_shared_ < shared_.size() && shared_[next_shared_] == name) ++next_shared_;
    const auto both = in_live_.find(name);
    return Merge(item_type_, both == in_live_.end() ? nullptr : &live_[both->second], &applied_[r]);
  }

  const TreeType item_type_;
  const std::vector<JsonTree>& live_;
  const std::vector<JsonTree>& applied_;
  const std::vector<std::string> left_;
  const std::vector<std::string> right_;
  absl::flat_hash_map<absl::string_view, size_t> in_live_;
  absl::flat_hash_set<absl::string_view> in_applied_;
  absl::flat_hash_set<absl::string_view> merged_;
  std::vector<absl::string_view> shared_;  // in `applied`'s order
  size_t next_shared_ = 0;
};

JsonTree Merge(const TreeType& type, const JsonTree* live, const JsonTree* applied) {
  if (applied == nullptr) return *live;
  if (live == nullptr || type.topology == Topology::kLeaf || (IsEmpty(live) && IsEmpty(applied))) return *applied;
  if (IsList(type)) return ListMerger(type, *live, *applied).Run();
  return MergeMembers(type, *live, *applied);
}

void CompareValues(const TreeType& type, const JsonTree* old, const JsonTree* now, bool* modified, FieldChanges* below);

void AddChange(const TreeType& type, PathElement element, const JsonTree* old, const JsonTree* now, FieldChanges* out) {
  FieldChanges below;
  bool modified = false;
  CompareValues(type, old, now, &modified, &below);
  out->added.Add(element, old == nullptr, std::move(below.added));
  out->removed.Add(element, now == nullptr, std::move(below.removed));
  out->modified.Add(std::move(element), modified, std::move(below.modified));
}

using Items = std::vector<std::pair<PathElement, const JsonTree*>>;

Items SortedItems(const TreeType& type, const JsonTree* list) {
  Items items;
  if (list == nullptr) return items;
  for (const JsonTree& item : list->items) items.emplace_back(AnyElementOf(type, item), &item);
  std::stable_sort(items.begin(), items.end(), [](const auto& a, const auto& b) { return Before(a.first, b.first); });
  return items;
}

void CompareItems(const TreeType& type, const JsonTree* old, const JsonTree* now, FieldChanges* out) {
  const Items left = SortedItems(type, old);
  const Items right = SortedItems(type, now);
  auto a = left.begin();
  auto b = right.begin();
  while (a != left.end() || b != right.end()) {
    const bool only_old = b == right.end() || (a != left.end() && Before(a->first, b->first));
    const bool only_new = a == left.end() || (b != right.end() && Before(b->first, a->first));
    const PathElement& element = only_new ? b->first : a->first;
    AddChange(ChildOf(type, element), element, only_new ? nullptr : a->second, only_old ? nullptr : b->second, out);
    if (!only_new) ++a;
    if (!only_old) ++b;
  }
}

void CompareMembers(const TreeType& type, const JsonTree* old, const JsonTree* now, FieldChanges* out) {
  static const JsonTree& none = *new JsonTree();
  const auto& left = (old == nullptr ? none : *old).members;
  const auto& right = (now == nullptr ? none : *now).members;
  auto a = left.begin();
  auto b = right.begin();
  while (a != left.end() || b != right.end()) {
    const int order = a == left.end() ? 1 : b == right.end() ? -1 : a->first.compare(b->first);
    const auto* x = order <= 0 ? &*a++ : nullptr;
    const auto* y = order >= 0 ? &*b++ : nullptr;
    const PathElement element = PathElement::Field((x != nullptr ? x : y)->first);
    AddChange(ChildOf(type, element), element, x == nullptr ? nullptr : &x->second, y == nullptr ? nullptr : &y->second,
              out);
  }
}

void CompareValues(const TreeType& type, const JsonTree* old, const JsonTree* now, bool* modified,
                   FieldChanges* below) {
  if (type.topology == Topology::kLeaf || (IsEmpty(old) && IsEmpty(now))) {
    *modified = old != nullptr && now != nullptr && !(*old == *now);
  } else if (IsList(type)) {
    CompareItems(type, old, now, below);
  } else {
    CompareMembers(type, old, now, below);
  }
}

JsonTree Null() { return JsonTree(); }

void Remove(const TreeType& type, const FieldSet& fields, JsonTree* tree) {
  // False: the child goes.
  const auto keep = [&](const PathElement& element, JsonTree* child) {
    const FieldSet::Node* node = fields.Find(element);
    if (node == nullptr) return true;
    if (node->member) return false;
    Remove(ChildOf(type, element), node->below, child);
    return true;
  };
  if (IsList(type)) {
    std::vector<JsonTree> kept;
    for (JsonTree& item : tree->items) {
      if (keep(AnyElementOf(type, item), &item)) kept.push_back(std::move(item));
    }
    tree->items = std::move(kept);
    if (tree->is_array() && tree->items.empty()) *tree = Null();
  } else if (IsMap(type)) {
    std::vector<std::pair<std::string, JsonTree>> kept;
    for (auto& [name, member] : tree->members) {
      if (keep(PathElement::Field(name), &member)) kept.emplace_back(name, std::move(member));
    }
    tree->members = std::move(kept);
    if (tree->is_object() && tree->members.empty()) *tree = Null();
  }
}

FieldSet AddStructs(const FieldSet& fields, const TreeType& type) {
  FieldSet out;
  for (const FieldSet::Node& node : fields.nodes()) {
    bool known = false;
    const TreeType child = ChildOf(type, node.element, &known);
    const bool named = node.element.kind == PathElement::Kind::kField && type.topology == Topology::kStruct && known;
    out.Add(node.element, node.member || named, AddStructs(node.below, child));
  }
  return out;
}

}  // namespace

void SortMembers(JsonTree* tree) {
  std::sort(tree->members.begin(), tree->members.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& [name, member] : tree->members) SortMembers(&member);
  for (JsonTree& item : tree->items) SortMembers(&item);
}

absl::StatusOr<FieldSet> FieldsOf(const JsonTree& value, const MessagePlan& plan) {
  FieldSet fields;
  RETURN_IF_ERROR(FieldCollector(/*strict=*/true).Collect(StructOf(plan), value, "", &fields));
  return fields;
}

FieldSet PresentFields(const JsonTree& value, const MessagePlan& plan) {
  FieldSet fields;
  FieldCollector(/*strict=*/false).Collect(StructOf(plan), value, "", &fields).IgnoreError();
  return fields;
}

JsonTree MergeTrees(const JsonTree& live, const JsonTree& applied, const MessagePlan& plan) {
  return Merge(StructOf(plan), &live, &applied);
}

FieldChanges CompareTrees(const JsonTree& old, const JsonTree& now, const MessagePlan& plan) {
  FieldChanges changes;
  CompareMembers(StructOf(plan), &old, &now, &changes);
  return changes;
}

void RemoveFields(const FieldSet& fields, const MessagePlan& plan, JsonTree* tree) {
  Remove(StructOf(plan), fields, tree);
}

FieldSet WithStructs(const FieldSet& fields, const MessagePlan& plan) { return AddStructs(fields, StructOf(plan)); }

}  // namespace kubelite::api
