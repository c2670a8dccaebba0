#pragma once

#include <deque>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/api/scheme.h"

namespace kubelite::apiserver {

// What the two versions of OpenAPI write differently.
enum class OpenApiVersion { kV2, kV3 };

// Paths and schemas of some resources as JSON, from the schema's descriptors and comments.
class OpenApiSchema {
 public:
  explicit OpenApiSchema(OpenApiVersion version) : version_(version) {}

  void AddResource(const api::ResourceInfo& info);
  // Names and values of "paths".
  const std::vector<std::pair<std::string, std::string>>& paths() const { return paths_; }
  // The next schema that the resources need, its name and value; false when there is none left. One at a time: all of
  // them take megabytes.
  bool NextSchema(std::string* name, std::string* schema);

 private:
  std::string Operation(absl::string_view method, const api::ResourceInfo& info) const;
  void Want(const google::protobuf::Descriptor* message);
  std::string Value(const google::protobuf::FieldDescriptor& field);
  std::string Form(const google::protobuf::FieldDescriptor& field);
  void AddProperties(const google::protobuf::Descriptor& message, std::vector<std::string>* properties);
  std::string Schema(const google::protobuf::Descriptor& message);

  const OpenApiVersion version_;
  std::vector<std::pair<std::string, std::string>> paths_;
  std::set<const google::protobuf::Descriptor*> known_;
  std::deque<const google::protobuf::Descriptor*> wanted_;
};

}  // namespace kubelite::apiserver
