#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/executor.h"
#include "common/base/random.h"
#include "common/client/client.h"

namespace kubelite::client {

// A fake API server in memory for component tests: resource versions, uids, compare-and-set, generateName, watches with
// resume, selectors on labels and the schema's selectable fields, status subresource (spec and status are kept apart),
// pods/binding, namespaces/finalize, merge patches, tables with the name only, deletion with finalizers, propagation
// and, for pods with a node, grace periods. No defaulting, validation or authorization, no other patches; paging shows
// the present state. Thread-safe. Faults can be injected. Passes the client contract suite.
class FakeClient : public Client {
 public:
  struct Call {
    std::string verb, resource, subresource;
    ObjectKey key;
  };
  // Notifications of watches are posted to the executor.
  static std::unique_ptr<FakeClient> New(base::Executor* executor, base::Random* random);

  // Returning an error makes that call fail with it (before it takes effect).
  virtual void SetFault(std::function<absl::Status(const Call&)> fault) = 0;
  // Ends all open watches with Unavailable (a lost connection).
  virtual void CutWatches() = 0;
  // Forgets the history of changes: a watch from an older revision gets IsExpired, as after a compaction.
  virtual void CompactHistory() = 0;
  // A client that shows what was there at an earlier revision; its calls are not counted here.
  virtual absl::StatusOr<std::shared_ptr<Client>> At(int64_t revision) = 0;
  // What Connect does; without it Connect fails.
  using ConnectHandler = std::function<absl::StatusOr<std::unique_ptr<ByteStream>>(const kubelite::v1::StreamOpen&)>;
  virtual void SetConnect(ConnectHandler connect) = 0;
  // All calls so far, reads included.
  virtual std::vector<Call> calls() const = 0;
  // Puts an object as it is, status included. A uid is filled in when empty; a resourceVersion ahead of the server's
  // own is kept and moves the server on, otherwise the next one is given.
  virtual ObjectPtr Seed(const Object& object) = 0;
};

}  // namespace kubelite::client
