#include "proto/schema_docs.h"

#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.pb.h"

// A serialized FileDescriptorSet with source positions, made by protoc at build time.
extern "C" const char kubelite_schema_descriptors[];
extern "C" const char kubelite_schema_descriptors_end[];
asm(".pushsection .rodata\n"
    "kubelite_schema_descriptors: .incbin \"" KUBELITE_SCHEMA_DESCRIPTORS
    "\"\n"
    "kubelite_schema_descriptors_end: .byte 0\n"
    ".popsection\n");

namespace kubelite::schema {
namespace {

using google::protobuf::DescriptorProto;
using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;
using google::protobuf::SourceCodeInfo;
using Comments = absl::flat_hash_map<std::string, std::string>;

std::string OneLine(std::string text) {
  absl::RemoveExtraAsciiWhitespace(&text);
  return text;
}

// The name a position stands for: path [4, i] is a top-level message, [4, i, 2, j] one of its fields. Else empty.
std::string NameAt(const FileDescriptorProto& file, const SourceCodeInfo::Location& location) {
  const int size = location.path_size();
  if ((size != 2 && size != 4) || location.path(0) != FileDescriptorProto::kMessageTypeFieldNumber) return "";
  const DescriptorProto& message = file.message_type(location.path(1));
  const std::string name = absl::StrCat(file.package(), ".", message.name());
  if (size == 2) return name;
  if (location.path(2) != DescriptorProto::kFieldFieldNumber) return "";
  return absl::StrCat(name, ".", message.field(location.path(3)).name());
}

Comments Read() {
  Comments comments;
  FileDescriptorSet set;
  set.ParseFromArray(kubelite_schema_descriptors,
                     static_cast<int>(kubelite_schema_descriptors_end - kubelite_schema_descriptors));
  for (const FileDescriptorProto& file : set.file()) {
    for (const SourceCodeInfo::Location& location : file.source_code_info().location()) {
      if (location.leading_comments().empty()) continue;
      std::string name = NameAt(file, location);
      if (!name.empty()) comments.emplace(std::move(name), OneLine(location.leading_comments()));
    }
  }
  return comments;
}

absl::string_view Find(const std::string& name) {
  static const Comments& comments = *new Comments(Read());
  auto it = comments.find(name);
  return it == comments.end() ? absl::string_view() : absl::string_view(it->second);
}

}  // namespace

absl::string_view CommentOf(const google::protobuf::Descriptor* message) { return Find(message->full_name()); }
absl::string_view CommentOf(const google::protobuf::FieldDescriptor* field) { return Find(field->full_name()); }

}  // namespace kubelite::schema
