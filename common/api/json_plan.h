#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace kubelite::api {

struct GroupVersionKind;
struct MessagePlan;

// Messages whose JSON form is not an object of their fields.
enum class JsonShape {
  kObject,
  kTime,
  kMicroTime,
  kDuration,
  kQuantity,
  kIntOrString,
  kRawJson,  // FieldsV1, RawExtension, apiextensions JSON: bytes field 1 holds JSON text
  kItems,    // a plain array of strings in field 1
  kSchemaOrBool,
  kSchemaOrArray,
  kSchemaOrStrings,
};

// How server-side apply and managedFields see a value: as one, or by its parts.
enum class Topology {
  kLeaf,    // scalars, special forms, and what is atomic
  kStruct,  // a message, by its members
  kMap,     // by its keys
  kSet,     // a list of scalars, by value
  kKeyed,   // a list of messages, by the keys in FieldPlan::list_keys
};

// How one JSON key maps to a field; members of inlined messages appear in their parent's plan.
struct FieldPlan {
  std::string name;
  std::string quoted;  // `"name":`
  // Inlined messages between the message of the plan and `field`.
  std::vector<const google::protobuf::FieldDescriptor*> through;
  const google::protobuf::FieldDescriptor* field = nullptr;
  // For maps: the entry's key and value.
  const google::protobuf::FieldDescriptor* map_key = nullptr;
  const google::protobuf::FieldDescriptor* value = nullptr;  // `field` itself when it is no map
  const MessagePlan* message = nullptr;                      // of the value, when it is a message
  bool presence = false;                                     // unset and zero differ
  bool always = false;                                       // written even when zero
  bool omit_zero = false;                                    // a zero message is left out
  bool empty_list_as_array = false;                          // the items of a list kind: [] rather than null
  Topology topology = Topology::kLeaf;
  bool struct_values = false;          // of a map: its values are kStruct rather than kLeaf
  std::vector<std::string> list_keys;  // of kKeyed, sorted
  std::string default_json;            // the field's default as JSON text, if it has one
};

// How a message type maps to JSON. Immutable once PlanFor has returned it.
struct MessagePlan {
  const google::protobuf::Descriptor* descriptor = nullptr;
  JsonShape shape = JsonShape::kObject;
  const GroupVersionKind* type_meta = nullptr;  // null unless the message carries apiVersion and kind
  std::string type_meta_text;                   // `"apiVersion":"v1","kind":"Pod"`
  std::vector<FieldPlan> fields;                // sorted by name, the order in which they are written
  absl::flat_hash_map<absl::string_view, int> index;
};

// Bound on fields per message, for the decoder's set of seen fields.
inline constexpr size_t kMaxPlanFields = 256;

// The plan of a message type, built on first use. Thread-safe; plans live for ever.
const MessagePlan& PlanFor(const google::protobuf::Descriptor* descriptor);

}  // namespace kubelite::api
