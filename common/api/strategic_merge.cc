#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/api/json_plan.h"
#include "common/api/json_tree.h"
#include "common/api/patch.h"
#include "common/base/status_macros.h"
#include "kubelite/options.pb.h"

namespace kubelite::api {
namespace {

constexpr absl::string_view kPatch = "$patch";
constexpr absl::string_view kRetainKeys = "$retainKeys";
constexpr absl::string_view kDeleteItems = "$deleteFromPrimitiveList/";
constexpr absl::string_view kOrder = "$setElementOrder/";

// What the schema says of one member: the message below it, and how its list merges.
struct Rule {
  const MessagePlan* message = nullptr;
  std::string merge_key;
  bool merges = false;  // lists of scalars too; otherwise a list is replaced
};

Rule RuleOf(const MessagePlan* plan, absl::string_view key) {
  if (plan == nullptr || plan->shape != JsonShape::kObject) return {};
  const auto found = plan->index.find(key);
  if (found == plan->index.end()) return {};
  const FieldPlan& field = plan->fields[static_cast<size_t>(found->second)];
  if (field.map_key != nullptr) return {};  // merged by its keys, its values replaced or merged without a schema
  const FieldFacts& facts = field.field->options().GetExtension(kubelite::field);
  const std::vector<absl::string_view> strategies = absl::StrSplit(facts.patch_strategy(), ',');
  return {.message = field.message,
          .merge_key = facts.patch_merge_key(),
          .merges = std::count(strategies.begin(), strategies.end(), "merge") > 0};
}

absl::Status Bad(absl::string_view what) { return absl::InvalidArgumentError(absl::StrCat("invalid patch: ", what)); }

std::string Directive(const JsonTree& patch) {
  const JsonTree* directive = patch.is_object() ? patch.Find(kPatch) : nullptr;
  return directive == nullptr ? "" : directive->Text();
}

// Nulls and directives have a meaning only where there is something to change.
JsonTree WithoutDirectives(JsonTree value) {
  std::erase_if(value.members, [](const auto& member) {
    return member.second.is_null() || member.first == kPatch || member.first == kRetainKeys ||
           absl::StartsWith(member.first, kDeleteItems) || absl::StartsWith(member.first, kOrder);
  });
  for (auto& [key, member] : value.members) member = WithoutDirectives(std::move(member));
  for (JsonTree& item : value.items) item = WithoutDirectives(std::move(item));
  return value;
}

absl::Status MergeObject(JsonTree* target, const JsonTree& patch, const MessagePlan* plan);

JsonTree* FindItem(std::vector<JsonTree>* items, const std::string& key, const JsonTree& wanted) {
  const auto it = std::find_if(items->begin(), items->end(), [&](const JsonTree& item) {
    const JsonTree* value = item.Find(key);
    return value != nullptr && *value == wanted;
  });
  return it == items->end() ? nullptr : &*it;
}

absl::Status MergeKeyedList(JsonTree* target, const JsonTree& patch, const Rule& rule) {
  for (const JsonTree& item : patch.items) {
    if (Directive(item) == "replace" && item.Find(rule.merge_key) == nullptr) {
      target->items.clear();  // the whole list becomes what else the patch has
      continue;
    }
    const JsonTree* key = item.Find(rule.merge_key);
    if (key == nullptr) {
      return Bad(absl::StrCat("map: ", item.ToJson(), " does not contain declared merge key: ", rule.merge_key));
    }
    JsonTree* const found = FindItem(&target->items, rule.merge_key, *key);
    if (Directive(item) == "delete") {
      if (found != nullptr) target->items.erase(target->items.begin() + (found - target->items.data()));
    } else if (found == nullptr) {
      target->items.push_back(WithoutDirectives(item));
    } else {
      RETURN_IF_ERROR(MergeObject(found, item, rule.message));
    }
  }
  return absl::OkStatus();
}

absl::Status MergeList(JsonTree* target, const JsonTree& patch, const Rule& rule) {
  if (!rule.merges || !target->is_array()) {
    *target = WithoutDirectives(patch);
    std::erase_if(target->items, [](const JsonTree& item) { return item.is_object() && item.members.empty(); });
    return absl::OkStatus();
  }
  if (!rule.merge_key.empty()) return MergeKeyedList(target, patch, rule);
  for (const JsonTree& item : patch.items) {
    if (std::find(target->items.begin(), target->items.end(), item) == target->items.end()) {
      target->items.push_back(item);
    }
  }
  return absl::OkStatus();
}

// Elements that `order` names come in its order; each other one keeps its place after what preceded it.
void SetOrder(JsonTree* list, const JsonTree& order, const std::string& merge_key) {
  const auto rank = [&](const JsonTree& item) -> ptrdiff_t {
    for (size_t i = 0; i < order.items.size(); ++i) {
      const JsonTree* wanted = merge_key.empty() ? &order.items[i] : order.items[i].Find(merge_key);
      const JsonTree* own = merge_key.empty() ? &item : item.Find(merge_key);
      if (wanted != nullptr && own != nullptr && *wanted == *own) return static_cast<ptrdiff_t>(i);
    }
    return -1;
  };
  std::vector<std::pair<ptrdiff_t, JsonTree>> named;
  std::vector<size_t> places;
  for (size_t i = 0; i < list->items.size(); ++i) {
    const ptrdiff_t at = rank(list->items[i]);
    if (at < 0) continue;
    places.push_back(i);
    named.emplace_back(at, list->items[i]);
  }
  std::stable_sort(named.begin(), named.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (size_t i = 0; i < places.size(); ++i) list->items[places[i]] = std::move(named[i].second);
}

void RetainKeys(JsonTree* target, const JsonTree& keys) {
  std::erase_if(target->members, [&](const auto& member) {
    return std::none_of(keys.items.begin(), keys.items.end(),
                        [&](const JsonTree& key) { return key.Text() == member.first; });
  });
}

absl::Status MergeMember(JsonTree* target, absl::string_view key, const JsonTree& change, const MessagePlan* plan) {
  if (change.is_null()) {
    target->Erase(key);
    return absl::OkStatus();
  }
  const Rule rule = RuleOf(plan, key);
  JsonTree* const old = target->Find(key);
  if (old == nullptr || old->is_null() || old->kind != change.kind) {
    if (Directive(change) == "delete") {
      target->Erase(key);
    } else {
      target->Set(key, WithoutDirectives(change));
    }
    return absl::OkStatus();
  }
  if (change.is_object() && Directive(change) == "delete") {
    target->Erase(key);
    return absl::OkStatus();
  }
  if (change.is_object()) return MergeObject(old, change, rule.message);
  if (change.is_array()) return MergeList(old, change, rule);
  *old = change;
  return absl::OkStatus();
}

absl::Status MergeObject(JsonTree* target, const JsonTree& patch, const MessagePlan* plan) {
  const std::string directive = Directive(patch);
  if (directive == "replace") {
    *target = WithoutDirectives(patch);
    return absl::OkStatus();
  }
  if (!directive.empty() && directive != "merge") return Bad(absl::StrCat("unknown $patch: ", directive));
  if (const JsonTree* keys = patch.Find(kRetainKeys)) RetainKeys(target, *keys);
  // The order is set last, when all elements are there.
  for (const auto& [key, change] : patch.members) {
    absl::string_view name = key;
    if (name == kPatch || name == kRetainKeys || absl::StartsWith(name, kOrder)) continue;
    if (!absl::ConsumePrefix(&name, kDeleteItems)) {
      RETURN_IF_ERROR(MergeMember(target, name, change, plan));
    } else if (JsonTree* list = target->Find(name)) {
      std::erase_if(list->items, [&gone = change.items](const JsonTree& item) {
        return std::find(gone.begin(), gone.end(), item) != gone.end();
      });
    }
  }
  for (const auto& [key, order] : patch.members) {
    absl::string_view name = key;
    if (!absl::ConsumePrefix(&name, kOrder)) continue;
    if (JsonTree* list = target->Find(name)) SetOrder(list, order, RuleOf(plan, name).merge_key);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> ApplyStrategicMergePatch(absl::string_view document, absl::string_view patch,
                                                     const google::protobuf::Descriptor* schema) {
  ASSIGN_OR_RETURN(JsonTree target, JsonTree::Parse(document));
  ASSIGN_OR_RETURN(const JsonTree changes, JsonTree::Parse(patch));
  if (!changes.is_object()) return Bad("it must be an object");
  RETURN_IF_ERROR(MergeObject(&target, changes, &PlanFor(schema)));
  return target.ToJson();
}

}  // namespace kubelite::api
