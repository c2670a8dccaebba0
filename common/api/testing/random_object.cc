#include "common/api/testing/random_object.h"

#include "absl/strings/str_cat.h"
#include "common/api/int_or_string.h"
#include "common/api/json_plan.h"
#include "common/api/time.h"
#include "k8s/apimachinery/intstr.pb.h"
#include "k8s/meta/v1.pb.h"

namespace kubelite::api::testing {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::Reflection;

constexpr int kMaxDepth = 8;

class Filler {
 public:
  explicit Filler(base::Random* random) : random_(random) {}

  void Fill(const MessagePlan& plan, Message* out, int depth) {
    if (plan.shape != JsonShape::kObject) return FillShape(plan, out, depth);
    for (const FieldPlan& field : plan.fields) {
      // Deep levels get few members, or objects would grow without bound.
      if (random_->Uniform(depth < 2 ? 2 : 2 + depth) != 0) continue;
      if (field.message != nullptr && depth >= kMaxDepth) continue;
      Message* holder = out;
      for (const FieldDescriptor* step : field.through) {
        holder = holder->GetReflection()->MutableMessage(holder, step);
      }
      FillField(field, holder, depth);
      DropEmpty(field, out, 0);
    }
  }

 private:
  void FillField(const FieldPlan& field, Message* holder, int depth) {
    const Reflection* reflection = holder->GetReflection();
    if (!field.field->is_repeated()) {
      if (field.message == nullptr) return SetScalar(field.field, holder, field.presence);
      Message* child = reflection->MutableMessage(holder, field.field);
      Fill(*field.message, child, depth + 1);
      if (!field.presence && child->ByteSizeLong() == 0) reflection->ClearField(holder, field.field);
      return;
    }
    const uint64_t size = random_->Uniform(3);
    for (uint64_t i = 0; i < size; ++i) {
      if (field.map_key != nullptr) {
        Message* entry = reflection->AddMessage(holder, field.field);
        entry->GetReflection()->SetString(entry, field.map_key, absl::StrCat("key", i, "/", Text()));
        if (field.message == nullptr) {
          SetScalar(field.value, entry, true);
        } else {
          Fill(*field.message, entry->GetReflection()->MutableMessage(entry, field.value), depth + 2);
        }
      } else if (field.message != nullptr) {
        Fill(*field.message, reflection->AddMessage(holder, field.field), depth + 1);
      } else {
        AddScalar(field.field, holder);
      }
    }
  }

  static void DropEmpty(const FieldPlan& field, Message* message, size_t step) {
    if (step == field.through.size()) return;
    Message* inlined = message->GetReflection()->MutableMessage(message, field.through[step]);
    DropEmpty(field, inlined, step + 1);
    if (inlined->ByteSizeLong() == 0) message->GetReflection()->ClearField(message, field.through[step]);
  }

  std::string Text() {
    static const char* const kPieces[] = {"a",      "Z9",     "\"",         "\\",  "\n\t",
                                          "\u00e9", "\u2028", "\U0001F600", "<&>", "\x01"};
    std::string text = "s";
    for (uint64_t i = random_->Uniform(4); i > 0; --i) text += kPieces[random_->Uniform(std::size(kPieces))];
    return text;
  }

  int64_t Integer(const FieldDescriptor* field, bool may_be_zero) {
    if (may_be_zero && random_->Uniform(3) == 0) return 0;
    const auto wide = static_cast<int64_t>(random_->Next() | 1U);
    return field->cpp_type() == FieldDescriptor::CPPTYPE_INT64 ? wide : static_cast<int32_t>(wide) | 1;
  }

  double Number() { return (random_->Fraction() - 0.5) * (random_->Uniform(2) == 0 ? 1e-9 : 1e25); }

