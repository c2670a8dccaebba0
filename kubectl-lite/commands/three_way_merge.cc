#include "kubectl-lite/commands/three_way_merge.h"

#include <string>

#include "absl/strings/match.h"
#include "common/api/json_plan.h"
#include "kubelite/options.pb.h"

namespace kubelite::cli {
namespace {

using api::FieldPlan;
using api::MessagePlan;
using rapidjson::SizeType;
using rapidjson::Value;

const Value& Empty(rapidjson::Type type) {
  static const auto* object = new Value(rapidjson::kObjectType);
  static const auto* array = new Value(rapidjson::kArrayType);
  return type == rapidjson::kArrayType ? *array : *object;
}

const Value* Find(const Value& object, const Value& name) {
  const auto found = object.FindMember(name);
  return found == object.MemberEnd() ? nullptr : &found->value;
}

// The member when it has that type, else an empty value of it.
const Value& MemberOr(const Value& object, const Value& name, rapidjson::Type type) {
  const Value* found = Find(object, name);
  return found != nullptr && found->GetType() == type ? *found : Empty(type);
}

class Merger {
 public:
  explicit Merger(rapidjson::Document::AllocatorType* allocator) : allocator_(*allocator) {}

  // `plan` is null below maps and for unknown members.
  void MergeObject(const MessagePlan* plan, const Value& original, const Value& modified, Value* current) {
    for (auto it = original.MemberBegin(); it != original.MemberEnd(); ++it) {
      if (!modified.HasMember(it->name)) current->RemoveMember(it->name);
    }
    for (auto it = modified.MemberBegin(); it != modified.MemberEnd(); ++it) {
      if (it->value.IsNull()) {
        current->RemoveMember(it->name);
      } else {
        MergeMember(FieldOf(plan, it->name), it->name, original, it->value, current);
      }
    }
  }

 private:
  static const FieldPlan* FieldOf(const MessagePlan* plan, const Value& name) {
    if (plan == nullptr) return nullptr;
    const auto found = plan->index.find(absl::string_view(name.GetString(), name.GetStringLength()));
    return found == plan->index.end() ? nullptr : &plan->fields[static_cast<size_t>(found->second)];
  }

  static const FieldFacts& Facts(const FieldPlan* field) {
    static const auto* none = new FieldFacts;
    return field == nullptr ? *none : field->field->options().GetExtension(kubelite::field);
  }

  Value Copy(const Value& value) { return Value(value, allocator_); }

  void MergeMember(const FieldPlan* field, const Value& name, const Value& original, const Value& modified,
                   Value* current) {
    const auto present = current->FindMember(name);
    if (present == current->MemberEnd()) {
      current->AddMember(Copy(name), Copy(modified), allocator_);
      return;
    }
    Value& value = present->value;
    if (modified.IsObject() && value.IsObject()) {
      const bool plain = field == nullptr || field->map_key != nullptr;
      const Value before = Copy(value);
      MergeObject(plain ? nullptr : field->message, MemberOr(original, name, rapidjson::kObjectType), modified, &value);
      if (absl::StrContains(Facts(field).patch_strategy(), "retainKeys") && value != before)
        RetainKeys(modified, &value);
    } else if (modified.IsArray() && value.IsArray()) {
      MergeList(field, MemberOr(original, name, rapidjson::kArrayType), modified, &value);
    } else {
      value = Copy(modified);
    }
  }

  // Alternatives such as the parameters of a strategy: when something changes, only what the manifest names stays.
  static void RetainKeys(const Value& modified, Value* value) {
    for (auto it = value->MemberBegin(); it != value->MemberEnd();)
      it = modified.HasMember(it->name) ? it + 1 : value->EraseMember(it);
  }

  void MergeList(const FieldPlan* field, const Value& original, const Value& modified, Value* current) {
    const FieldFacts& facts = Facts(field);
    if (!absl::StrContains(facts.patch_strategy(), "merge")) {
      *current = Copy(modified);
    } else if (facts.patch_merge_key().empty()) {
      MergeSet(original, modified, current);
    } else {
      const Value key(facts.patch_merge_key().c_str(), allocator_);
      const bool keyed = IsKeyed(modified, key) && IsKeyed(*current, key);
      *current = keyed ? MergedElements(field->message, key, original, modified, *current) : Copy(modified);
    }
  }

  void MergeSet(const Value& original, const Value& modified, Value* current) {
    Value merged = Copy(modified);
    for (const Value& element : current->GetArray()) {
      if (!Contains(modified, element) && !Contains(original, element)) merged.PushBack(Copy(element), allocator_);
    }
    *current = merged;
  }

  static bool Contains(const Value& list, const Value& element) {
    for (const Value& candidate : list.GetArray()) {
      if (candidate == element) return true;
    }
    return false;
  }

  // Whether each element is an object with a key of its own.
  static bool IsKeyed(const Value& list, const Value& key) {
    for (SizeType i = 0; i < list.Size(); ++i) {
      if (!list[i].IsObject() || !list[i].HasMember(key)) return false;
      for (SizeType j = 0; j < i; ++j) {
        if (list[j][key] == list[i][key]) return false;
      }
    }
    return true;
  }

  static const Value* FindElement(const Value& list, const Value& key, const Value& wanted) {
    for (const Value& element : list.GetArray()) {
      const Value* own = element.IsObject() ? Find(element, key) : nullptr;
      if (own != nullptr && *own == wanted) return &element;
    }
    return nullptr;
  }

  // In the manifest's order; then the elements that others have added.
  Value MergedElements(const MessagePlan* plan, const Value& key, const Value& original, const Value& modified,
                       const Value& current) {
    Value merged(rapidjson::kArrayType);
    for (const Value& element : modified.GetArray()) {
      const Value* present = FindElement(current, key, element[key]);
      const Value* before = FindElement(original, key, element[key]);
      Value result = Copy(present == nullptr ? element : *present);
      if (present != nullptr)
        MergeObject(plan, before == nullptr ? Empty(rapidjson::kObjectType) : *before, element, &result);
      merged.PushBack(result, allocator_);
    }
    for (const Value& element : current.GetArray()) {
      if (FindElement(modified, key, element[key]) != nullptr || FindElement(original, key, element[key]) != nullptr)
        continue;
      merged.PushBack(Copy(element), allocator_);
    }
    return merged;
  }

  rapidjson::Document::AllocatorType& allocator_;
};

}  // namespace

void ThreeWayMerge(const google::protobuf::Descriptor& type, const Value& original, const Value& modified,
                   Value* current, rapidjson::Document::AllocatorType& allocator) {
  Merger(&allocator).MergeObject(&api::PlanFor(&type), original, modified, current);
}

}  // namespace kubelite::cli
