#pragma once

#include <map>
#include <optional>
#include <string>

#include "apiserver/registry/registry.h"
#include "apiserver/rest/media.h"
#include "apiserver/rest/url.h"

namespace kubelite::apiserver {

// The discovery documents of the served resources: /api, /apis, /apis/GROUP and the resources of each group version,
// made once. /api and /apis also in the aggregated form.
class Discovery {
 public:
  explicit Discovery(const Registry& registry);

  struct Document {
    std::string json;
    absl::string_view content_type;
  };
  // Nothing when there is no such document.
  std::optional<Document> Find(const Url& url, const Media& media) const;

 private:
  std::map<std::string, std::string> documents_;   // by path
  std::map<std::string, std::string> aggregated_;  // by path
};

}  // namespace kubelite::apiserver
