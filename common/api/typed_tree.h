#pragma once

#include "absl/status/statusor.h"
#include "common/api/field_set.h"
#include "common/api/json_plan.h"
#include "common/api/json_tree.h"

namespace kubelite::api {

// What server-side apply does with JSON values of a known type: unlike messages, they keep a zero that was written
// apart from one that was not. All trees have their members sorted (see SortMembers) and are objects.

void SortMembers(JsonTree* tree);

// The fields a value sets. InvalidArgument, with the path, for members the schema has not, values of another shape,
// elements without their keys, and equal elements: ".spec.foo: field not declared in schema".
absl::StatusOr<FieldSet> FieldsOf(const JsonTree& value, const MessagePlan& plan);

// The same of an object that is there already, whatever is wrong with it.
FieldSet PresentFields(const JsonTree& value, const MessagePlan& plan);

// `live` with all of `applied`: lists by their keys, in `applied`'s order where it says one.
JsonTree MergeTrees(const JsonTree& live, const JsonTree& applied, const MessagePlan& plan);

FieldChanges CompareTrees(const JsonTree& old, const JsonTree& now, const MessagePlan& plan);

// Takes out the members of `fields`, with all below them. A container that becomes empty becomes null.
void RemoveFields(const FieldSet& fields, const MessagePlan& plan, JsonTree* tree);

// `fields`, and with them the structs they are in (but no maps and list elements).
FieldSet WithStructs(const FieldSet& fields, const MessagePlan& plan);

}  // namespace kubelite::api
