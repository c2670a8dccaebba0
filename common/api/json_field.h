#pragma once

#include <string>
#include <utility>
#include <vector>

#include "common/api/json_plan.h"
#include "google/protobuf/message.h"

namespace kubelite::api {

// What the writers of JSON and of field sets read of a message.

// Whether the member has a key in the JSON form.
bool IsWritten(const FieldPlan& field, const google::protobuf::Message& holder);
// The message that has the field itself: `message` or one inlined into it.
const google::protobuf::Message& HolderOf(const FieldPlan& field, const google::protobuf::Message& message);
// One scalar as JSON: of a singular field (index -1), or an element of a repeated one.
void AppendScalar(const google::protobuf::Message& message, const google::protobuf::FieldDescriptor* field, int index,
                  std::string* out);
// The key and the entry's message of each member of a map, by key.
using MapEntry = std::pair<std::string, const google::protobuf::Message*>;
std::vector<MapEntry> SortedEntries(const FieldPlan& field, const google::protobuf::Message& holder);

}  // namespace kubelite::api
