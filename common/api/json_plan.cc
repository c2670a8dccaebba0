#include "common/api/json_plan.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/api/scheme.h"
#include "common/base/check.h"
#include "common/base/mutex.h"
#include "kubelite/options.pb.h"

namespace kubelite::api {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;

struct ShapeRow {
  absl::string_view name;
  JsonShape shape;
};

constexpr ShapeRow kShapes[] = {
    {"k8s.meta.v1.Time", JsonShape::kTime},
    {"k8s.meta.v1.MicroTime", JsonShape::kMicroTime},
    {"k8s.meta.v1.Duration", JsonShape::kDuration},
    {"k8s.meta.v1.FieldsV1", JsonShape::kRawJson},
    {"k8s.meta.v1.Verbs", JsonShape::kItems},
    {"k8s.authentication.v1.ExtraValue", JsonShape::kItems},
    {"k8s.authorization.v1.ExtraValue", JsonShape::kItems},
    {"k8s.certificates.v1.ExtraValue", JsonShape::kItems},
    {"k8s.apimachinery.resource.Quantity", JsonShape::kQuantity},
    {"k8s.apimachinery.resource.QuantityValue", JsonShape::kQuantity},
    {"k8s.apimachinery.intstr.IntOrString", JsonShape::kIntOrString},
    {"k8s.apimachinery.runtime.RawExtension", JsonShape::kRawJson},
    {"k8s.apiextensions.v1.JSON", JsonShape::kRawJson},
    {"k8s.apiextensions.v1.JSONSchemaPropsOrBool", JsonShape::kSchemaOrBool},
    {"k8s.apiextensions.v1.JSONSchemaPropsOrArray", JsonShape::kSchemaOrArray},
    {"k8s.apiextensions.v1.JSONSchemaPropsOrStringArray", JsonShape::kSchemaOrStrings},
};

JsonShape ShapeOf(const Descriptor* descriptor) {
  for (const ShapeRow& row : kShapes) {
    if (row.name == absl::string_view(descriptor->full_name())) return row.shape;
  }
  return JsonShape::kObject;
}

bool IsStruct(const MessagePlan* message) {
  return message != nullptr && message->shape == JsonShape::kObject &&
         !message->descriptor->options().GetExtension(kubelite::message).atomic();
}

Topology TopologyOf(const FieldPlan& plan, const FieldFacts& facts) {
  if (plan.map_key != nullptr) return facts.atomic() ? Topology::kLeaf : Topology::kMap;
  if (!plan.field->is_repeated()) {
    const bool is_struct = IsStruct(plan.message) || (plan.message != nullptr && facts.has_atomic() && !facts.atomic());
    return is_struct && !facts.atomic() ? Topology::kStruct : Topology::kLeaf;
  }
  if (facts.list_type() == "set" && plan.message == nullptr) return Topology::kSet;
  const bool keyed = facts.list_type() == "map" && plan.message != nullptr && facts.list_map_keys_size() > 0;
  return keyed ? Topology::kKeyed : Topology::kLeaf;
}

// Plans by type. A type's plan is built together with those of all types it reaches, so that recursive types can point
// at plans that are not finished yet; nobody else sees them before the lock is released.
class PlanRegistry {
 public:
  const MessagePlan& Find(const Descriptor* descriptor) {
    base::MutexLock lock(&mutex_);
    return *FindLocked(descriptor);
  }

 private:
  const MessagePlan* FindLocked(const Descriptor* descriptor) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    std::unique_ptr<MessagePlan>& slot = plans_[descriptor];
    if (slot != nullptr) return slot.get();
    slot = std::make_unique<MessagePlan>();
    MessagePlan* plan = slot.get();
    Build(descriptor, plan);
    return plan;
  }

  void Build(const Descriptor* descriptor, MessagePlan* plan) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    plan->descriptor = descriptor;
    plan->shape = ShapeOf(descriptor);
    plan->type_meta = Scheme::Builtin().KindOf(descriptor);
    if (plan->type_meta != nullptr) {
      plan->type_meta_text = absl::StrCat("\"apiVersion\":\"", plan->type_meta->ApiVersion(), "\",\"kind\":\"",
                                          plan->type_meta->kind, "\"");
    }
    AddFields(descriptor, {}, plan);
    std::sort(plan->fields.begin(), plan->fields.end(),
              [](const FieldPlan& a, const FieldPlan& b) { return a.name < b.name; });
    CHECK(plan->fields.size() <= kMaxPlanFields);
    for (size_t i = 0; i < plan->fields.size(); ++i) plan->index.emplace(plan->fields[i].name, static_cast<int>(i));
  }

  void AddFields(const Descriptor* descriptor, const std::vector<const FieldDescriptor*>& through, MessagePlan* plan)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    for (int i = 0; i < descriptor->field_count(); ++i) {
      const FieldDescriptor* field = descriptor->field(i);
      const FieldFacts& facts = field->options().GetExtension(kubelite::field);
      if (facts.json_inline()) {
        std::vector<const FieldDescriptor*> deeper = through;
        deeper.push_back(field);
        AddFields(field->message_type(), deeper, plan);
      } else if (!field->json_name().empty() && field->json_name() != "-") {
        plan->fields.push_back(MakeField(field, facts, through, *plan));
      }
    }
  }

  FieldPlan MakeField(const FieldDescriptor* field, const FieldFacts& facts,
                      const std::vector<const FieldDescriptor*>& through, const MessagePlan& parent)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    FieldPlan plan;
    plan.name = field->json_name();
    plan.quoted = absl::StrCat("\"", plan.name, "\":");
    plan.through = through;
    plan.field = field;
    plan.value = field;
    if (field->is_map()) {
      plan.map_key = field->message_type()->map_key();
      plan.value = field->message_type()->map_value();
    }
    if (plan.value->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE)
      plan.message = FindLocked(plan.value->message_type());
    plan.presence = facts.presence();
    plan.always = facts.json_omit() == kubelite::ALWAYS;
    plan.omit_zero = facts.json_omit() == kubelite::OMITZERO;
    plan.empty_list_as_array = parent.type_meta != nullptr && plan.name == "items";
    plan.topology = TopologyOf(plan, facts);
    plan.struct_values = plan.map_key != nullptr && IsStruct(plan.message);
    plan.list_keys.assign(facts.list_map_keys().begin(), facts.list_map_keys().end());
    std::sort(plan.list_keys.begin(), plan.list_keys.end());
    plan.default_json = facts.default_value();
    return plan;
  }

  base::Mutex mutex_;
  absl::flat_hash_map<const Descriptor*, std::unique_ptr<MessagePlan>> plans_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

const MessagePlan& PlanFor(const Descriptor* descriptor) {
  static PlanRegistry& registry = *new PlanRegistry();
  return registry.Find(descriptor);
}

}  // namespace kubelite::api
