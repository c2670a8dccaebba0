#pragma once

#include <memory>

#include "common/control/expectations.h"
#include "common/control/reconciler.h"
#include "controllers/replicaset/kinds.h"

namespace kubelite::controllers {

// `expectations` is shared with the watch mappings, which report what the cache has seen.
std::unique_ptr<control::Reconciler> NewReplicaSetReconciler(const ReplicaKind& kind, const control::Deps& deps,
                                                             std::shared_ptr<control::Expectations> expectations);

}  // namespace kubelite::controllers
