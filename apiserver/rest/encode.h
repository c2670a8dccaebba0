#pragma once

#include <string>

#include "apiserver/registry/registry.h"
#include "apiserver/rest/media.h"
#include "apiserver/rest/url.h"

namespace kubelite::apiserver {

// As a JSON string.
std::string Quoted(absl::string_view text);

// JSON documents of answers.

std::string EncodeStatus(const absl::Status& error);
// What a successful delete answers.
std::string EncodeDeleted(const api::ResourceInfo& info, const api::Object& object);
int HttpCode(const absl::Status& error);

// Writes the objects of one request in the asked form (whole, reduced to their metadata, or as a table).
class ObjectEncoder {
 public:
  // All outlive it. `include_object` is the query's includeObject.
  ObjectEncoder(const Registry* registry, const Request* request, Media media, std::string include_object)
      : registry_(registry), request_(request), media_(media), include_object_(std::move(include_object)) {}

  std::string One(const api::ObjectPtr& object) const;
  std::string List(const Registry::List& list) const;
  // As One, but the columns of a table are left out on request.
  std::string WatchObject(const api::ObjectPtr& object, bool columns) const;
  // The object of a BOOKMARK event.
  std::string Bookmark(const std::string& resource_version, bool initial_events_end) const;

 private:
  bool table() const;
  std::string Table(const std::vector<api::ObjectPtr>& items, const std::string& list_meta, bool columns) const;
  std::string Item(const api::Object& object) const;

  const Registry* const registry_;
  const Request* const request_;
  const Media media_;
  const std::string include_object_;
};

}  // namespace kubelite::apiserver
