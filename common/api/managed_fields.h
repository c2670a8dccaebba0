#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/api/field_set.h"
#include "k8s/meta/v1.pb.h"

namespace kubelite::api {

// Who wrote: an entry of metadata.managedFields without its fields and time.
struct FieldManager {
  std::string name;
  std::string operation;    // Apply, Update
  std::string api_version;  // of applies no part of the identity
  std::string subresource;

  bool IsApply() const { return operation == "Apply"; }
  bool SameIdentity(const FieldManager& other) const;
  // `"kubectl" with subresource "status" using apps/v1`, as messages name it.
  std::string ToString() const;
};

// metadata.managedFields for reading and changing. An entry's set is decoded when it is first needed and encoded only
// when it changed. Value type.
class ManagedFields {
 public:
  using Proto = google::protobuf::RepeatedPtrField<k8s::meta::v1::ManagedFieldsEntry>;

  // InvalidArgument for an entry that is not well-formed.
  static absl::StatusOr<ManagedFields> Decode(const Proto& entries);
  // For what a server has written itself. An entry that cannot be read owns nothing.
  static ManagedFields Trusted(const Proto& entries);

  struct Entry {
    FieldManager manager;
    k8s::meta::v1::ManagedFieldsEntry proto;

    const FieldSet& set() const;
    // set().Intersects(other), mostly without decoding a set that has nothing to do with it.
    bool Intersects(const FieldSet& other) const;
    void set_set(FieldSet set);

   private:
    friend class ManagedFields;
    mutable FieldSet set_;
    mutable bool decoded_ = false;
    bool changed_ = false;
  };

  bool empty() const { return entries_.empty(); }
  std::vector<Entry>& entries() { return entries_; }
  const std::vector<Entry>& entries() const { return entries_; }
  Entry* Find(const FieldManager& manager);
  // The manager's entry with this set and time, made if it has none.
  void Put(const FieldManager& manager, FieldSet set, absl::Time time);
  void DropEmpty();
  // Merges the oldest entries of updates into `ancient-changes` until at most ten are left.
  void CapUpdates();
  // Sorted as upstream does.
  void Encode(Proto* out) const;

 private:
  std::vector<Entry> entries_;
};

// A manager's write of an object that changed in `changes`: it takes what was added and modified from all others; what
// was removed is nobody's any more.
void RecordUpdate(const FieldChanges& changes, const FieldManager& manager, absl::Time now, ManagedFields* managed);

// Equal but for the times.
bool SameManagement(const ManagedFields::Proto& a, const ManagedFields::Proto& b);

}  // namespace kubelite::api
