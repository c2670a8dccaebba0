#include "common/api/managed_fields.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/api/go_quote.h"
#include "common/api/time.h"
#include "common/base/status_macros.h"

namespace kubelite::api {
namespace {

// Far more than an object has managers: what clients send is compared with each other.
constexpr int kMaxEntries = 1000;

using k8s::meta::v1::ManagedFieldsEntry;

constexpr size_t kMaxUpdates = 10;
constexpr char kAncient[] = "ancient-changes";

FieldManager ManagerOf(const ManagedFieldsEntry& entry) {
  return {entry.manager(), entry.operation(), entry.apiversion(), entry.subresource()};
}

absl::Status Check(const ManagedFieldsEntry& entry, int index) {
  if (entry.operation() != "Apply" && entry.operation() != "Update") {
    return absl::InvalidArgumentError("operation must be `Apply` or `Update`");
  }
  if (entry.apiversion().empty()) return absl::InvalidArgumentError("apiVersion must not be empty");
  if (entry.fieldstype().empty()) {
    return absl::InvalidArgumentError(absl::StrCat("missing fieldsType in managed fields entry ", index));
  }
  if (entry.fieldstype() != "FieldsV1") {
    return absl::InvalidArgumentError(
        absl::StrCat("invalid fieldsType ", GoQuote(entry.fieldstype()), " in managed fields entry ", index));
  }
  return absl::OkStatus();
}

absl::StatusOr<FieldSet> SetOf(const ManagedFieldsEntry& entry) {
  if (entry.fieldsv1().raw().empty()) return FieldSet();
  return FieldSet::Parse(entry.fieldsv1().raw());
}

int64_t Seconds(const ManagedFieldsEntry& entry) { return entry.has_time() ? entry.time().seconds() : 0; }

auto SortKey(const ManagedFieldsEntry& entry) {
  return std::make_tuple(absl::string_view(entry.operation()), Seconds(entry), absl::string_view(entry.manager()),
                         absl::string_view(entry.apiversion()), absl::string_view(entry.subresource()));
}

}  // namespace

bool FieldManager::SameIdentity(const FieldManager& other) const {
  return name == other.name && operation == other.operation && subresource == other.subresource &&
         (IsApply() || api_version == other.api_version);
}

std::string FieldManager::ToString() const {
  std::string text = GoQuote(name);
  if (!subresource.empty()) absl::StrAppend(&text, " with subresource ", GoQuote(subresource));
  if (!IsApply()) absl::StrAppend(&text, " using ", api_version);
  return text;
}

const FieldSet& ManagedFields::Entry::set() const {
  if (!decoded_) {
    absl::StatusOr<FieldSet> set = SetOf(proto);
    if (set.ok()) set_ = *std::move(set);
    decoded_ = true;
  }
  return set_;
}

bool ManagedFields::Entry::Intersects(const FieldSet& other) const {
  if (!decoded_) {
    const std::string& raw = proto.fieldsv1().raw();
    const auto named = [&raw](const FieldSet::Node& node) {
      return absl::StrContains(raw, absl::StrCat("\"f:", node.element.text, "\""));
    };
    if (std::none_of(other.nodes().begin(), other.nodes().end(), named)) return false;
  }
  return set().Intersects(other);
}

void ManagedFields::Entry::set_set(FieldSet set) {
  set_ = std::move(set);
  decoded_ = true;
  changed_ = true;
}

absl::StatusOr<ManagedFields> ManagedFields::Decode(const Proto& entries) {
  if (entries.size() > kMaxEntries) {
    return absl::InvalidArgumentError(
        absl::StrCat("metadata.managedFields: must have at most ", kMaxEntries, " items"));
  }
  for (int i = 0; i < entries.size(); ++i) RETURN_IF_ERROR(Check(entries[i], i));
  ManagedFields managed = Trusted(entries);
  for (Entry& entry : managed.entries_) {
    ASSIGN_OR_RETURN(FieldSet set, SetOf(entry.proto));
    entry.set_set(std::move(set));
  }
  return managed;
}

ManagedFields ManagedFields::Trusted(const Proto& entries) {
  ManagedFields managed;
  managed.entries_.reserve(static_cast<size_t>(entries.size()));
  for (const ManagedFieldsEntry& proto : entries) {
    Entry entry;
    entry.manager = ManagerOf(proto);
    entry.proto = proto;
    // The last entry of one identity counts.
    if (Entry* same = managed.Find(entry.manager)) {
      *same = std::move(entry);
    } else {
      managed.entries_.push_back(std::move(entry));
    }
  }
  return managed;
}

ManagedFields::Entry* ManagedFields::Find(const FieldManager& manager) {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& entry) { return entry.manager.SameIdentity(manager); });
  return found == entries_.end() ? nullptr : &*found;
}

