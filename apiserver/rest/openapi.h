#pragma once

#include <map>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "apiserver/registry/registry.h"
#include "apiserver/rest/document.h"
#include "apiserver/rest/url.h"
#include "common/base/mutex.h"

namespace kubelite::apiserver {

// The OpenAPI documents of the served resources: /openapi/v3 lists those of version 3, /openapi/v3/apis/GROUP/VERSION
// is one, /openapi/v2 is all in one for older clients, also in protobuf. Made when first asked for. Thread-safe.
class OpenApi {
 public:
  explicit OpenApi(const Registry* registry) : registry_(registry) {}

  // Nothing when there is no such document; NotAcceptable when there is none in the asked form.
  std::optional<absl::StatusOr<Document>> Find(const Url& url, absl::string_view accept) const;

 private:
  Document Index() const;
  Document GroupVersion(const std::string& path) const;  // "apis/apps/v1"; without an ETag: no such one
  Document Swagger(absl::string_view accept) const;
  // The document of that key, made by `make` if this is the first call.
  Document Cached(const std::string& key, absl::FunctionRef<std::string()> make) const;

  const Registry* const registry_;
  mutable base::Mutex mutex_;
  // A document takes longer to make than to send.
  mutable std::map<std::string, Document> made_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kubelite::apiserver
