#include "apiserver/registry/kinds/columns/kind_columns.h"
#include "common/api/int_or_string.h"
#include "k8s/node/v1.pb.h"
#include "k8s/policy/v1.pb.h"
#include "k8s/scheduling/v1.pb.h"

namespace kubelite::apiserver {

using k8s::node::v1::RuntimeClass;
using k8s::scheduling::v1::PriorityClass;

Columns DisruptionBudgetColumns() {
  using Budget = k8s::policy::v1::PodDisruptionBudget;
  return {
      NameColumn(),
      Text<Budget>(
          "Min Available",
          [](const Budget& b) { return b.spec().has_minavailable() ? api::ToString(b.spec().minavailable()) : "N/A"; }),
      Text<Budget>("Max Unavailable",
                   [](const Budget& b) {
                     return b.spec().has_maxunavailable() ? api::ToString(b.spec().maxunavailable()) : "N/A";
                   }),
      Number<Budget>("Allowed Disruptions", [](const Budget& b) -> int64_t { return b.status().disruptionsallowed(); }),
      AgeColumn()};
}

Columns PriorityClassColumns() {
  using Class = PriorityClass;
  return {NameColumn(), Number<Class>("Value", [](const Class& c) -> int64_t { return c.value(); }),
          Truth<Class>("Global-Default", [](const Class& c) { return c.globaldefault(); }), AgeColumn(),
          Text<Class>("PreemptionPolicy", [](const Class& c) { return c.preemptionpolicy(); })};
}

Columns RuntimeClassColumns() {
  return {NameColumn(), Text<RuntimeClass>("Handler", [](const RuntimeClass& c) { return c.handler(); }), AgeColumn()};
}

}  // namespace kubelite::apiserver
