#pragma once

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"

// The comments of the .proto files, for `explain` and the OpenAPI documents. Generated code does not carry them, so
// they are read, once and on first use (a few milliseconds), from descriptors embedded in the program. Thread-safe; the
// returned views live as long as the program.
namespace kubelite::schema {

// The comment before a message or field on one line, without the slashes. Empty when there is none.
absl::string_view CommentOf(const google::protobuf::Descriptor* message);
absl::string_view CommentOf(const google::protobuf::FieldDescriptor* field);

}  // namespace kubelite::schema
