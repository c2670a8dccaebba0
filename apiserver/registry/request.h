#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/api/object.h"
#include "common/api/scheme.h"
#include "common/client/client.h"

namespace kubelite::apiserver {

// Who asks: from a client certificate (CN, each O) or a token.
struct User {
  std::string name;
  std::vector<std::string> groups;
  std::string uid = "";                                        // of a service account
  std::map<std::string, std::vector<std::string>> extra = {};  // further facts of a token
  bool InGroup(absl::string_view group) const;
};

// The node whose identity this is; empty when it is nobody's.
std::string NodeOf(const User& user);

// The one request type of both front ends. Transport code fills it and knows no kinds; filters read it; the registry
// acts.
struct Request {
  User user;
  std::string verb;  // get list watch create update patch delete deletecollection
  // Of a request that is about no resource (the store's administration): a non-resource URL as upstream's "/metrics".
  // Then the resource's members are empty.
  std::string path;
  std::string group, version, resource;
  std::string name_space;
  std::string name;
  std::string subresource;
  std::string user_agent;
  std::string source_address;
  std::string audit_id;
  absl::Time received;  // set by Server

  // Options of the verbs; only those of the request's verb are read.
  std::string resource_version, resource_version_match;
  std::string label_selector, field_selector;
  int64_t limit = 0;
  std::string continue_token;
  bool allow_bookmarks = false;
  bool send_initial_events = false;  // watch: present state first, then a bookmark, then changes
  int64_t timeout_seconds = 0;
  bool dry_run = false;
  std::string field_manager, field_validation;
  client::DeleteOptions delete_options;
  client::PatchType patch_type = client::PatchType::kMerge;
  bool force = false;
  // Apply: whether the user may create the object if there is none. Set by the authorize filter.
  bool may_create = true;
  bool* created = nullptr;  // if not null, set to true when an update or patch has created the object

  // Body: a decoded object (gRPC, in process), or JSON text to decode (strictness by field_validation, by default
  // Strict), or a patch.
  api::ObjectPtr object;
  std::string body_json;

  // The kind row, found by the server before the filters; null for unknown resources.
  const api::ResourceInfo* info = nullptr;
};

}  // namespace kubelite::apiserver
