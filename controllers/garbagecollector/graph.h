#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/api/object.h"
#include "common/api/scheme.h"
#include "common/base/mutex.h"

namespace kubelite::controllers {

// An object that the collector may have to act on.
struct GraphNode {
  const api::ResourceInfo* resource = nullptr;
  api::ObjectKey key;
  std::string uid;
  std::set<std::string> owners;          // uids
  std::set<std::string> blocked_owners;  // those whose foreground deletion waits for this object
};

// Who depends on whom, by uid. Only objects that have owners or wait for a deletion are kept; owners need not be known.
// Pure data; thread-safe.
class OwnerGraph {
 public:
  // Takes over the object's present state. Returns the uids of owners that it no longer has or no longer blocks.
  std::vector<std::string> Put(const api::ResourceInfo& resource, const api::Object& object);
  // Returns the owners it had.
  std::vector<std::string> Remove(const std::string& uid);

  std::optional<GraphNode> Find(const std::string& uid) const;
  std::vector<GraphNode> Dependents(const std::string& owner_uid) const;
  size_t size() const;

 private:
  void Unlink(const GraphNode& node) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable base::Mutex mutex_;
  std::map<std::string, GraphNode> nodes_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::set<std::string>> dependents_ ABSL_GUARDED_BY(mutex_);  // by owner
};

}  // namespace kubelite::controllers
