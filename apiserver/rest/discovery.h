#pragma once

#include <map>
#include <optional>
#include <string>

#include "apiserver/registry/registry.h"
#include "apiserver/rest/document.h"
#include "apiserver/rest/media.h"
#include "apiserver/rest/url.h"

namespace kubelite::apiserver {

// The discovery documents of the served resources: /api, /apis, /apis/GROUP and the resources of each group version,
// made once. /api and /apis also in the aggregated form; all in JSON and protobuf.
class Discovery {
 public:
  explicit Discovery(const Registry& registry);

  // Nothing when there is no such document.
  std::optional<Document> Find(const Url& url, const Media& media) const;

 private:
  using ByEncoding = std::map<Media::Encoding, Document>;
  static ByEncoding Encode(const api::Object& message);
  std::map<std::string, ByEncoding> documents_;   // by path
  std::map<std::string, ByEncoding> aggregated_;  // by path
};

}  // namespace kubelite::apiserver