  void SetScalar(const FieldDescriptor* field, Message* out, bool may_be_zero) {
    const Reflection* reflection = out->GetReflection();
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        return reflection->SetString(out, field, may_be_zero && random_->Uniform(3) == 0 ? "" : Text());
      case FieldDescriptor::CPPTYPE_BOOL:
        return reflection->SetBool(out, field, !may_be_zero || random_->Uniform(2) == 0);
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return reflection->SetDouble(out, field, Number());
      case FieldDescriptor::CPPTYPE_INT64:
        return reflection->SetInt64(out, field, Integer(field, may_be_zero));
      default:
        return reflection->SetInt32(out, field, static_cast<int32_t>(Integer(field, may_be_zero)));
    }
  }

  void AddScalar(const FieldDescriptor* field, Message* out) {
    const Reflection* reflection = out->GetReflection();
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        return reflection->AddString(out, field, Text());
      case FieldDescriptor::CPPTYPE_INT64:
        return reflection->AddInt64(out, field, Integer(field, true));
      default:
        return reflection->AddInt32(out, field, static_cast<int32_t>(Integer(field, true)));
    }
  }

  void SetFirst(const char* text, Message* out) {
    out->GetReflection()->SetString(out, out->GetDescriptor()->FindFieldByNumber(1), text);
  }

  void FillShape(const MessagePlan& plan, Message* out, int depth) {
    static const char* const kQuantities[] = {"1", "500m", "128Mi", "3Gi", "1e3", "-2", "7n"};
    static const char* const kJson[] = {"{\"a\":1,\"b\":[true,null,\"x\"]}", "[]", "\"text\"", "-5", "{}"};
    const absl::Time time = absl::FromUnixMicros(static_cast<int64_t>(1 + random_->Uniform(4000000000000000)));
    switch (plan.shape) {
      case JsonShape::kTime:
        return ToProto(time + absl::Seconds(1), static_cast<k8s::meta::v1::Time*>(out));
      case JsonShape::kMicroTime:
        return ToProto(time, static_cast<k8s::meta::v1::MicroTime*>(out));
      case JsonShape::kDuration:
        return static_cast<k8s::meta::v1::Duration*>(out)->set_duration(
            static_cast<int64_t>(1 + random_->Uniform(1000000000000000)));
      case JsonShape::kQuantity:
        return SetFirst(kQuantities[random_->Uniform(std::size(kQuantities))], out);
      case JsonShape::kRawJson:
        return SetFirst(kJson[random_->Uniform(std::size(kJson))], out);
      case JsonShape::kIntOrString: {
        auto* value = static_cast<k8s::apimachinery::intstr::IntOrString*>(out);
        *value = random_->Uniform(2) == 0 ? MakeInt(static_cast<int>(1 + random_->Uniform(1000))) : MakeString(Text());
        return;
      }
      case JsonShape::kItems:
        return out->GetReflection()->AddString(out, out->GetDescriptor()->FindFieldByNumber(1), Text());
      default:
        return FillSchemaUnion(plan, out, depth);
    }
  }

  void FillSchemaUnion(const MessagePlan& plan, Message* out, int depth) {
    const Reflection* reflection = out->GetReflection();
    const FieldPlan& schema = plan.fields[plan.index.at("schema")];
    const bool use_schema = depth < kMaxDepth && random_->Uniform(2) == 0;
    if (use_schema) Fill(*schema.message, reflection->MutableMessage(out, schema.field), depth + 1);
    for (const FieldPlan& other : plan.fields) {
      if (other.name == "allows") reflection->SetBool(out, other.field, use_schema || random_->Uniform(2) == 0);
      if (other.name == "property" && !use_schema) reflection->AddString(out, other.field, Text());
      if (other.name == "jSONSchemas" && !use_schema) reflection->AddMessage(out, other.field);
    }
  }

  base::Random* const random_;
};

}  // namespace

std::unique_ptr<Object> RandomObject(const google::protobuf::Descriptor* descriptor, base::Random* random) {
  std::unique_ptr<Object> object(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(descriptor)->New());
  Filler(random).Fill(PlanFor(descriptor), object.get(), 0);
  return object;
}

}  // namespace kubelite::api::testing
