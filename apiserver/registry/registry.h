#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "apiserver/registry/request.h"
#include "apiserver/registry/resource_def.h"
#include "common/base/executor.h"
#include "common/base/random.h"
#include "common/client/moment.h"
#include "kubelite/v1/write_note.pb.h"
#include "store/store.h"

namespace kubelite::v1 {
class Table;
}

namespace kubelite::apiserver {

// Admission steps in their fixed order; each may change the object (mutating) or refuse the request (validating).
struct AdmissionStep {
  std::string name;  // upstream's plugin name: "NamespaceLifecycle", "DefaultTolerationSeconds", ...
  // `object` is null for deletes; `old` is null for creates.
  std::function<absl::Status(Registry& registry, const Request& request, api::Object* object, const api::Object* old)>
      mutate;
  std::function<absl::Status(Registry& registry, const Request& request, const api::Object* object,
                             const api::Object* old)>
      validate;
};

// All kinds over one store: one function per verb that shows its steps in order (registry/verbs_*.cc). Knows no
// transport. Thread-safe; calls block on the store. Requests come here authenticated and authorized. Errors are api::
// errors.
class Registry {
 public:
  struct Options {
    std::vector<ResourceDef> resources;
    std::vector<AdmissionStep> admission;
    store::Store* store = nullptr;       // outlives the registry
    base::Executor* executor = nullptr;  // clock, expiry timers
    base::Random* random = nullptr;      // uids, generated names
    // History older than this is forgotten; zero keeps it however old it is.
    absl::Duration retention = absl::Hours(1);
    // The oldest history is forgotten when all of it takes more than this; zero keeps it however much it is.
    int64_t retention_bytes = 0;
    // Replaces the time_to_live of the kinds that have one; zero leaves the rows' own.
    absl::Duration event_ttl = absl::ZeroDuration();
    size_t cache_bytes = 16 << 20;  // bound of the decoded objects kept for reads and watches
  };
  explicit Registry(Options options);
  ~Registry();  // streams given out by Watch must be gone

  // Writes the default namespaces and other objects every cluster has, when absent, and starts compaction and expiry.
  absl::Status Bootstrap();

  absl::StatusOr<api::ObjectPtr> Get(const Request& request);
  struct List {
    std::vector<api::ObjectPtr> items;
    std::string resource_version;
    std::string continue_token;
    int64_t remaining_item_count = 0;
  };
  absl::StatusOr<List> ListObjects(const Request& request);
  // `warnings` may be null.
  absl::StatusOr<api::ObjectPtr> Create(const Request& request, std::vector<std::string>* warnings);
  absl::StatusOr<api::ObjectPtr> Update(const Request& request, std::vector<std::string>* warnings);
  absl::StatusOr<api::ObjectPtr> Patch(const Request& request, std::vector<std::string>* warnings);
  absl::StatusOr<api::ObjectPtr> Delete(const Request& request);
  absl::StatusOr<int64_t> DeleteCollection(const Request& request);
  // The stream filters by namespace, name and selectors; an object that starts or stops matching is reported as added
  // or deleted. It ends with Unavailable "watch timed out" after timeout_seconds, and with Expired when it fell behind
  // compaction. `on_ready` may be called from any thread until the stream is destroyed; it must not block.
  absl::StatusOr<std::unique_ptr<client::WatchStream>> Watch(const Request& request, std::function<void()> on_ready);

  // "1234" (a revision), "-10m" (an age) or an RFC 3339 time, by this server's clock. BadRequest, or Expired for what
  // is no longer kept.
  absl::StatusOr<client::Moment> ResolveMoment(absl::string_view at);
  struct ObjectChange {
    store::Revision revision = 0;
    absl::Time time;
    kubelite::v1::WriteNote by;
    bool created = false;     // began a life of this name
    api::ObjectPtr object;    // null: deleted
    api::ObjectPtr previous;  // null: created, or no longer kept
  };
  struct History {
    std::vector<ObjectChange> changes;  // newest first
    bool more = false;                  // there are older ones
  };
  // The retained changes of the named object up to request.resource_version ("": the newest), at most request.limit and
  // as many as fit into one answer. Of deleted objects too. NotFound when nothing is known of it.
  absl::StatusOr<History> GetHistory(const Request& request);

  // Rows for `items`; columns are always sent. Ages are told as of `as_of`, by default now.
  void Print(const api::ResourceInfo& resource, const std::vector<api::ObjectPtr>& items, kubelite::v1::Table* table,
             std::optional<absl::Time> as_of = std::nullopt) const;

  // Null when the resource is not served.
  const ResourceDef* Find(absl::string_view group, absl::string_view version, absl::string_view resource) const;
  const std::vector<ResourceDef>& resources() const;

  // For hooks and subresources: reads the stored object, lets `change` edit it, and writes it back with
  // compare-and-set, trying again when somebody else was faster. `change` returning an error aborts. Skips admission,
  // defaulting and validation. Counts metadata.generation up as an update would, unless told otherwise. Removes an
  // object whose deletion waited for this. `request` is what the history tells of the write.
  absl::StatusOr<api::ObjectPtr> GuaranteedUpdate(const ResourceDef& def, const api::ObjectKey& key,
                                                  const Request& request,
                                                  std::function<absl::Status(api::Object* object)> change,
                                                  bool count_generation = true);
  absl::StatusOr<api::ObjectPtr> Read(const ResourceDef& def, const api::ObjectKey& key);
  const base::Clock& clock() const;
  base::Random& random();

  struct State;  // internal to this folder

 private:
  std::unique_ptr<State> state_;
};

// All served kinds: one line each (registry/all.cc).
std::vector<ResourceDef> AllResources();

}  // namespace kubelite::apiserver