void ManagedFields::Put(const FieldManager& manager, FieldSet set, absl::Time time) {
  Entry* entry = Find(manager);
  if (entry == nullptr) {
    entries_.emplace_back();
    entry = &entries_.back();
    entry->proto.set_manager(manager.name);
    entry->proto.set_operation(manager.operation);
    entry->proto.set_fieldstype("FieldsV1");
    if (!manager.subresource.empty()) entry->proto.set_subresource(manager.subresource);
  }
  entry->manager = manager;
  entry->proto.set_apiversion(manager.api_version);
  ToProto(time, entry->proto.mutable_time());
  entry->set_set(std::move(set));
}

void ManagedFields::DropEmpty() {
  std::erase_if(entries_, [](const Entry& entry) { return entry.changed_ && entry.set_.empty(); });
}

void ManagedFields::CapUpdates() {
  std::vector<size_t> updates;
  for (size_t i = 0; i < entries_.size(); ++i) {
    if (!entries_[i].manager.IsApply()) updates.push_back(i);
  }
  if (updates.size() <= kMaxUpdates) return;
  std::sort(updates.begin(), updates.end(),
            [this](size_t a, size_t b) { return SortKey(entries_[a].proto) < SortKey(entries_[b].proto); });
  std::map<std::string, std::vector<size_t>> buckets;  // by version: the entries that become one
  size_t left = updates.size();
  for (const size_t index : updates) {
    if (left <= kMaxUpdates) break;
    std::vector<size_t>& bucket = buckets[entries_[index].manager.api_version];
    bucket.push_back(index);
    if (bucket.size() > 1) --left;
  }
  std::vector<size_t> gone;
  for (const auto& [version, bucket] : buckets) {
    if (bucket.size() < 2) continue;
    const FieldManager ancient = {kAncient, "Update", version, ""};
    const Entry* present = Find(ancient);
    FieldSet set = present == nullptr ? FieldSet() : present->set();
    const absl::Time time = absl::FromUnixSeconds(Seconds(entries_[bucket.back()].proto));
    for (const size_t index : bucket) {
      set = set.Union(entries_[index].set());
      if (!entries_[index].manager.SameIdentity(ancient)) gone.push_back(index);
    }
    Put(ancient, std::move(set), time);
  }
  std::sort(gone.rbegin(), gone.rend());
  for (const size_t index : gone) entries_.erase(entries_.begin() + static_cast<ptrdiff_t>(index));
}

void ManagedFields::Encode(Proto* out) const {
  std::vector<const Entry*> sorted;
  for (const Entry& entry : entries_) sorted.push_back(&entry);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Entry* a, const Entry* b) { return SortKey(a->proto) < SortKey(b->proto); });
  Proto result;
  for (const Entry* entry : sorted) {
    ManagedFieldsEntry* proto = result.Add();
    *proto = entry->proto;
    if (entry->changed_) proto->mutable_fieldsv1()->set_raw(entry->set_.ToFieldsV1());
  }
  out->Swap(&result);
}

void RecordUpdate(const FieldChanges& changes, const FieldManager& manager, absl::Time now, ManagedFields* managed) {
  if (changes.empty()) return;
  const FieldSet taken = changes.added.Union(changes.modified);
  const FieldSet lost = taken.Union(changes.removed);
  for (ManagedFields::Entry& entry : managed->entries()) {
    const FieldSet& less = entry.manager.SameIdentity(manager) ? changes.removed : lost;
    if (!less.empty() && entry.Intersects(less)) entry.set_set(entry.set().Difference(less));
  }
  if (!taken.empty()) {
    ManagedFields::Entry* own = managed->Find(manager);
    if (own == nullptr) {
      managed->Put(manager, taken, now);
    } else {
      // The usual case of a writer that comes again: the set stays as it is encoded.
      if (!own->set().Contains(taken)) own->set_set(own->set().Union(taken));
      ToProto(now, own->proto.mutable_time());
    }
  }
  managed->DropEmpty();
  managed->CapUpdates();
}

bool SameManagement(const ManagedFields::Proto& a, const ManagedFields::Proto& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const ManagedFieldsEntry& x, const ManagedFieldsEntry& y) {
                      return x.manager() == y.manager() && x.operation() == y.operation() &&
                             x.apiversion() == y.apiversion() && x.subresource() == y.subresource() &&
                             x.fieldstype() == y.fieldstype() && x.fieldsv1().raw() == y.fieldsv1().raw();
                    });
}

}  // namespace kubelite::api
