#include "absl/strings/str_join.h"
#include "apiserver/registry/kinds/columns/kind_columns.h"
#include "k8s/resource/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::resource::v1::ResourceClaim;
using k8s::resource::v1::ResourceSlice;

std::string State(const ResourceClaim& claim) {
  std::vector<std::string> states;
  const bool deleted = claim.metadata().has_deletiontimestamp();
  if (deleted) states.push_back("deleted");
  if (claim.status().has_allocation()) {
    states.push_back("allocated");
  } else if (!deleted) {
    states.push_back("pending");
  }
  if (claim.status().reservedfor_size() > 0) states.push_back("reserved");
  return absl::StrJoin(states, ",");
}

}  // namespace

Columns ResourceClaimColumns() { return {NameColumn(), Text<ResourceClaim>("State", State), AgeColumn()}; }

Columns ResourceSliceColumns() {
  using Slice = ResourceSlice;
  return {NameColumn(), Text<Slice>("Node", [](const Slice& s) { return s.spec().nodename(); }),
          Text<Slice>("Driver", [](const Slice& s) { return s.spec().driver(); }),
          Text<Slice>("Pool", [](const Slice& s) { return s.spec().pool().name(); }), AgeColumn()};
}

}  // namespace kubelite::apiserver
