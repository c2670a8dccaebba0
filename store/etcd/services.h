#pragma once

#include "store/etcd/backend.h"
#include "store/etcd/transport/call.h"

namespace kubelite::etcd {

// The services of etcd's API. Each adds its methods; `backend` outlives them.
void AddKvService(Backend* backend, Methods* methods);
void AddWatchService(Backend* backend, absl::Duration progress_interval, Methods* methods);
class LeaseTimer;
void AddLeaseService(Backend* backend, LeaseTimer* timer, Methods* methods);
void AddMaintenanceService(Backend* backend, Methods* methods);
void AddClusterService(Backend* backend, Methods* methods);
void AddAuthService(Backend* backend, Methods* methods);

}  // namespace kubelite::etcd
