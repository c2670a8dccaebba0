#include "common/api/object_fields.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/api/json_field.h"
#include "common/api/json_plan.h"
#include "common/api/json_special.h"
#include "common/api/json_text.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace kubelite::api {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::Reflection;

constexpr absl::string_view kUntrackedMetadata[] = {"creationTimestamp", "generation",      "managedFields", "name",
                                                    "namespace",         "resourceVersion", "selfLink",      "uid"};

bool IsUntrackedMetadata(absl::string_view name) {
  return std::find(std::begin(kUntrackedMetadata), std::end(kUntrackedMetadata), name) != std::end(kUntrackedMetadata);
}

std::string StableBytes(const Message& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

bool SameMessage(const Message& a, const Message& b) {
  return a.ByteSizeLong() == b.ByteSizeLong() && StableBytes(a) == StableBytes(b);
}

bool SameScalar(const Message& a, const Message& b, const FieldDescriptor* field, int index) {
  const Reflection* reflection = a.GetReflection();
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
    std::string scratch_a;
    std::string scratch_b;
    if (index < 0) {
      return reflection->GetStringReference(a, field, &scratch_a) ==
             reflection->GetStringReference(b, field, &scratch_b);
    }
    return reflection->GetRepeatedStringReference(a, field, index, &scratch_a) ==
           reflection->GetRepeatedStringReference(b, field, index, &scratch_b);
  }
  std::string left;
  std::string right;
  AppendScalar(a, field, index, &left);
  AppendScalar(b, field, index, &right);
  return left == right;
}

// A leaf that both have.
bool SameLeaf(const FieldPlan& plan, const Message& a, const Message& b) {
  const FieldDescriptor* field = plan.field;
  const Reflection* reflection = a.GetReflection();
  if (plan.map_key != nullptr) {
    const std::vector<MapEntry> left = SortedEntries(plan, a);
    const std::vector<MapEntry> right = SortedEntries(plan, b);
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](const MapEntry& x, const MapEntry& y) { return SameMessage(*x.second, *y.second); });
  }
  if (field->is_repeated()) {
    const int size = reflection->FieldSize(a, field);
    if (size != reflection->FieldSize(b, field)) return false;
    for (int i = 0; i < size; ++i) {
      const bool same = plan.message == nullptr ? SameScalar(a, b, field, i)
                                                : SameMessage(reflection->GetRepeatedMessage(a, field, i),
                                                              reflection->GetRepeatedMessage(b, field, i));
      if (!same) return false;
    }
    return true;
  }
  if (plan.presence && reflection->HasField(a, field) != reflection->HasField(b, field)) return false;
  if (plan.message == nullptr) return SameScalar(a, b, field, -1);
  return SameMessage(reflection->GetMessage(a, field), reflection->GetMessage(b, field));
}

// An element of a list by its name in paths.
struct Item {
  PathElement element;
  const Message* message = nullptr;  // null in sets
};

std::string KeysOf(const FieldPlan& list, const Message& item) {
  std::string keys = "{";
  for (const std::string& name : list.list_keys) {
    const auto found = list.message->index.find(name);
    if (found == list.message->index.end()) continue;
    const FieldPlan& key = list.message->fields[static_cast<size_t>(found->second)];
    const Message& holder = HolderOf(key, item);
    if (keys.size() > 1) keys.push_back(',');
    keys += key.quoted;
    if (!IsWritten(key, holder) && !key.default_json.empty()) {
      keys += key.default_json;
    } else if (key.message == nullptr) {
      AppendScalar(holder, key.field, -1, &keys);
    } else if (IsValueShape(key.message->shape)) {
      EncodeValueShape(key.message->shape, holder.GetReflection()->GetMessage(holder, key.field), &keys);
    }
  }
  keys.push_back('}');
  return keys;
}

std::vector<Item> ItemsOf(const FieldPlan& list, const Message* holder) {
  std::vector<Item> items;
  if (holder == nullptr) return items;
  const Reflection* reflection = holder->GetReflection();
  const int size = reflection->FieldSize(*holder, list.field);
  items.reserve(static_cast<size_t>(size));
  for (int i = 0; i < size; ++i) {
    if (list.message == nullptr) {
      items.push_back({{PathElement::Kind::kValue, ""}, nullptr});
      AppendScalar(*holder, list.field, i, &items.back().element.text);
    } else {
      const Message& item = reflection->GetRepeatedMessage(*holder, list.field, i);
      items.push_back({{PathElement::Kind::kKey, KeysOf(list, item)}, &item});
    }
  }
  std::stable_sort(items.begin(), items.end(),
                   [](const Item& a, const Item& b) { return Before(a.element, b.element); });
  return items;
}

class Comparer {
 public:
  explicit Comparer(absl::FunctionRef<bool(absl::string_view)> wanted) : wanted_(wanted) {}

  void Root(const MessagePlan& plan, const Message& left, const Message& right, FieldChanges* out) {
    for (const FieldPlan& field : plan.fields) {
      if (wanted_(field.name)) Member(field, &left, &right, field.name == "metadata", out);
    }
  }

 private:
  void Members(const MessagePlan& plan, const Message* left, const Message* right, bool metadata, FieldChanges* out) {
    if (left == nullptr && right == nullptr) return;
    // Most parts of an object do not change, and comparing bytes is much faster than the walk.
    if (left != nullptr && right != nullptr && SameMessage(*left, *right)) return;
    for (const FieldPlan& field : plan.fields) {
      if (metadata && IsUntrackedMetadata(field.name)) continue;
      Member(field, left, right, false, out);
    }
  }

