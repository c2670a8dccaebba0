#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "apiserver/registry/request.h"
#include "common/api/errors.h"
#include "common/api/object.h"
#include "common/api/scheme.h"

namespace kubelite::apiserver {

class Registry;

// One column of the printed table. `cell` gets the object and the time for ages.
struct TableColumn {
  std::string name;
  std::string type = "string";
  std::string format;
  int priority = 0;
  std::function<std::string(const api::Object& object, absl::Time now)> cell;
};

struct WriteContext {
  const Request& request;
  absl::Time now;
};

// What an answered subresource verb does instead of the generic code (binding, scale, eviction).
using SubresourceHandler = std::function<absl::StatusOr<api::ObjectPtr>(Registry& registry, const Request& request)>;

// A kind is data: names, scope and field facts come from the schema; the hooks below are nullable and a kind that needs none
// writes none. The generic registry calls them in this order (k8s.io/apiserver pkg/registry/rest):
//   create: decode, set_defaults, [mutating admission], prepare_create, validate, [validating admission], store
//   update: decode, set_defaults, [mutating admission], prepare_update, validate + validate_update, [..], compare and set
struct ResourceDef {
  const api::ResourceInfo* info = nullptr;

  std::function<void(api::Object* object)> set_defaults;  // also run on objects read back, so idempotent
  // Clears what a client may not set (status) and fills what the server owns.
  std::function<void(api::Object* object, const WriteContext& context)> prepare_create;
  std::function<void(api::Object* object, const api::Object& old, const WriteContext& context)> prepare_update;
  std::function<void(api::Object* object, const api::Object& old, const WriteContext& context)> prepare_status_update;
  // Rules of the kind beyond the generic metadata rules; paths as upstream's.
  std::function<void(const api::Object& object, api::FieldErrors* errors)> validate;
  std::function<void(const api::Object& object, const api::Object& old, api::FieldErrors* errors)> validate_update;
  std::function<void(const api::Object& object, const api::Object& old, api::FieldErrors* errors)> validate_status_update;
  // metadata.name problems; null: DNS-1123 subdomain.
  std::function<std::vector<std::string>(absl::string_view name)> validate_name;
  // Value of a selectable field beyond metadata.name and metadata.namespace.
  std::function<std::string(const api::Object& object, const std::string& field)> selectable_field;
  // Grace period of a delete in seconds given what the client asked (-1: nothing); null: 0. Sets status for graceful kinds.
  std::function<int64_t(const api::Object& object, int64_t requested)> grace_period;
  // Finalizers given to a new object (e.g. namespaces have spec.finalizers instead).
  std::function<bool(const api::Object& object)> may_remove;  // false: deletion waits although there are no metadata finalizers
  std::vector<TableColumn> columns;  // empty: Name and Created At
  std::map<std::string, SubresourceHandler> create_subresource;  // "binding"
  std::map<std::string, SubresourceHandler> get_subresource;     // "scale"
  std::map<std::string, SubresourceHandler> update_subresource;  // "scale", "finalize"
  absl::Duration time_to_live = absl::ZeroDuration();  // events: kept this long; zero: for ever
};

}  // namespace kubelite::apiserver
