#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "apiserver/registry/registry.h"
#include "apiserver/rest/url.h"
#include "common/base/mutex.h"

namespace kubelite::apiserver {

// The OpenAPI 3.0 documents of the served resources, from the schema's descriptors and comments: /openapi/v3 lists
// them, /openapi/v3/apis/GROUP/VERSION is one. Made when first asked for. Thread-safe.
class OpenApi {
 public:
  explicit OpenApi(const Registry* registry) : registry_(registry) {}

  // Nothing when there is no such document.
  std::optional<std::string> Find(const Url& url) const;

 private:
  std::string Index() const;
  std::string Document(const std::string& group, const std::string& version) const;

  const Registry* const registry_;
  mutable base::Mutex mutex_;
  // By group and version; a document takes longer to make than to send.
  mutable std::map<std::pair<std::string, std::string>, std::string> made_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kubelite::apiserver
