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

// What answers a verb of a subresource instead of the generic code (binding, scale, eviction, finalize). For update and
// create `request.object` is the decoded body, of the subresource's kind.
using SubresourceHandler = std::function<absl::StatusOr<api::ObjectPtr>(Registry& registry, const Request& request)>;

// A kind is data: names, scope and field facts come from the schema; the hooks below are nullable and a kind that needs
// none writes none. The generic registry calls them in this order (k8s.io/apiserver pkg/registry/rest):
//   create: decode, clear status, set_defaults, [mutating admission], prepare_create, validate, [validating admission],
//   store update: decode, keep the stored status, set_defaults, [mutating admission], prepare_update, validate +
//   validate_update,
//           [validating admission], compare and set
//   status: decode, keep everything stored but status and metadata, set_defaults, [mutating admission],
//   prepare_status_update,
//           validate_status_update, [validating admission], compare and set
// Metadata is the generic code's in all of them (names, uid, times, generation, owner references, finalizers, labels).
struct ResourceDef {
  const api::ResourceInfo* info = nullptr;

  std::function<void(api::Object* object)> set_defaults;  // also run on objects read back, so idempotent
  // Fills what the server owns. Status is empty when it is called, unless status_on_create.
  std::function<void(api::Object* object, const WriteContext& context)> prepare_create;
  std::function<void(api::Object* object, const api::Object& old, const WriteContext& context)> prepare_update;
  std::function<void(api::Object* object, const api::Object& old, const WriteContext& context)> prepare_status_update;
  // Edits an object that gets its deletionTimestamp and stays for now (namespaces: phase Terminating).
  std::function<void(api::Object* object, const WriteContext& context)> prepare_delete;
  // Rules of the kind beyond the generic metadata rules; paths as upstream's.
  std::function<void(const api::Object& object, api::FieldErrors* errors)> validate;
  std::function<void(const api::Object& object, const api::Object& old, api::FieldErrors* errors)> validate_update;
  std::function<void(const api::Object& object, const api::Object& old, api::FieldErrors* errors)>
      validate_status_update;
  // metadata.name problems; null: DNS-1123 subdomain. Also called with a generateName whose trailing '-' became an 'a'.
  std::function<std::vector<std::string>(absl::string_view name)> validate_name;
  // Value of a selectable field other than metadata.name and metadata.namespace; null: the field at that path, read by
  // reflection.
  std::function<std::string(const api::Object& object, const std::string& field)> selectable_field;
  // Grace period of a delete in seconds given what the client asked (-1: nothing); null: 0, whatever was asked.
  std::function<int64_t(const api::Object& object, int64_t requested)> grace_period;
  // False: a deleted object stays although it has no metadata finalizers (namespaces have spec.finalizers instead).
  std::function<bool(const api::Object& object)> may_remove;
  // A view of another kind's stored objects (events.k8s.io/v1 of core events): converted when written and read. Null:
  // stored as it is.
  const api::ResourceInfo* stored_as = nullptr;
  std::function<std::unique_ptr<api::Object>(const api::Object&object)> to_stored, from_stored;
  const api::ResourceInfo& storage() const { return stored_as == nullptr ? *info : *stored_as; }
  std::vector<TableColumn> columns;  // empty: Name and Created At
  // By subresource name. The name "" answers the verb on the resource itself: virtual kinds such as access reviews.
  std::map<std::string, SubresourceHandler> create_subresource;  // "binding"
  std::map<std::string, SubresourceHandler> get_subresource;     // "scale"
  std::map<std::string, SubresourceHandler> update_subresource;  // "scale", "finalize"; also serves patch
  // What metadata.generation counts: paths of fields, e.g. {"spec"} or {"spec", "metadata.annotations"}. Empty: all.cc
  // fills in upstream's table; kinds outside that table have no generation.
  std::vector<std::string> generation_fields;
  bool status_on_create = false;    // a create may set status (nodes: their kubelet registers them with it)
  std::string default_propagation;  // of deletes that do not say: empty is Background; jobs of batch/v1: Orphan
  absl::Duration time_to_live = absl::ZeroDuration();  // events: kept this long after the last write; zero: for ever
};

}  // namespace kubelite::apiserver
