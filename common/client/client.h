#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/api/object.h"
#include "common/api/scheme.h"

namespace k8s::meta::v1 {
class DeleteOptions;
}
namespace kubelite::v1 {
class StreamOpen;
class Table;
}  // namespace kubelite::v1

namespace kubelite::client {

using api::Object;
using api::ObjectKey;
using api::ObjectPtr;
using api::ResourceInfo;

struct ListOptions {
  std::string name_space;  // empty: all namespaces
  std::string label_selector;
  std::string field_selector;
  std::string resource_version;
  std::string resource_version_match;
  int64_t limit = 0;  // 0: everything (the client follows continue tokens itself)
  std::string continue_token;
};

struct ListResult {
  std::vector<ObjectPtr> items;
  std::string resource_version;
  std::string continue_token;
  int64_t remaining_item_count = 0;
};

struct WatchOptions {
  std::string name_space;
  std::string label_selector;
  std::string field_selector;
  std::string resource_version;  // changes after it
  bool allow_bookmarks = true;
  bool as_table = false;
  int64_t timeout_seconds = 0;
};

struct WatchEvent {
  enum class Type { kAdded, kModified, kDeleted, kBookmark };
  Type type = Type::kAdded;
  ObjectPtr object;  // null for bookmarks and tables
  std::string resource_version;
  std::shared_ptr<const kubelite::v1::Table> table;  // one row; columns in the first event only
};

// A cursor over a watch. One reader at a time; destroying it ends the watch and `on_ready` calls.
class WatchStream {
 public:
  virtual ~WatchStream() = default;
  // What has arrived, at most `max` events; never blocks. Events are in order, each once. When it returns `max` events
  // more may be waiting without another `on_ready`, so call it again. An error ends the stream: IsExpired (relist),
  // Unavailable (reconnect and resume), or Unavailable "watch timed out" after timeout_seconds.
  virtual absl::StatusOr<std::vector<WatchEvent>> Poll(size_t max) = 0;
};

struct WriteOptions {
  std::string field_manager;
  bool dry_run = false;
  std::string field_validation;  // Strict (default for JSON), Warn, Ignore
  std::vector<std::string>* warnings = nullptr;
};

enum class PatchType { kMerge, kJson, kStrategic, kApply };

struct Preconditions {
  std::string uid;
  std::string resource_version;
};

struct DeleteOptions {
  int64_t grace_period_seconds = -1;  // -1: the kind's default
  Preconditions preconditions;        // empty members: none
  std::string propagation_policy;     // Background, Foreground, Orphan; empty: the default
  bool dry_run = false;
};

// A duplex byte stream of a streaming subresource (log, exec, attach, portforward). Blocking; one reader and one writer
// thread at most, which may be at work at the same time. Both have returned before it is destroyed.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  struct Chunk {
    int channel = 1;
    std::string data;
    bool end = false;  // nothing more follows on this channel
  };
  // The next chunk; OutOfRange at the regular end; otherwise the error that ended it.
  virtual absl::StatusOr<Chunk> Read() = 0;
  // Blocks while the other side takes nothing. `end`: nothing more follows on this channel. An error when the stream
  // has ended; Read says why.
  virtual absl::Status Write(int channel, absl::string_view data, bool end = false) = 0;
  // May be called from any thread; makes Read return Cancelled and Write an error.
  virtual void Cancel() = 0;
};

// The API as objects. Thread-safe. Unary calls block (in simulation they return at once); errors are api:: errors, and
// connection failures are Unavailable. Objects of one type T also have the typed helpers below.
class Client {
 public:
  virtual ~Client() = default;

