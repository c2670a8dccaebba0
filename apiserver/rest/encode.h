#pragma once

#include <memory>
#include <string>

#include "apiserver/registry/registry.h"
#include "apiserver/rest/media.h"

namespace kubelite::apiserver {

// As a JSON string.
std::string Quoted(absl::string_view text);

// A document that is a message of its own: a Status, a list of groups. InternalError when it has no such form.
absl::StatusOr<std::string> EncodeMessage(const api::Object& message, Media::Encoding encoding);

// The Status that tells an error, and the one that a successful delete answers.
k8s::meta::v1::Status StatusOf(const absl::Status& error);
k8s::meta::v1::Status DeletedStatus(const api::ResourceInfo& info, const api::Object& object);

// Writes the objects of one request in the asked form (whole, reduced to their metadata, or as a table) and encoding.
class ObjectEncoder {
 public:
  virtual ~ObjectEncoder() = default;
  virtual absl::StatusOr<std::string> One(const api::ObjectPtr& object) const = 0;
  virtual absl::StatusOr<std::string> List(const Registry::List& list) const = 0;

  // Events of a watch, framed. The columns of a table are left out on request.
  virtual std::string Event(absl::string_view type, const api::ObjectPtr& object, bool columns) const = 0;
  virtual std::string Bookmark(const std::string& resource_version, bool initial_events_end) const = 0;
  virtual std::string Error(const absl::Status& error) const = 0;
};

// All but `media` outlive it. `include_object` is the query's includeObject.
std::unique_ptr<ObjectEncoder> NewEncoder(const Registry* registry, const Request* request, const Media& media,
                                          std::string include_object);

}  // namespace kubelite::apiserver
