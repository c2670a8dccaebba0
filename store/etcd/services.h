#pragma once

#include <functional>

#include "store/etcd/backend.h"
#include "store/etcd/transport/call.h"
#include "store/lease_expirer.h"

namespace kubelite::etcd {

// The services of etcd's API. Each adds its methods; `backend` outlives them.
void AddKvService(Backend* backend, Methods* methods);
// The result is to be called now and then: it tells idle watches that ask for it how far they have come.
std::function<void()> AddWatchService(Backend* backend, Methods* methods);
void AddLeaseService(Backend* backend, store::LeaseExpirer* expirer, Methods* methods);
void AddMaintenanceService(Backend* backend, Methods* methods);
void AddClusterService(Backend* backend, Methods* methods);
void AddAuthService(Backend* backend, Methods* methods);

}  // namespace kubelite::etcd
