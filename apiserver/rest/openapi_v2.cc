#include "apiserver/rest/openapi_v2.h"

#include <array>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "apiserver/rest/encode.h"
#include "common/api/json_tree.h"
#include "common/base/check.h"
#include "google/protobuf/io/coded_stream.h"

namespace kubelite::apiserver {
namespace {

using api::JsonTree;

constexpr absl::string_view kTitle = "Kubernetes", kVersion = "v1.36.2";

// gnostic's field numbers, of what is written here.
namespace field {
constexpr int kDocumentSwagger = 1, kDocumentInfo = 2, kDocumentPaths = 8, kDocumentDefinitions = 9;
constexpr int kInfoTitle = 1, kInfoVersion = 2;
constexpr int kPathsPath = 2, kName = 1, kNamedValue = 2, kMember = 1, kAnyYaml = 2;
constexpr int kPathItemPost = 4, kPathItemPatch = 8;
constexpr int kOperationParameters = 8, kOperationResponses = 9, kOperationExtension = 13;
constexpr int kItemParameter = 1, kNonBody = 2, kQuery = 3, kQueryIn = 2, kQueryName = 4, kQueryType = 6;
constexpr int kResponse = 1, kResponseDescription = 1;
constexpr int kSchemaRef = 1, kSchemaFormat = 2, kSchemaDescription = 4, kSchemaAdditional = 21, kSchemaType = 22;
constexpr int kSchemaItems = 23, kSchemaProperties = 25, kSchemaExtension = 31;
}  // namespace field

// Appends a text or an encoded message.
void Put(int number, absl::string_view bytes, std::string* out) {
  constexpr uint32_t kLengthDelimited = 2;
  std::array<uint8_t, 2 * 10> head;
  uint8_t* end = google::protobuf::io::CodedOutputStream::WriteVarint32ToArray(
      static_cast<uint32_t>(number) << 3 | kLengthDelimited, head.data());
  end = google::protobuf::io::CodedOutputStream::WriteVarint64ToArray(bytes.size(), end);
  absl::StrAppend(out,
                  absl::string_view(reinterpret_cast<const char*>(head.data()), static_cast<size_t>(end - head.data())),
                  bytes);
}

std::string Message(int number, absl::string_view bytes) {
  std::string out;
  Put(number, bytes, &out);
  return out;
}

std::string Named(absl::string_view name, absl::string_view value) {
  std::string out;
  Put(field::kName, name, &out);
  Put(field::kNamedValue, value, &out);
  return out;
}

// JSON is YAML, which extensions are written in.
void PutExtensions(int number, const JsonTree& object, std::string* out) {
  for (const auto& [name, value] : object.members) {
    if (absl::StartsWith(name, "x-")) Put(number, Named(name, Message(field::kAnyYaml, value.ToJson())), out);
  }
}

std::string Schema(const JsonTree& schema) {
  std::string out;
  for (const auto& [name, value] : schema.members) {
    if (name == "$ref") Put(field::kSchemaRef, value.Text(), &out);
    if (name == "format") Put(field::kSchemaFormat, value.Text(), &out);
    if (name == "description") Put(field::kSchemaDescription, value.Text(), &out);
    if (name == "type") Put(field::kSchemaType, Message(field::kMember, value.Text()), &out);
    if (name == "items") Put(field::kSchemaItems, Message(field::kMember, Schema(value)), &out);
    if (name == "additionalProperties") Put(field::kSchemaAdditional, Message(field::kMember, Schema(value)), &out);
    if (name == "properties") {
      std::string properties;
      for (const auto& [property, inner] : value.members)
        Put(field::kMember, Named(property, Schema(inner)), &properties);
      Put(field::kSchemaProperties, properties, &out);
    }
  }
  PutExtensions(field::kSchemaExtension, schema, &out);
  return out;
}

std::string Parameter(const JsonTree& parameter) {
  std::string query;
  for (const auto& [name, value] : parameter.members) {
    if (name == "name") Put(field::kQueryName, value.Text(), &query);
    if (name == "in") Put(field::kQueryIn, value.Text(), &query);
    if (name == "type") Put(field::kQueryType, value.Text(), &query);
  }
  return Message(field::kItemParameter, Message(field::kNonBody, Message(field::kQuery, query)));
}

std::string Operation(const JsonTree& operation) {
  std::string out;
  for (const auto& [name, value] : operation.members) {
    if (name == "parameters") {
      for (const JsonTree& parameter : value.items) Put(field::kOperationParameters, Parameter(parameter), &out);
    }
    if (name == "responses") {
      std::string responses;
      for (const auto& [code, response] : value.members) {
        const JsonTree* description = response.Find("description");
        const std::string text = description == nullptr ? "" : description->Text();
        Put(field::kMember, Named(code, Message(field::kResponse, Message(field::kResponseDescription, text))),
            &responses);
      }
      Put(field::kOperationResponses, responses, &out);
    }
  }
  PutExtensions(field::kOperationExtension, operation, &out);
  return out;
}

std::string PathItem(const JsonTree& path) {
  std::string out;
  for (const auto& [method, operation] : path.members) {
    Put(method == "post" ? field::kPathItemPost : field::kPathItemPatch, Operation(operation), &out);
  }
  return out;
}

JsonTree Parsed(const std::string& own_json) {
  absl::StatusOr<JsonTree> tree = JsonTree::Parse(own_json);
  CHECK(tree.ok());
  return *std::move(tree);
}

}  // namespace

std::string SwaggerJson(OpenApiSchema* schema) {
  std::string out = absl::StrCat(R"({"swagger":"2.0","info":{"title":)", Quoted(kTitle),
                                 ",\"version\":", Quoted(kVersion), "},\"paths\":{");
  absl::string_view comma = "";
  for (const auto& [path, item] : schema->paths()) {
    absl::StrAppend(&out, comma, Quoted(path), ":", item);
    comma = ",";
  }
  absl::StrAppend(&out, "},\"definitions\":{");
  comma = "";
  for (std::string name, value; schema->NextSchema(&name, &value); comma = ",") {
    absl::StrAppend(&out, comma, Quoted(name), ":", value);
  }
  return absl::StrCat(out, "}}");
}

std::string SwaggerProtobuf(OpenApiSchema* schema) {
  std::string out;
  Put(field::kDocumentSwagger, "2.0", &out);
  std::string info;
  Put(field::kInfoTitle, kTitle, &info);
  Put(field::kInfoVersion, kVersion, &info);
  Put(field::kDocumentInfo, info, &out);
  std::string paths;
  for (const auto& [path, item] : schema->paths()) Put(field::kPathsPath, Named(path, PathItem(Parsed(item))), &paths);
  Put(field::kDocumentPaths, paths, &out);
  std::string definitions;
  for (std::string name, value; schema->NextSchema(&name, &value);) {
    Put(field::kMember, Named(name, Schema(Parsed(value))), &definitions);
  }
  Put(field::kDocumentDefinitions, definitions, &out);
  return out;
}

}  // namespace kubelite::apiserver