  void Member(const FieldPlan& field, const Message* left, const Message* right, bool metadata, FieldChanges* out) {
    if (left != nullptr) left = &HolderOf(field, *left);
    if (right != nullptr) right = &HolderOf(field, *right);
    if (left != nullptr && !IsWritten(field, *left)) left = nullptr;
    if (right != nullptr && !IsWritten(field, *right)) right = nullptr;
    if (left == nullptr && right == nullptr) return;
    FieldChanges below;
    bool modified = false;
    switch (field.topology) {
      case Topology::kLeaf:
        modified = left != nullptr && right != nullptr && !SameLeaf(field, *left, *right);
        break;
      case Topology::kStruct:
        Members(*field.message, Value(field, left), Value(field, right), metadata, &below);
        break;
      case Topology::kMap:
        Entries(field, left, right, &below);
        break;
      case Topology::kSet:
      case Topology::kKeyed:
        Items(field, left, right, &below);
        break;
    }
    Add(PathElement::Field(field.name), left != nullptr, right != nullptr, modified, std::move(below), out);
  }

  // Null also for a member that is written as null.
  static const Message* Value(const FieldPlan& field, const Message* holder) {
    if (holder == nullptr) return nullptr;
    const Reflection* reflection = holder->GetReflection();
    if (field.presence && !reflection->HasField(*holder, field.field)) return nullptr;
    return &reflection->GetMessage(*holder, field.field);
  }

  void Entries(const FieldPlan& field, const Message* left, const Message* right, FieldChanges* out) {
    const std::vector<MapEntry> old = left == nullptr ? std::vector<MapEntry>() : SortedEntries(field, *left);
    const std::vector<MapEntry> now = right == nullptr ? std::vector<MapEntry>() : SortedEntries(field, *right);
    auto a = old.begin();
    auto b = now.begin();
    while (a != old.end() || b != now.end()) {
      const int order = a == old.end() ? 1 : b == now.end() ? -1 : a->first.compare(b->first);
      const MapEntry* x = order <= 0 ? &*a++ : nullptr;
      const MapEntry* y = order >= 0 ? &*b++ : nullptr;
      FieldChanges below;
      bool modified = false;
      if (field.struct_values) {
        const auto value = [&field](const MapEntry* entry) {
          return entry == nullptr ? nullptr : &entry->second->GetReflection()->GetMessage(*entry->second, field.value);
        };
        Members(*field.message, value(x), value(y), false, &below);
      } else {
        modified = x != nullptr && y != nullptr && !SameMessage(*x->second, *y->second);
      }
      Add(PathElement::Field((x != nullptr ? x : y)->first), x != nullptr, y != nullptr, modified, std::move(below),
          out);
    }
  }

  void Items(const FieldPlan& field, const Message* left, const Message* right, FieldChanges* out) {
    const std::vector<Item> old = ItemsOf(field, left);
    const std::vector<Item> now = ItemsOf(field, right);
    auto a = old.begin();
    auto b = now.begin();
    while (a != old.end() || b != now.end()) {
      const bool only_old = b == now.end() || (a != old.end() && Before(a->element, b->element));
      const bool only_new = a == old.end() || (b != now.end() && Before(b->element, a->element));
      const Item* x = only_new ? nullptr : &*a++;
      const Item* y = only_old ? nullptr : &*b++;
      FieldChanges below;
      if (field.message != nullptr) {
        Members(*field.message, x == nullptr ? nullptr : x->message, y == nullptr ? nullptr : y->message, false,
                &below);
      }
      Add((x != nullptr ? x : y)->element, x != nullptr, y != nullptr, false, std::move(below), out);
    }
  }

  static void Add(const PathElement& element, bool left, bool right, bool modified, FieldChanges below,
                  FieldChanges* out) {
    // Most members did not change: their names are not copied.
    if (!left || !below.added.empty()) out->added.Add(element, !left, std::move(below.added));
    if (!right || !below.removed.empty()) out->removed.Add(element, !right, std::move(below.removed));
    if (modified || !below.modified.empty()) out->modified.Add(element, modified, std::move(below.modified));
  }

  const absl::FunctionRef<bool(absl::string_view)> wanted_;
};

}  // namespace

FieldChanges CompareObjects(const Object* old, const Object& now, absl::FunctionRef<bool(absl::string_view)> wanted) {
  FieldChanges changes;
  const Message* empty = now.GetReflection()->GetMessageFactory()->GetPrototype(now.GetDescriptor());
  Comparer(wanted).Root(PlanFor(now.GetDescriptor()), old == nullptr ? *empty : *old, now, &changes);
  return changes;
}

const FieldSet& UntrackedFields() {
  static const FieldSet& set = *[] {
    auto* fields = new FieldSet();
    fields->Insert({PathElement::Field("apiVersion")});
    fields->Insert({PathElement::Field("kind")});
    fields->Insert({PathElement::Field("metadata")});
    for (const absl::string_view name : kUntrackedMetadata) {
      fields->Insert({PathElement::Field("metadata"), PathElement::Field(name)});
    }
    return fields;
  }();
  return set;
}

}  // namespace kubelite::api
