#include "controllers/all.h"

#include <set>

#include "common/base/check.h"
#include "controllers/deployment/controller.h"
#include "controllers/namespace/controller.h"
#include "controllers/nodelifecycle/controller.h"
#include "controllers/podgc/controller.h"
#include "controllers/replicaset/controller.h"
#include "controllers/serviceaccount/controller.h"

namespace kubelite::controllers {

std::vector<control::ControllerDef> AllControllers(const Options& options) {
  std::vector<control::ControllerDef> rows = {
      DeploymentController(options.concurrent_deployment_syncs),
      ReplicaSetController(options.concurrent_replicaset_syncs),
      ReplicationControllerController(options.concurrent_rc_syncs),
      NamespaceController(options.concurrent_namespace_syncs),
      NodeLifecycleController({options.node_monitor_period, options.node_monitor_grace_period,
                               options.node_startup_grace_period, options.node_eviction_rate}),
      TaintEvictionController(),
      PodGcController(options.terminated_pod_gc_threshold),
      ServiceAccountController(options.concurrent_serviceaccount_token_syncs),
  };
  std::set<std::string> names;
  for (const control::ControllerDef& row : rows) CHECK(names.insert(row.name).second);
  return rows;
}

}  // namespace kubelite::controllers
