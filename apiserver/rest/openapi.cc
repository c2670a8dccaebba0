#include "apiserver/rest/openapi.h"

#include <array>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/types/span.h"
#include "apiserver/rest/encode.h"
#include "apiserver/rest/media.h"
#include "apiserver/rest/openapi_schema.h"
#include "apiserver/rest/openapi_v2.h"

namespace kubelite::apiserver {
namespace {

constexpr std::array<absl::string_view, 3> kSwaggerTypes = {
    "application/json", "application/com.github.proto-openapi.spec.v2@v1.0+protobuf",
    "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"};

std::string PathOf(const api::GroupVersionKind& gvk) {
  return absl::StrCat(gvk.group.empty() ? "api/" : "apis/", gvk.ApiVersion());
}

std::string DocumentOf(OpenApiSchema* schema) {
  std::string out = R"({"openapi":"3.0.0","info":{"title":"Kubernetes","version":"v1.36.2"},"paths":{)";
  absl::string_view comma = "";
  for (const auto& [path, item] : schema->paths()) {
    absl::StrAppend(&out, comma, Quoted(path), ":", item);
    comma = ",";
  }
  absl::StrAppend(&out, R"(},"components":{"schemas":{)");
  comma = "";
  for (std::string name, value; schema->NextSchema(&name, &value); comma = ",") {
    absl::StrAppend(&out, comma, Quoted(name), ":", value);
  }
  return absl::StrCat(out, "}}}");
}

// The hash in a document's URL.
absl::string_view HashOf(const Document& document) {
  absl::string_view hash = document.etag;
  absl::ConsumePrefix(&hash, "\"");
  absl::ConsumeSuffix(&hash, "\"");
  return hash;
}

}  // namespace

Document OpenApi::Cached(const std::string& key, absl::FunctionRef<std::string()> make) const {
  base::MutexLock lock(&mutex_);
  const auto made = made_.find(key);
  if (made != made_.end()) return made->second;
  Document document;
  document.body = make();
  document.etag = EtagOf(document.body);
  return made_[key] = std::move(document);
}

Document OpenApi::Index() const {
  return Cached("", [this] {
    std::map<std::string, OpenApiSchema> schemas;
    for (const ResourceDef& def : registry_->resources()) {
      schemas.try_emplace(PathOf(def.info->gvk), OpenApiVersion::kV3).first->second.AddResource(*def.info);
    }
    std::vector<std::string> rows;
    for (auto& [path, schema] : schemas) {
      // For its hash only: most of the documents are never asked for.
      const Document document{.etag = EtagOf(DocumentOf(&schema))};
      rows.push_back(
          absl::StrCat("\"", path, R"(":{"serverRelativeURL":"/openapi/v3/)", path, "?hash=", HashOf(document), "\"}"));
    }
    return absl::StrCat("{\"paths\":{", absl::StrJoin(rows, ","), "}}");
  });
}

Document OpenApi::GroupVersion(const std::string& path) const {
  OpenApiSchema schema(OpenApiVersion::kV3);
  bool any = false;
  for (const ResourceDef& def : registry_->resources()) {
    if (PathOf(def.info->gvk) != path) continue;
    schema.AddResource(*def.info);
    any = true;
  }
  if (!any) return {};
  return Cached(path, [&schema] { return DocumentOf(&schema); });
}

Document OpenApi::Swagger(absl::string_view type) const {
  const bool json = type == kSwaggerTypes.front();
  Document document = Cached(json ? "v2" : "v2 protobuf", [&] {
    OpenApiSchema schema(OpenApiVersion::kV2);
    for (const ResourceDef& def : registry_->resources()) schema.AddResource(*def.info);
    return json ? SwaggerJson(&schema) : SwaggerProtobuf(&schema);
  });
  // Go's clients cannot read the older of the two names, so it is never answered.
  document.content_type = std::string(json ? type : kSwaggerTypes.back());
  return document;
}

std::optional<absl::StatusOr<Document>> OpenApi::Find(const Url& url, absl::string_view accept) const {
  const absl::Span<const std::string> path = url.segments;
  if (path.size() < 2 || path[0] != "openapi") return std::nullopt;
  if (path[1] == "v2" && path.size() == 2) {
    const absl::StatusOr<absl::string_view> type = ChooseType(accept, kSwaggerTypes);
    if (!type.ok()) return type.status();
    return Swagger(*type);
  }
  if (path[1] != "v3") return std::nullopt;
  const absl::StatusOr<absl::string_view> type = ChooseType(accept, {"application/json"});
  if (!type.ok()) return type.status();
  if (path.size() == 2) return Index();
  Document document = GroupVersion(absl::StrJoin(path.subspan(2), "/"));
  if (document.etag.empty()) return std::nullopt;
  document.immutable = url.Query("hash") == HashOf(document);
  return document;
}

}  // namespace kubelite::apiserver