  virtual absl::StatusOr<ObjectPtr> Get(const ResourceInfo& resource, const ObjectKey& key,
                                        const std::string& resource_version = "") = 0;
  virtual absl::StatusOr<ListResult> List(const ResourceInfo& resource, const ListOptions& options) = 0;
  // `on_ready` is called, from any thread, when Poll may have something new or the stream ended; it must not block.
  virtual absl::StatusOr<std::unique_ptr<WatchStream>> Watch(const ResourceInfo& resource, const WatchOptions& options,
                                                             std::function<void()> on_ready) = 0;
  // `subresource` e.g. "binding" on pods: key names the parent and `object` is the subresource's kind.
  virtual absl::StatusOr<ObjectPtr> Create(const ResourceInfo& resource, const Object& object,
                                           const WriteOptions& options = {}) = 0;
  virtual absl::StatusOr<ObjectPtr> CreateSubresource(const ResourceInfo& resource, const ObjectKey& key,
                                                      const std::string& subresource, const Object& object) = 0;
  // The object carries its resourceVersion (compare and set) and name. `subresource` "" or "status" and the like.
  virtual absl::StatusOr<ObjectPtr> Update(const ResourceInfo& resource, const Object& object,
                                           const std::string& subresource = "", const WriteOptions& options = {}) = 0;
  virtual absl::StatusOr<ObjectPtr> Patch(const ResourceInfo& resource, const ObjectKey& key, PatchType type,
                                          const std::string& patch, const std::string& subresource = "",
                                          const WriteOptions& options = {}) = 0;
  // The object as it was deleted, or as it now waits for its finalizers or grace period.
  virtual absl::StatusOr<ObjectPtr> Delete(const ResourceInfo& resource, const ObjectKey& key,
                                           const DeleteOptions& options = {}) = 0;
  virtual absl::Status DeleteCollection(const ResourceInfo& resource, const ListOptions& selection,
                                        const DeleteOptions& options = {}) = 0;

  // JSON bodies, decoded strictly by the server (kubectl-lite).
  virtual absl::StatusOr<ObjectPtr> CreateJson(const ResourceInfo& resource, const std::string& name_space,
                                               const std::string& json, const WriteOptions& options = {}) = 0;
  virtual absl::StatusOr<ObjectPtr> UpdateJson(const ResourceInfo& resource, const ObjectKey& key,
                                               const std::string& json, const std::string& subresource = "",
                                               const WriteOptions& options = {}) = 0;
  // Server-side printing.
  virtual absl::StatusOr<kubelite::v1::Table> GetTable(const ResourceInfo& resource, const ObjectKey& key) = 0;
  struct TableList {
    std::unique_ptr<kubelite::v1::Table> table;
    std::string resource_version;
  };
  virtual absl::StatusOr<TableList> ListTable(const ResourceInfo& resource, const ListOptions& options) = 0;

  virtual absl::StatusOr<std::unique_ptr<ByteStream>> Connect(const kubelite::v1::StreamOpen& open) = 0;
};

// Typed helpers: client::Get<k8s::core::v1::Pod>(client, key).
template <typename T>
absl::StatusOr<std::shared_ptr<const T>> Get(Client& client, const ObjectKey& key) {
  absl::StatusOr<ObjectPtr> object = client.Get(api::ResourceOf<T>(), key);
  if (!object.ok()) return object.status();
  return api::As<T>(*object);
}
template <typename T>
absl::StatusOr<std::shared_ptr<const T>> Create(Client& client, const T& object) {
  absl::StatusOr<ObjectPtr> created = client.Create(api::ResourceOf<T>(), object);
  if (!created.ok()) return created.status();
  return api::As<T>(*created);
}
template <typename T>
absl::StatusOr<std::shared_ptr<const T>> Update(Client& client, const T& object, const std::string& subresource = "") {
  absl::StatusOr<ObjectPtr> updated = client.Update(api::ResourceOf<T>(), object, subresource);
  if (!updated.ok()) return updated.status();
  return api::As<T>(*updated);
}
template <typename T>
absl::Status Delete(Client& client, const ObjectKey& key, const DeleteOptions& options = {}) {
  return client.Delete(api::ResourceOf<T>(), key, options).status();
}
template <typename T>
absl::StatusOr<std::vector<std::shared_ptr<const T>>> List(Client& client, const ListOptions& options = {}) {
  absl::StatusOr<ListResult> list = client.List(api::ResourceOf<T>(), options);
  if (!list.ok()) return list.status();
  std::vector<std::shared_ptr<const T>> items;
  items.reserve(list->items.size());
  for (const ObjectPtr& item : list->items) items.push_back(api::As<T>(item));
  return items;
}

}  // namespace kubelite::client
