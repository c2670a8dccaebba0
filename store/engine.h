#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "store/store.h"

namespace kubelite::store {

// The ordered tables of bytes below the store; key_codec.h says what they hold.
enum class Table : uint8_t { kMeta = 0, kData = 1, kLog = 2, kLease = 3 };
inline constexpr int kTables = 4;

// Changes that take effect together or not at all, in this order. Kept in one piece of memory.
class WriteBatch {
 public:
  void Put(Table table, absl::string_view key, absl::string_view value) { Add({table, false, key, value}); }
  void Delete(Table table, absl::string_view key) { Add({table, true, key, {}}); }
  void Append(const WriteBatch& other) {
    bytes_.append(other.bytes_);
    count_ += other.count_;
  }
  void Clear() {
    bytes_.clear();
    count_ = 0;
  }
  bool empty() const { return count_ == 0; }
  size_t count() const { return count_; }
  size_t bytes() const { return bytes_.size(); }

  struct Operation {
    Table table;
    bool deletes;
    absl::string_view key;
    absl::string_view value;
  };
  template <typename Function>
  void ForEach(Function&& function) const {
    for (absl::string_view rest = bytes_; !rest.empty();) {
      Header header;
      std::memcpy(&header, rest.data(), sizeof(header));
      rest.remove_prefix(sizeof(header));
      const absl::string_view key = rest.substr(0, header.key_bytes);
      rest.remove_prefix(header.key_bytes);
      const absl::string_view value = rest.substr(0, header.value_bytes);
      rest.remove_prefix(header.value_bytes);
      function(Operation{header.table, header.deletes, key, value});
    }
  }

 private:
  struct Header {
    uint32_t key_bytes;
    uint32_t value_bytes;
    Table table;
    bool deletes;
  };
  void Add(const Operation& operation) {
    Header header = {};
    header.key_bytes = static_cast<uint32_t>(operation.key.size());
    header.value_bytes = static_cast<uint32_t>(operation.value.size());
    header.table = operation.table;
    header.deletes = operation.deletes;
    bytes_.append(reinterpret_cast<const char*>(&header), sizeof(header));
    bytes_.append(operation.key.data(), operation.key.size());
    bytes_.append(operation.value.data(), operation.value.size());
    ++count_;
  }

  std::string bytes_;
  size_t count_ = 0;
};

// What the store needs of a disk. Thread-safe, except that Write, CheckSpace and Recover are never called at the same
// time.
// Errors: Unavailable when the disk refuses, DataLoss for damage; both name the file when known.
class Engine {
 public:
  // Rows of one table in key order; what it shows does not change while it lives. Belongs to one thread; must not
  // outlive its View.
  class Iterator {
   public:
    virtual ~Iterator() = default;
    virtual bool Valid() const = 0;
    virtual void Next() = 0;
    virtual void Seek(absl::string_view key) = 0;  // forwards, to the first row at or after `key`
    // Valid until the iterator moves.
    virtual absl::string_view key() const = 0;
    virtual absl::string_view value() const = 0;
    // Why Valid() is false, if not for the end.
    virtual absl::Status status() const = 0;
  };

  // Read access. Keep it for one call only: recovery waits until all views are gone.
  class View {
   public:
    virtual ~View() = default;
    // NotFound when there is no such row.
    virtual absl::StatusOr<std::string> Get(Table table, absl::string_view key) = 0;
    // Starts at the first row at or after `lower`, ends before `upper` (empty: no bound).
    virtual std::unique_ptr<Iterator> NewIterator(Table table, absl::string_view lower, absl::string_view upper) = 0;
    // For the versions of one key of `data` at a time: begins nowhere; Seek goes anywhere, and then Valid() is true on
    // rows of the same stem only (see key_codec.h). Keys that were never written are found out cheaply.
    virtual std::unique_ptr<Iterator> NewVersionIterator() = 0;
    // NotFound when the table is empty.
    virtual absl::StatusOr<std::string> LastKey(Table table) = 0;
  };

  virtual ~Engine() = default;

  // Unavailable while the engine has not recovered from a failure that took the disk away.
  virtual absl::StatusOr<std::unique_ptr<View>> NewView() = 0;

  // With `sync`, returns after the batch and all before it would survive a power loss; nobody sees it earlier.
  // After an error it is unknown whether the batch will be there after Recover.
  virtual absl::Status Write(const WriteBatch& batch, bool sync) = 0;

  // Before a write: ResourceExhausted when there is so little space that only deletes should be written, another error
  // when nothing can be.
  virtual absl::Status CheckSpace() { return absl::OkStatus(); }
  // Whether CheckSpace would say ResourceExhausted.
  virtual bool RefusesPuts() { return false; }

  // How long it pays to wait for one more writer before a sync; zero when a sync costs nothing.
  virtual absl::Duration GatherPause() const { return absl::ZeroDuration(); }

  // After a failed Write: makes the engine usable again, showing exactly what the disk holds. May be called again
  // when it fails.
  virtual absl::Status Recover() = 0;

  // Nobody reads revisions below `revision` any more: the engine may drop `log` rows below it, and versions that a
  // newer one at or below it replaced, now or in the background (see VersionFilter).
  virtual void AllowDrop(Revision revision) = 0;
  // Drops all that may be dropped before it returns, if the disk is full.
  virtual void Reclaim() {}

  // What all rows take, on the disk where there is one.
  virtual absl::StatusOr<int64_t> Bytes() = 0;

  // Writes a consistent copy into the absent directory `path`; Unimplemented when there is no disk.
  virtual absl::Status Checkpoint(const std::string& path) = 0;
};

}  // namespace kubelite::store
